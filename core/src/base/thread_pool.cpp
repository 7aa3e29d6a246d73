// SPDX-License-Identifier: Apache-2.0
#include "thread_pool.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>

#include <fmt/format.h>

#include <zeolite/error.hpp>

namespace zeolite {

struct ThreadPool::Queue {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> work;  // guarded by mutex
  bool stopping = false;                   // guarded by mutex
};

ThreadPool::ThreadPool(unsigned threads) : queue_(std::make_shared<Queue>()) {
  try {
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([queue = queue_] { run(*queue); });
  } catch (const std::exception&) {
    const auto started = threads_.size();
    stop();
    throw Error(ErrorCode::unavailable,
                fmt::format("only {} of {} threads could be started; ask for fewer (ContextOptions::threads)", started,
                            threads));
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    std::lock_guard lock(queue_->mutex);
    queue_->stopping = true;
  }
  queue_->wake.notify_all();
  for (auto& thread : threads_) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();
    } else {
      thread.join();
    }
  }
}

void ThreadPool::post(std::function<void()> work) {
  if (threads_.empty()) throw Error(ErrorCode::unavailable, "the context has no threads");
  {
    std::lock_guard lock(queue_->mutex);
    queue_->work.push_back(std::move(work));
  }
  queue_->wake.notify_one();
}

void ThreadPool::run(Queue& queue) {
  std::unique_lock lock(queue.mutex);
  for (;;) {
    queue.wake.wait(lock, [&] { return queue.stopping || !queue.work.empty(); });
    if (queue.work.empty()) return;
    {
      const auto work = std::move(queue.work.front());
      queue.work.pop_front();
      lock.unlock();
      work();
    }
    lock.lock();
  }
}

}  // namespace zeolite
