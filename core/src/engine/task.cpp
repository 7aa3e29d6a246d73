// SPDX-License-Identifier: Apache-2.0
#include "task.hpp"

#include <algorithm>
#include <functional>
#include <new>

#include "../base/call.hpp"
#include "merge.hpp"

namespace zeolite {

thread_local Gathering* Gathering::current_ = nullptr;

void Gathering::add(zeo_store* store, zeo_store_op* operation) {
  for (auto& [known, operations] : batches_) {
    if (known == store) return operations.push_back(operation);
  }
  batches_.emplace_back(store, std::vector<zeo_store_op*>{operation});
}

void Gathering::submit() noexcept {
  const auto batches = std::exchange(batches_, {});
  for (const auto& [store, operations] : batches) {
    Call call(resources_.executor);
    submit_merged(store, operations, threads_, resources_.counters, call);
  }
}

void resume(const Resources& resources, std::coroutine_handle<> handle) noexcept {
  // It keeps the resources by itself: the operation may end with the task.
  Gathering gathering(resources);
  handle.resume();
  gathering.submit();
}

namespace {

/// Runs a body that does not throw for all i in [0, n): on this thread alone when there is no memory for a loop.
template <class Body>
void for_each(Executor& executor, std::uint64_t n, const Body& body) noexcept {
  try {
    executor.parallel_for(n, std::cref(body));
  } catch (const std::bad_alloc&) {
    for (std::uint64_t i = 0; i < n; ++i) body(i);
  }
}

/// A coroutine nobody awaits. It is made before it is started, so that starting needs no memory; once started it frees
/// itself, and must not throw.
class Detached {
 public:
  struct promise_type {
    Detached get_return_object() noexcept { return Detached(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };

  Detached(Detached&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Detached& operator=(Detached&&) = delete;
  ~Detached() {
    if (handle_) handle_.destroy();
  }
  void start() noexcept { std::exchange(handle_, {}).resume(); }

 private:
  explicit Detached(std::coroutine_handle<> handle) : handle_(handle) {}
  std::coroutine_handle<> handle_;
};

/// Counts tasks down and then resumes the one that waits for them.
struct Join {
  explicit Join(std::size_t n) : left(n + 1) {}

  std::atomic<std::size_t> left;
  std::coroutine_handle<> waiter;
  std::mutex mutex;
  std::exception_ptr exception;  // guarded by mutex
  bool echo = false;             // guarded by mutex: the exception only says that the operation was cancelled

  bool arrive() { return left.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  /// Keeps the first failure; one that is but the echo of another, which cancelled the operation, gives way.
  void fail(std::exception_ptr failure, bool is_echo) {
    std::lock_guard lock(mutex);
    if (exception && (!echo || is_echo)) return;
    exception = std::move(failure);
    echo = is_echo;
  }
};

Detached run_one(Operation& operation, Task<void> task, Join& join) {
  try {
    co_await task;
  } catch (const Error& error) {
    join.fail(std::current_exception(), error.code() == ErrorCode::cancelled);
    operation.cancel();
  } catch (...) {
    join.fail(std::current_exception(), false);
    operation.cancel();
  }
  // The last one goes on with the waiter on this thread. Its frame may end before resume() returns, with `join` in it.
  if (join.arrive()) join.waiter.resume();
}

struct JoinAwaiter {
  JoinAwaiter(Operation& an_operation, std::uint64_t an_n, const MakeTask& a_make, Join& a_join, Start a_start)
      : operation(an_operation), n(an_n), make(a_make), join(a_join), start(a_start) {}

  bool await_ready() const noexcept { return n == 0; }

  bool await_suspend(std::coroutine_handle<> waiter) noexcept {
    join.waiter = waiter;
    auto& executor = operation.executor();
    const bool one_block = start == Start::together ? n <= block : n == 1;
    if (one_block) {
      for (std::uint64_t i = 0; i < n; ++i) begin(i);
      return !join.arrive();
    }
    const auto size = start == Start::together ? block : 1;
    const auto threads = start == Start::together ? 1 : executor.concurrency();
    for_each(executor, (n + size - 1) / size, [&](std::uint64_t number) noexcept {
      Gathering gathering(operation.resources(), threads);
      for (auto i = number * size; i < std::min(n, (number + 1) * size); ++i) begin(i);
      gathering.submit();
    });
    return !join.arrive();
  }

  void await_resume() const {
    if (join.exception) std::rethrow_exception(join.exception);
  }

  void begin(std::uint64_t i) const noexcept {
    try {
      run_one(operation, make(i), join).start();
    } catch (...) {
      // It was not even made. The waiter is not resumed from here: await_suspend() arrives after all.
      join.fail(std::current_exception(), false);
      operation.cancel();
      (void)join.arrive();
    }
  }

  /// Operations of so many tasks make a batch that is worth submitting.
  static constexpr std::uint64_t block = 64;

  Operation& operation;
  const std::uint64_t n;
  const MakeTask& make;
  Join& join;
  const Start start;
};

}  // namespace

Task<void> all(Operation& operation, std::uint64_t n, MakeTask make, Start start) {
  Join join(n);
  JoinAwaiter awaiter(operation, n, make, join, start);
  co_await awaiter;
}

Task<void> all(Operation& operation, std::vector<Task<void>> tasks, Start start) {
  co_await all(
      operation, tasks.size(), [&tasks](std::uint64_t i) { return std::move(tasks[i]); }, start);
}

void Operation::resume_later(Ready& ready) noexcept {
  std::lock_guard lock(mutex_);
  ready.next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = &ready;
  last_ = &ready;
  ++ready_;
  changed_.notify_one();
}

void Operation::resume_all(Ready* first, std::uint64_t n) noexcept {
  for_each(resources_.executor, n, [&](std::uint64_t) noexcept {
    std::coroutine_handle<> handle;
    {
      // What stands in the list ends with its task: it is left behind before that goes on.
      std::lock_guard lock(mutex_);
      handle = first->handle;
      first = first->next;
    }
    resume(resources_, handle);
  });
}

namespace {

Detached run_root(Task<void>& task, std::exception_ptr& exception, const std::function<void()>& ended) {
  try {
    co_await task;
  } catch (...) {
    exception = std::current_exception();
  }
  ended();
}

}  // namespace

void Operation::drive(Task<void> task) {
  std::exception_ptr exception;
  const std::function<void()> ended = [this] {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_one();
  };
  {
    auto root = run_root(task, exception, ended);
    Gathering gathering(resources_);
    root.start();
    gathering.submit();
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || first_ != nullptr; });
    if (first_ == nullptr) break;
    auto* const first = std::exchange(first_, nullptr);
    const auto n = std::exchange(ready_, 0);
    last_ = nullptr;
    lock.unlock();
    resume_all(first, n);
    lock.lock();
  }
  ended_ = false;
  if (exception) std::rethrow_exception(exception);
}

}  // namespace zeolite
