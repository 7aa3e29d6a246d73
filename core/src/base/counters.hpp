// SPDX-License-Identifier: Apache-2.0
//
// What a context's work adds up: see zeolite::Counters.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "thread_number.hpp"

namespace zeolite {

/// A number that many threads add to. Each adds to a part of it, on a cache line of its own.
class CounterCell {
 public:
  void add(std::uint64_t n) noexcept {
    parts_[thread_number() % parts_.size()].value.fetch_add(n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& part : parts_) sum += part.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Part {
    std::atomic<std::uint64_t> value = 0;
  };
  std::array<Part, 8> parts_;
};

struct CounterCells {
  CounterCell requests, joined, read_bytes, written_bytes, kept_bytes, decoded_bytes, indexes_kept, indexes_asked;
};

}  // namespace zeolite
