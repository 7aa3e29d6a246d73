// SPDX-License-Identifier: Apache-2.0
//
// Where a context's work runs beside the threads of its callers. A context makes threads of its own unless it is given
// an executor: by an embedder that has a pool already, or wants no threads behind its back.
#pragma once

#include <functional>

namespace zeolite {

/// Implemented by the embedder; shared by any number of contexts. All functions are called from any thread.
class Executor {
 public:
  virtual ~Executor() = default;

  /// How many pieces of work it may run at once, callers' threads not counted. Constant.
  virtual unsigned threads() const = 0;

  /// Sees to it that `work`, which throws nothing, is run once, later or on another thread. May throw: then the work is
  /// refused, and done by whoever asked for it. Work computes and calls blocking stores; it never waits for other work
  /// that was posted. What is accepted must be run, even after the context has gone; where that has become impossible,
  /// letting go of it refuses it: with its last copy, which is destroyed holding no lock, it is done there and then.
  virtual void post(std::function<void()> work) = 0;
};

}  // namespace zeolite
