// SPDX-License-Identifier: Apache-2.0
//
// One call from outside, blocking or not: it runs a task to its end.
//
// What can go on at once - tasks whose answers have come, tasks that have not begun - stands in the operation, and is
// worked off by the thread that waits for it, if one does, and by threads of the executor, which are called when there
// is something to do and leave when there is not. A thread that nobody can be found for does the work itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>

#include <zeolite/until.hpp>

#include "resources.hpp"
#include "task.hpp"

namespace zeolite {

class Flow;

/// A suspended task that is to go on; part of what it waits for, so that going on needs no memory.
struct Ready {
  std::coroutine_handle<> handle;
  Ready* next = nullptr;
};

/// What a task waits for that may last longer than its result is wanted, though nobody is asked who would look at
/// Operation::cancelled(). Known to the operation between Operation::begin_wait() and end_wait().
class Wait {
 public:
  /// The result is not wanted any more. True: the wait is over, and its task goes on by `ready`; false: that comes
  /// about anyway. Called holding locks: it waits for nobody, and calls nothing of the operation.
  virtual bool call_off() noexcept = 0;

  Ready ready;
  // The operation's:
  Wait** place = nullptr;
  Wait* next = nullptr;

 protected:
  ~Wait() = default;
};

/// Always owned by a std::shared_ptr.
class Operation final : public Budget::Waiter, public std::enable_shared_from_this<Operation> {
 public:
  static std::shared_ptr<Operation> make(const Resources& resources, Until until = {}) {
    return std::make_shared<Operation>(resources, std::move(until));
  }
  Operation(const Resources& resources, Until until) : resources_(resources), until_(std::move(until)) {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Returns when the task has ended, with its result or what it throws. Each operation runs or starts one task.
  template <class T>
  T run(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      run_to_end(std::move(task));
    } else {
      std::optional<T> result;
      run_to_end(store_result(std::move(task), result));
      return std::move(*result);
    }
  }

  /// Returns at once, unless nobody but this thread can do the work. `done`, which throws nothing, is called on any
  /// thread, once, after all work has ended; the resources are not touched any more then.
  using Done = std::function<void(std::exception_ptr)>;
  void start(Task<void> task, Done done);

  const Resources& resources() const { return resources_; }
  Workers& workers() const { return resources_.workers; }
  /// For what is read and decoded on the way.
  MemoryPool& memory() const { return resources_.memory; }
  CounterCells& counters() const { return resources_.counters; }

  /// Whether a cache has been believed: then failures may come of that, and what has failed is tried again.
  std::atomic<bool> has_trusted_caches = false;

  /// Nonzero once the result is not wanted or not to be had any more: what is still under way may stop.
  const std::uint32_t* cancelled() const { return &cancelled_; }
  bool is_cancelled() const { return std::atomic_ref(const_cast<std::uint32_t&>(cancelled_)).load() != 0; }
  /// After a failure, or by whoever does not want the result any more.
  void cancel() noexcept;
  /// Throws ErrorCode::cancelled once it is.
  void require_wanted() const;

  /// Goes on with a task whose answer has come on a thread that is not ours.
  void resume_later(Ready& ready) noexcept;

  /// For waits that cancel() is to end. Whoever begins one looks at is_cancelled() afterwards.
  void begin_wait(Wait& wait) noexcept;
  void end_wait(Wait& wait) noexcept;

  /// Tasks that are to be begun. They stay until they have.
  void add(Flow& flow) noexcept;
  /// Lets `waiter` go on when all of them have begun; false: they have.
  bool wait_for(Flow& flow, std::coroutine_handle<> waiter) noexcept;

  bool may_ask_again() noexcept override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  template <class T>
  static Task<void> store_result(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await task);
  }
  void run_to_end(Task<void> task);
  static Detached follow(std::shared_ptr<Operation> self, Task<void>& task);
  void put(Ready& ready) noexcept;
  /// From here on it may be stopped from outside.
  void watch();
  /// The operation has ended, and whoever worked for it has left.
  std::exception_ptr finish() noexcept;
  /// Does what can be done at once.
  void work(Lock& lock) noexcept;
  void work_off(Flow& flow, Lock& lock) noexcept;
  Flow* choose() const noexcept;
  /// Finds up to `n` threads for new work.
  void call_for(std::size_t n, Lock& lock) noexcept;
  /// Does it on this thread, which counts as one that works: now, or as soon as it has done so for another operation.
  void work_by_hand(Lock& lock) noexcept;
  void work_in_turn() noexcept;
  void work_in_turn(Lock& lock) noexcept;
  /// Calls one thread; false: none comes.
  bool post() noexcept;
  /// A thread that was called.
  void help() noexcept;
  /// One that was called does not come.
  void turned_away() noexcept;
  void leave(Lock& lock) noexcept;
  void stop(const char* why) noexcept;

  class Turns;
  class Helper;

  const Resources resources_;
  const Until until_;
  std::optional<std::stop_callback<std::function<void()>>> stop_;
  std::optional<Alarms::Alarm> alarm_;
  std::uint32_t cancelled_ = 0;
  std::atomic<const char*> why_ = nullptr;  // it was cancelled from outside

  std::mutex mutex_;  // guards all that follows
  std::condition_variable changed_;
  Ready root_;
  Ready* first_ = nullptr;
  Ready* last_ = nullptr;
  Wait* waits_ = nullptr;
  Flow* flows_ = nullptr;          // the first to be worked off; those below it follow
  std::uint64_t asked_again_ = 0;  // counts may_ask_again()
  unsigned active_ = 0;            // threads that work, and the one that wants the result
  unsigned called_ = 0;            // threads that were called and have not left
  bool waiting_ = false;           // the thread that wants the result waits for something to do
  bool ended_ = false;
  std::shared_ptr<Operation> behind_;  // the next on the thread that is to work for both; that thread alone looks at it
  std::exception_ptr exception_;
  std::optional<Task<void>> task_;  // of an operation that was started
  Done done_;
};

/// Awaited between the steps of a task that may have any number of them, by which it goes on from the top of a thread's
/// stack: a step that is answered at once would else begin inside the last answer of the one before.
class FromTheTop {
 public:
  explicit FromTheTop(Operation& operation) : operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> task) noexcept {
    ready_.handle = task;
    operation_.resume_later(ready_);
  }
  void await_resume() const noexcept {}

 private:
  Operation& operation_;
  Ready ready_;
};

}  // namespace zeolite
