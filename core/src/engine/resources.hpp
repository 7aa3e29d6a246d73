// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../base/alarms.hpp"
#include "../base/budget.hpp"
#include "../base/counters.hpp"
#include "../base/memory_pool.hpp"
#include "../base/workers.hpp"
#include "held_back.hpp"
#include "tickets.hpp"

namespace zeolite {

/// What all work of a context shares; all of it outlives the work.
struct Resources {
  Workers& workers;
  MemoryPool& memory;
  Budget& budget;
  CounterCells& counters;
  Alarms& alarms;
  Tickets& tickets;
  HeldBack& held_back;
};

}  // namespace zeolite
