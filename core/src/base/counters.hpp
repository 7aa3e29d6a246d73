// SPDX-License-Identifier: Apache-2.0
//
// What a context's work adds up: see zeolite::Counters.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
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
  explicit CounterCells(bool measures) : measures_times(measures) {}

  CounterCell requests, joined, element_bytes, read_bytes, written_bytes, kept_bytes, decoded_bytes, indexes_kept,
      indexes_asked, wait_ns, decode_ns;
  const bool measures_times;  ///< else those in ns stay as they are
};

/// Adds the time of its life, or of what comes before stop(), to a counter, if times are measured at all.
class Timing {
 public:
  Timing() = default;
  Timing(const CounterCells& cells, CounterCell& to) { begin(cells, to); }
  ~Timing() { stop(); }
  Timing(const Timing&) = delete;
  Timing& operator=(const Timing&) = delete;

  void begin(const CounterCells& cells, CounterCell& to) {
    if (!cells.measures_times) return;
    to_ = &to;
    begin_ = std::chrono::steady_clock::now();
  }
  void stop() noexcept {
    if (to_ == nullptr) return;
    const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - begin_;
    to_->add(static_cast<std::uint64_t>(passed.count()));
    to_ = nullptr;
  }

 private:
  CounterCell* to_ = nullptr;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace zeolite
