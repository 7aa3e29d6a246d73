// SPDX-License-Identifier: Apache-2.0
//
// The threads of a context that was given no executor.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include <zeolite/executor.hpp>

namespace zeolite {

class ThreadPool final : public Executor {
 public:
  /// Throws ErrorCode::unavailable when so many cannot be started.
  explicit ThreadPool(unsigned threads);
  /// What was posted is run before its threads end.
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned threads() const override { return static_cast<unsigned>(threads_.size()); }
  void post(std::function<void()> work) override;

 private:
  /// Shared with the threads: the pool may go on one of them, with the last handle to a context.
  struct Queue;
  static void run(Queue& queue);
  void stop();

  const std::shared_ptr<Queue> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace zeolite
