// SPDX-License-Identifier: Apache-2.0
//
// How many bytes the chunks that are under way may take, encoded and decoded, in a context.
//
// Work takes its share before it begins and gives it back when it has ended; it never asks for more in between, so that
// nobody waits for a share while holding one. A share larger than the budget is granted when no other is held.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

namespace zeolite {

/// Thread-safe.
class Budget {
 public:
  explicit Budget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// Somebody who may have to wait for a share; told when it is worth asking again.
  class Waiter {
   public:
    /// False: it wants nothing any more, or not yet, and leaves the queue. Who works on the spot instead of leaving it
    /// to others sees to it that this is not done again inside of that work: each may be told by the one before.
    virtual bool may_ask_again() noexcept = 0;

   protected:
    ~Waiter() = default;
  };

  /// Takes a share; false: `waiter` now stands in the queue, and asks again when it is told to. Who stands behind
  /// others gets none. Where there is no memory for the queue the share is granted. The caller holds no lock that
  /// may_ask_again() needs.
  bool take(std::uint64_t bytes, const std::shared_ptr<Waiter>& waiter) noexcept;
  void give_back(std::uint64_t bytes) noexcept;
  /// Out of the queue, if it stands there.
  void leave(const Waiter& waiter) noexcept;

  std::uint64_t limit_bytes() const { return limit_bytes_; }
  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  bool take_if_free(std::uint64_t bytes) noexcept;
  /// Lets whoever stands first ask again, if there is somebody who wants to.
  void tell_first() noexcept;
  std::shared_ptr<Waiter> first();
  /// Whether it has stood in the queue.
  bool remove(const Waiter& waiter) noexcept;

  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> used_bytes_ = 0;
  std::atomic<std::size_t> waiting_ = 0;  // the length of waiters_, so that nobody locks where nobody waits
  std::mutex mutex_;
  std::deque<std::shared_ptr<Waiter>> waiters_;  // guarded by mutex_
};

}  // namespace zeolite
