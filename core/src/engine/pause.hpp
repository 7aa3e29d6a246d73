// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <coroutine>
#include <optional>

#include "operation.hpp"

namespace zeolite {

/// Waits before something is tried once more, without holding a thread: `co_await Pause(operation, attempt)`. The
/// second attempt comes at once, since mostly nobody is in the way any more; the pauses before the others are random,
/// so that those who were in each other's way are so no longer, and grow. Throws ErrorCode::cancelled when the
/// operation is cancelled before or meanwhile.
class Pause final : private Wait {
 public:
  /// `failed`: how many attempts there have been.
  Pause(Operation& operation, unsigned failed) : operation_(operation), failed_(failed) {}
  ~Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

  bool await_ready() const noexcept { return failed_ < 2; }
  bool await_suspend(std::coroutine_handle<> waiter) noexcept;
  void await_resume() const { operation_.require_wanted(); }

 private:
  bool call_off() noexcept override { return end(); }
  /// The time has come or the operation is cancelled. True, once at most: the task sleeps and is to be woken.
  bool end() noexcept;

  Operation& operation_;
  const unsigned failed_;
  bool known_ = false;  // to the operation
  std::optional<Alarms::Alarm> alarm_;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> met_ = false;  // by the first of two: the task sleeps, and the pause has ended
};

}  // namespace zeolite
