// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zeolite/context.hpp>

#include "../plugin/catalog.hpp"
#include "key_locks.hpp"
#include "range_cache.hpp"
#include "resources.hpp"

namespace zeolite {

class Context::Impl {
 public:
  explicit Impl(ContextOptions options);

  const ContextOptions options;
  Workers workers;
  Budget budget;
  MemoryPool memory;
  CounterCells counters{options.measure_times};
  Alarms alarms;
  Tickets tickets;
  HeldBack held_back;
  RangeCache indexes;
  Catalog catalog;
  KeyLocks write_locks;  ///< by store and key

  Resources resources() { return {workers, memory, budget, counters, alarms, tickets, held_back}; }
};

}  // namespace zeolite
