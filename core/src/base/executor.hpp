// SPDX-License-Identifier: Apache-2.0
//
// Threads that help a caller with loops. The caller always takes part, so that a loop finishes even when there is no
// other thread, and loops inside loops cannot wait for each other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace zeolite {

class Executor {
 public:
  /// `threads` helpers beside the callers; 0 is fine.
  explicit Executor(unsigned threads);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Threads that can work on one loop, the caller included.
  unsigned concurrency() const { return static_cast<unsigned>(threads_.size()) + 1; }

  /// Runs body(0) ... body(n - 1) on this thread and idle ones; returns when all that were begun have ended. The first
  /// exception stops the loop and is thrown here.
  void parallel_for(std::uint64_t n, const std::function<void(std::uint64_t)>& body);

 private:
  struct Loop;
  void help();
  void stop();
  static void work(Loop& loop);
  /// Until nobody works on the loop any more; helps with other loops meanwhile.
  void wait(Loop& loop);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Loop>> loops_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace zeolite
