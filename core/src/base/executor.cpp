// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>

#include <zeolite/error.hpp>

namespace zeolite {

struct Executor::Loop {
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

Executor::Executor(unsigned threads) {
  try {
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { help(); });
  } catch (const std::exception&) {
    const auto started = threads_.size();
    stop();
    throw Error(ErrorCode::unavailable, "only " + std::to_string(started) + " of " + std::to_string(threads) +
                                            " threads could be started; ask for fewer (ContextOptions::threads)");
  }
}

Executor::~Executor() { stop(); }

void Executor::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Executor::work(Loop& loop) {
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

void Executor::help() {
  for (;;) {
    std::shared_ptr<Loop> loop;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !loops_.empty(); });
      if (stopping_) return;
      loop = loops_.front();
      if (loop->exhausted()) {
        loops_.pop_front();
        continue;
      }
    }
    work(*loop);
  }
}

void Executor::wait(Loop& loop) {
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

void Executor::parallel_for(std::uint64_t n, const std::function<void(std::uint64_t)>& body) {
  if (n == 0) return;
  if (n == 1 || threads_.empty()) {
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
  if (n > 2) {
    wake_.notify_all();
  } else {
    wake_.notify_one();
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
