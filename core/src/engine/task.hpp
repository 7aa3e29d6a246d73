// SPDX-License-Identifier: Apache-2.0
//
// Coroutines for the engine: what waits for a store is written as straight-line code and serves blocking and
// asynchronous stores alike.
//
// Rationale: a task that needs bytes adds its operation to the gathering of whoever resumed it, and suspends. Once
// nothing can go on without an answer, the gathered operations are submitted as one batch. A blocking store completes
// them on the threads of its parallel_for, and each completion resumes its task right there, where the bytes are still
// in cache.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <zeolite/abi/store.h>

#include <functional>
#include <type_traits>

#include "../base/counters.hpp"
#include "../base/executor.hpp"
#include "../base/memory_pool.hpp"

namespace zeolite {

namespace detail {

struct FinalAwaiter {
  FinalAwaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
    return handle.promise().continuation;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception;

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() const noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

/// A computation that starts when it is awaited and is awaited once.
template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : detail::Promise<T> {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
    handle_.promise().continuation = waiter;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// What all work of a context shares; all of it outlives the work.
struct Resources {
  Executor& executor;
  MemoryPool& memory;
  CounterCells& counters;
};

/// The operations that tasks have asked for since somebody resumed them on this thread.
class Gathering {
 public:
  /// `threads` are to share the work of what is gathered here.
  Gathering(const Resources& resources, unsigned threads) : resources_(resources), threads_(threads), outer_(current_) {
    current_ = this;
  }
  explicit Gathering(const Resources& resources) : Gathering(resources, resources.executor.concurrency()) {}
  ~Gathering() { current_ = outer_; }
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  static Gathering& current() { return *current_; }

  void add(zeo_store* store, zeo_store_op* operation);

  /// Submits all that was gathered, one batch a store. What the completions gather is submitted by them. Needs no
  /// memory: an operation that were lost here would never be answered.
  void submit() noexcept;

 private:
  static thread_local Gathering* current_;
  const Resources resources_;
  const unsigned threads_;
  Gathering* outer_;
  std::vector<std::pair<zeo_store*, std::vector<zeo_store_op*>>> batches_;
};

/// A suspended task that is to go on; part of what it waits for, so that going on needs no memory.
struct Ready {
  std::coroutine_handle<> handle;
  Ready* next = nullptr;
};

/// One blocking call from outside: it runs a task to its end, and resumes on this thread and the executor's what an
/// asynchronous store has answered on threads of its own.
class Operation {
 public:
  explicit Operation(const Resources& resources) : resources_(resources) {}

  template <class T>
  T run(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      drive(std::move(task));
    } else {
      std::optional<T> result;
      drive(store_result(std::move(task), result));
      return std::move(*result);
    }
  }

  const Resources& resources() const { return resources_; }
  Executor& executor() const { return resources_.executor; }
  /// For what is read and decoded on the way.
  MemoryPool& memory() const { return resources_.memory; }
  CounterCells& counters() const { return resources_.counters; }

  /// Whether what was read before may stand for what is there now, until the store says otherwise.
  bool trusts_caches = true;
  /// Whether it has: then every failure may come of that.
  std::atomic<bool> has_trusted = false;

  /// Nonzero once the operation has failed: what is still under way may stop.
  const std::uint32_t* cancelled() const { return &cancelled_; }
  void cancel() { std::atomic_ref(cancelled_).store(1, std::memory_order_relaxed); }

  /// Goes on with a task whose answer has come on a thread that is not ours.
  void resume_later(Ready& ready) noexcept;

 private:
  template <class T>
  static Task<void> store_result(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await task);
  }
  void drive(Task<void> task);
  void resume_all(Ready* first, std::uint64_t n) noexcept;

  const Resources resources_;
  std::uint32_t cancelled_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  Ready* first_ = nullptr;   // guarded by mutex_
  Ready* last_ = nullptr;    // guarded by mutex_
  std::uint64_t ready_ = 0;  // guarded by mutex_
  bool ended_ = false;       // guarded by mutex_
};

/// Resumes a task and submits what it asks for.
void resume(const Resources& resources, std::coroutine_handle<> handle) noexcept;

enum class Start {
  together,  ///< one after the other, their operations gathered into batches: for tasks that begin by asking. Many
             ///< tasks are started in blocks, on this thread and idle ones: whoever starts a task mostly ends it, too
  spread     ///< on this thread and idle ones: for tasks that begin by working
};

/// Makes the i-th of many tasks; called once for each, on the thread that starts it.
using MakeTask = std::function<Task<void>(std::uint64_t)>;

/// Awaits n tasks; when one fails the others are told to stop, awaited too, and the first exception is thrown.
Task<void> all(Operation& operation, std::uint64_t n, MakeTask make, Start start);
Task<void> all(Operation& operation, std::vector<Task<void>> tasks, Start start);

}  // namespace zeolite
