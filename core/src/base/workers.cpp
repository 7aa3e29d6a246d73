// SPDX-License-Identifier: Apache-2.0
#include "workers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>

namespace zeolite {

struct Workers::Loop {
  const std::function<void(std::uint64_t)>* body;
  std::uint64_t n;
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};

  std::mutex mutex;
  std::condition_variable idle;
  unsigned workers = 0;          // guarded by mutex
  std::exception_ptr exception;  // guarded by mutex

  bool exhausted() const { return failed.load() || next.load() >= n; }
};

void Workers::work(Loop& loop) {
  {
    // Entering under the lock: once the caller has seen no workers and nothing left, `body` is gone.
    std::lock_guard lock(loop.mutex);
    if (loop.exhausted()) return;
    ++loop.workers;
  }
  while (!loop.failed.load(std::memory_order_relaxed)) {
    const auto index = loop.next.fetch_add(1);
    if (index >= loop.n) break;
    try {
      (*loop.body)(index);
    } catch (...) {
      std::lock_guard lock(loop.mutex);
      if (!loop.exception) loop.exception = std::current_exception();
      loop.failed = true;
    }
  }
  std::lock_guard lock(loop.mutex);
  if (--loop.workers == 0) loop.idle.notify_all();
}

void Workers::wait(Loop& loop) {
  // What the others still do for this loop may itself be a loop that could use a hand.
  for (;;) {
    {
      std::lock_guard lock(loop.mutex);
      if (loop.workers == 0) return;
    }
    std::shared_ptr<Loop> other;
    {
      std::unique_lock lock(mutex_);
      while (!loops_.empty() && loops_.front()->exhausted()) loops_.pop_front();
      if (!loops_.empty()) other = loops_.front();
    }
    if (other) {
      work(*other);
      continue;
    }
    std::unique_lock lock(loop.mutex);
    if (loop.idle.wait_for(lock, std::chrono::microseconds(200), [&] { return loop.workers == 0; })) return;
  }
}

void Workers::parallel_for(std::uint64_t n, const std::function<void(std::uint64_t)>& body) {
  const auto helpers = std::min<std::uint64_t>(n - (n != 0), threads_);
  if (helpers == 0) {
    for (std::uint64_t i = 0; i < n; ++i) body(i);
    return;
  }
  auto loop = std::make_shared<Loop>();
  loop->body = &body;
  loop->n = n;
  {
    // The innermost loop goes first: finishing it lets the outer ones go on.
    std::lock_guard lock(mutex_);
    loops_.push_front(loop);
  }
  for (std::uint64_t i = 0; i < helpers; ++i) {
    if (!post([loop] { work(*loop); })) break;
  }
  work(*loop);
  {
    std::lock_guard lock(mutex_);
    std::erase(loops_, loop);
  }
  wait(*loop);
  if (loop->exception) std::rethrow_exception(loop->exception);
}

}  // namespace zeolite
