// SPDX-License-Identifier: Apache-2.0
//
// What a context's work adds up: see zeolite::Counters.
#pragma once

#include <atomic>
#include <cstdint>

namespace zeolite {

/// A number that many threads add to, on a cache line of its own.
class alignas(64) CounterCell {
 public:
  void add(std::uint64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct CounterCells {
  CounterCell requests, joined, read_bytes, written_bytes, decoded_bytes, indexes_kept, indexes_asked;
};

}  // namespace zeolite
