// SPDX-License-Identifier: Apache-2.0
//
// How store operations become batches.
//
// Rationale: a task that needs bytes adds its operation to the gathering of whoever resumed it, and suspends. Once
// nothing can go on without an answer, the gathered operations are submitted as one batch. A blocking store completes
// them on the threads of its parallel_for, and each completion resumes its task right there, where the bytes are still
// in cache.
#pragma once

#include <coroutine>
#include <utility>
#include <vector>

#include <zeolite/abi/store.h>

#include "resources.hpp"

namespace zeolite {

/// The operations that tasks have asked for since somebody resumed them on this thread.
class Gathering {
 public:
  /// `threads` are to share the work of what is gathered here.
  Gathering(const Resources& resources, unsigned threads) : resources_(resources), threads_(threads), outer_(current_) {
    current_ = this;
  }
  explicit Gathering(const Resources& resources) : Gathering(resources, resources.workers.concurrency()) {}
  ~Gathering() { current_ = outer_; }
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  static Gathering& current() { return *current_; }

  /// `alone`: it is not joined with others.
  void add(zeo_store* store, zeo_store_op* operation, bool alone);

  /// Submits all that was gathered, one batch a store. What the completions gather is submitted by them. Needs no
  /// memory: an operation that were lost here would never be answered.
  void submit() noexcept;

 private:
  static thread_local Gathering* current_;
  const Resources resources_;
  const unsigned threads_;
  Gathering* outer_;
  struct Batch {
    zeo_store* store;
    bool alone;
    std::vector<zeo_store_op*> operations;
  };
  std::vector<Batch> batches_;
};

/// Resumes a task and submits what it asks for.
void resume(const Resources& resources, std::coroutine_handle<> handle) noexcept;

}  // namespace zeolite
