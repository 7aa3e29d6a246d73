// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zeolite/context.hpp>

#include "../base/executor.hpp"
#include "../plugin/catalog.hpp"
#include "key_locks.hpp"
#include "range_cache.hpp"

namespace zeolite {

class Context::Impl {
 public:
  explicit Impl(ContextOptions options);

  const ContextOptions options;
  Executor executor;
  MemoryPool memory;
  CounterCells counters;
  RangeCache indexes;
  Catalog catalog;
  KeyLocks write_locks;  ///< by store and key

  Resources resources() { return {executor, memory, counters}; }
};

}  // namespace zeolite
