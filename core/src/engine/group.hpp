// SPDX-License-Identifier: Apache-2.0
//
// Many tasks that are begun in order, as far as memory allows, and awaited together.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>

#include "operation.hpp"

namespace zeolite {

enum class Start {
  together,  ///< one after the other, their operations gathered into batches: for tasks that begin by asking. Many
             ///< tasks are begun in blocks, on this thread and idle ones: whoever begins a task mostly ends it, too
  spread     ///< on this thread and idle ones: for tasks that begin by working
};

/// Makes the i-th of many tasks; called once for each, on the thread that begins it.
using MakeTask = std::function<Task<void>(std::uint64_t)>;
/// The bytes of the context's memory budget that the i-th takes while it is under way; constant.
using ShareOf = std::function<std::uint64_t(std::uint64_t)>;

/// Who holds a share of the budget must not wait for another: each task takes one at most, before it begins, and what
/// it begins itself takes none.
struct Weight {
  std::uint64_t bytes = 0;  ///< about how many one task moves
  ShareOf share = {};       ///< without it tasks take nothing, though what they begin may

  /// Of a single task.
  static Weight of_one(std::uint64_t bytes) {
    return {bytes, [bytes](std::uint64_t) { return bytes; }};
  }
};

/// The first failure of several tasks that is more than the echo of another.
class Failure {
 public:
  /// Keeps it, unless one that says more is there. Cancelled tasks only tell that something else went wrong.
  void add(std::exception_ptr failure) noexcept;
  void rethrow() const;

 private:
  mutable std::mutex mutex_;
  std::exception_ptr exception_;  // guarded by mutex_
  bool echo_ = false;             // guarded by mutex_
};

class Group;

/// What some tasks that were begun together hold together.
struct Share {
  Budget& budget;
  std::uint64_t bytes;
  std::uint64_t tasks;
  std::atomic<std::uint64_t> left;  ///< tasks that have not ended

  /// One of its tasks has ended; without a share the task stands alone. After the last one the bytes are given back,
  /// and it returns how many there were; else 0: threads that end tasks of the same group seldom meet then.
  static std::uint64_t end(Share* share) noexcept {
    if (share == nullptr) return 1;
    if (share->left.fetch_sub(1, std::memory_order_acq_rel) != 1) return 0;
    share->budget.give_back(share->bytes);
    const auto tasks = share->tasks;
    delete share;
    return tasks;
  }
};

/// Tasks of a group that have not all begun; see Group::start().
class Flow {
 public:
  Flow(Group& group, std::uint64_t n, MakeTask make, Start start, Weight weight)
      : group_(group),
        n_(n),
        make_(std::move(make)),
        share_(std::move(weight.share)),
        start_(start),
        large_(weight.bytes >= large_bytes) {}
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  /// Lets others begin the tasks while the one that has started them does something else. It still awaits this
  /// afterwards, whatever happens: awaiting alone does both.
  void launch() noexcept;

  bool await_ready() const noexcept { return n_ == 0; }
  bool await_suspend(std::coroutine_handle<> waiter) noexcept;
  void await_resume() const noexcept {}

 private:
  friend class Operation;

  /// Operations of so many tasks make a batch that is worth submitting.
  static constexpr std::uint64_t block = 64;
  /// Tasks of so many bytes are begun one by one: in a batch, whoever ends its part first would wait for the others. Of
  /// smaller ones so many bytes take one share: counting each would cost more than reading it.
  static constexpr std::uint64_t large_bytes = std::uint64_t{1} << 20;

  /// Begins the next few tasks; false when there is no memory for the next one.
  bool begin_some(std::uint64_t most) noexcept;
  bool begin_block() noexcept { return begin_some(block_size()); }
  void begin(std::uint64_t i, Share* share) noexcept;
  /// Takes a share for tasks of [begin, end): for many small ones together, else for the first alone. Returns after
  /// which; `begin` when the budget has no room for it.
  std::uint64_t take_share(std::uint64_t begin, std::uint64_t end, Share*& share) noexcept;
  std::uint64_t block_size() const noexcept;
  std::uint64_t share_of(std::uint64_t i) const noexcept;
  bool exhausted() const noexcept { return next_.load() == n_; }
  std::uint64_t blocks() const noexcept;
  unsigned threads() const noexcept;

  Group& group_;
  const std::uint64_t n_;
  const MakeTask make_;
  const ShareOf share_;
  const Start start_;
  const bool large_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> next_ = 0;  // changed under mutex_
  bool launched_ = false;
  bool added_ = false;  // to the operation's flows
  // The operation's:
  std::coroutine_handle<> waiter_;
  bool ended_ = false;  // all have begun
  Flow* below_ = nullptr;
  unsigned users_ = 0;    // threads that begin tasks of it
  bool stalled_ = false;  // it waits for memory
};

/// All awaiting is done by one task, one thing at a time; the group ends only after wait().
class Group {
 public:
  enum class Urgency {
    inner,  ///< part of a task that has begun: goes first, so that what was begun comes to an end
    outer   ///< waits until there is nothing inner to begin
  };

  Group(Operation& operation, Failure& failure, Urgency urgency = Urgency::inner)
      : operation_(operation), failure_(failure), urgency_(urgency) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// Awaits that n tasks have begun. When one task fails those that have not begun never do, and the operation is
  /// cancelled, unless trying again may help. What `make` needs lives until all have begun.
  [[nodiscard]] Flow start(std::uint64_t n, MakeTask make, Start start, Weight weight = {}) {
    return {*this, n, std::move(make), start, std::move(weight)};
  }

  /// Awaits that all tasks have ended. Their failures are in `failure`.
  auto wait() noexcept {
    struct Awaiter {
      Group& group;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> waiter) const noexcept {
        group.waiter_ = waiter;
        return !group.arrive(1);
      }
      void await_resume() const noexcept { group.left_.store(1); }
    };
    return Awaiter{*this};
  }

 private:
  friend class Flow;
  friend class Operation;
  void fail(std::exception_ptr failure) noexcept;
  /// A task has ended. The last one goes on with whoever waits for the group.
  void end(Share* share) noexcept;
  void go_on() noexcept;
  static Detached run_one(Group& group, Task<void> task, Share* share);
  bool arrive(std::uint64_t n) noexcept { return left_.fetch_sub(n, std::memory_order_acq_rel) == n; }

  Operation& operation_;
  Failure& failure_;
  const Urgency urgency_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> left_ = 1;  // tasks that have not ended, and whoever will wait for them
  std::coroutine_handle<> waiter_;
  Ready ready_;
};

/// Awaits n tasks; the first failure is thrown. `make` lives until they have ended.
Task<void> all(Operation& operation, std::uint64_t n, MakeTask make, Start start, Weight weight = {});

}  // namespace zeolite
