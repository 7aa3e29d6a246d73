// SPDX-License-Identifier: Apache-2.0
//
// A line on standard error that tells how far a long job is, when somebody watches.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace zeolite::tool {

/// Prints nothing unless standard error is a terminal and the job takes longer than a second. Thread-safe.
class Progress {
 public:
  /// `what` is done with the bytes ("read"); `total_bytes` may be 0: not known.
  Progress(std::string what, std::uint64_t total_bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t bytes);
  std::uint64_t done_bytes() const { return done_bytes_; }

 private:
  using Clock = std::chrono::steady_clock;

  const std::string what_;
  const std::uint64_t total_bytes_;
  const bool shown_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<std::uint64_t> done_bytes_ = 0;
  std::mutex mutex_;
  Clock::time_point next_;
  bool printed_ = false;
};

}  // namespace zeolite::tool
