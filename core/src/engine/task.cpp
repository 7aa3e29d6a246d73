// SPDX-License-Identifier: Apache-2.0
#include "task.hpp"

#include <algorithm>

#include "../base/call.hpp"

namespace zeolite {

thread_local Gathering* Gathering::current_ = nullptr;

void Gathering::submit() {
  auto operations = std::exchange(operations_, {});
  std::stable_sort(operations.begin(), operations.end(),
                   [](const auto& a, const auto& b) { return std::less<>()(a.first, b.first); });
  std::vector<zeo_store_op*> batch;
  for (std::size_t begin = 0; begin < operations.size();) {
    zeo_store* const store = operations[begin].first;
    batch.clear();
    for (; begin < operations.size() && operations[begin].first == store; ++begin) {
      batch.push_back(operations[begin].second);
    }
    Call call(executor_);
    store->v->submit(store, batch.data(), batch.size(), call);
  }
}

void resume(Executor& executor, std::coroutine_handle<> handle) {
  Gathering gathering(executor);
  handle.resume();
  gathering.submit();
}

namespace {

/// A coroutine nobody awaits: it starts at once, frees itself, and must not throw.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// Counts tasks down and then resumes the one that waits for them.
struct Join {
  explicit Join(std::size_t n) : left(n + 1) {}

  std::atomic<std::size_t> left;
  std::coroutine_handle<> waiter;
  std::mutex mutex;
  std::exception_ptr exception;  // guarded by mutex

  bool arrive() { return left.fetch_sub(1, std::memory_order_acq_rel) == 1; }
};

Detached run_one(Operation& operation, Task<void>& task, Join& join) {
  try {
    co_await task;
  } catch (...) {
    operation.cancel();
    std::lock_guard lock(join.mutex);
    if (!join.exception) join.exception = std::current_exception();
  }
  // The last one goes on with the waiter on this thread. Its frame may end before resume() returns, with `join` in it.
  if (join.arrive()) join.waiter.resume();
}

struct JoinAwaiter {
  JoinAwaiter(Operation& an_operation, std::vector<Task<void>>& some_tasks, Join& a_join, Start a_start)
      : operation(an_operation), tasks(some_tasks), join(a_join), start(a_start) {}

  bool await_ready() const noexcept { return tasks.empty(); }

  bool await_suspend(std::coroutine_handle<> waiter) {
    join.waiter = waiter;
    if (start == Start::together || tasks.size() == 1) {
      for (auto& task : tasks) run_one(operation, task, join);
    } else {
      auto& executor = operation.executor();
      executor.parallel_for(tasks.size(), [&](std::uint64_t i) {
        Gathering gathering(executor);
        run_one(operation, tasks[i], join);
        gathering.submit();
      });
    }
    return !join.arrive();
  }

  void await_resume() const {
    if (join.exception) std::rethrow_exception(join.exception);
  }

  Operation& operation;
  std::vector<Task<void>>& tasks;
  Join& join;
  Start start;
};

}  // namespace

Task<void> all(Operation& operation, std::vector<Task<void>> tasks, Start start) {
  Join join(tasks.size());
  JoinAwaiter awaiter(operation, tasks, join, start);
  co_await awaiter;
}

void Operation::resume_later(std::coroutine_handle<> handle) {
  std::lock_guard lock(mutex_);
  ready_.push_back(handle);
  changed_.notify_one();
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
    Gathering gathering(executor_);
    run_root(task, exception, ended);
    gathering.submit();
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
    if (ready_.empty()) break;
    const auto ready = std::exchange(ready_, {});
    lock.unlock();
    executor_.parallel_for(ready.size(), [&](std::uint64_t i) { resume(executor_, ready[i]); });
    lock.lock();
  }
  ended_ = false;
  if (exception) std::rethrow_exception(exception);
}

}  // namespace zeolite
