// SPDX-License-Identifier: Apache-2.0
//
// Which of several copies of something a thread uses, so that threads seldom wait for each other's cache lines.
#pragma once

#include <atomic>
#include <cstddef>

namespace zeolite {

/// Small, and of no two threads the same until there have been very many.
inline std::size_t thread_number() noexcept {
  static std::atomic<std::size_t> threads = 0;
  thread_local const auto number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace zeolite
