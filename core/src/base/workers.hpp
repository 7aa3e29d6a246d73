// SPDX-License-Identifier: Apache-2.0
//
// Loops whose bodies are shared by the caller and the threads of an executor. The caller always takes part, so that a
// loop finishes even when nobody else does, and loops inside loops cannot wait for each other.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <zeolite/executor.hpp>

namespace zeolite {

/// Thread-safe.
class Workers {
 public:
  /// Without an executor the callers are alone.
  explicit Workers(std::shared_ptr<Executor> executor)
      : executor_(std::move(executor)), threads_(executor_ ? executor_->threads() : 0) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Threads that can work at once, the caller's included.
  unsigned concurrency() const { return threads_ + 1; }

  /// Runs body(0) ... body(n - 1) on this thread and idle ones; returns when all that were begun have ended. The first
  /// exception stops the loop and is thrown here.
  void parallel_for(std::uint64_t n, const std::function<void(std::uint64_t)>& body);

  /// Hands work to the executor; false when it is refused.
  template <class Work>
  bool post(Work&& work) noexcept {
    if (!executor_) return false;
    try {
      executor_->post(std::forward<Work>(work));
      return true;
    } catch (...) {
      return false;
    }
  }

 private:
  struct Loop;
  static void work(Loop& loop);
  /// Until nobody works on the loop any more; helps with other loops meanwhile.
  void wait(Loop& loop);

  const std::shared_ptr<Executor> executor_;
  const unsigned threads_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Loop>> loops_;  // guarded by mutex_
};

}  // namespace zeolite
