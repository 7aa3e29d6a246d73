// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context_impl.hpp"
#include "operation.hpp"

namespace zeolite {

/// What the work on one chunk shares: the operation it belongs to and what errors and codecs are told about it. It
/// outlives the tasks that are given it.
struct Scope {
  Context::Impl& context;
  Operation& operation;
  const zeo_chunk_context* chunk;
  zeo_heap* heap;                  ///< payload of variable-length elements; null for fixed-size types
  bool store_fill_chunks = false;  ///< writing: keep chunks that hold only the fill value
  /// Reading: the array as the context's cache of indexes knows it; 0: the cache is not asked.
  std::uint64_t array_number = 0;
  /// Whoever has begun this holds a share of the memory budget for all of it: no part may wait for one of its own.
  bool has_room = false;
  /// How much of that share is for what a plan fetches piece by piece: no more is under way at once.
  std::uint64_t window_bytes = UINT64_MAX;

  Scope with_room(std::uint64_t window = UINT64_MAX) const {
    auto scope = *this;
    scope.has_room = true;
    scope.window_bytes = window;
    return scope;
  }

  Call call() const { return Call(operation.workers(), chunk, operation.cancelled()); }
};

}  // namespace zeolite
