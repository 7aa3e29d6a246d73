// SPDX-License-Identifier: Apache-2.0
//
// One axis of a rectilinear grid: edge lengths in runs of equal ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include <zeolite/sdk/chunk_grid.hpp>

namespace zeolite::rectilinear {

/// Made by appending chunks, and finished once.
class Axis {
 public:
  /// Room for so many runs, which there may be.
  void reserve(std::size_t runs) { runs_.reserve(runs); }

  void append(std::uint64_t length, std::uint64_t count) {
    const auto left = sdk::max_extent - end_.origin;
    if (length > left || (count > 1 && count > left / length)) {
      throw sdk::invalid("makes the edges add up to more than {}", sdk::max_extent);
    }
    if (length != last_length_) runs_.push_back(end_);
    shortest_ = std::min(shortest_, length);
    last_length_ = length;
    end_.origin += length * count;
    end_.first_chunk += count;
  }

  /// The only length, repeated without end.
  void append_endless(std::uint64_t length) {
    append(length, sdk::max_extent / length);
    endless_ = true;
  }

  void finish() {
    runs_.push_back(end_);
    if (runs_.capacity() - runs_.size() > runs_.size() / 4) runs_.shrink_to_fit();
  }

  bool is_empty() const { return runs_.empty(); }

  /// The sum of all edge lengths.
  std::uint64_t extent() const { return endless_ ? sdk::max_extent : end_.origin; }

  /// The length of the shortest chunk.
  std::uint64_t shortest() const { return shortest_; }

  /// `chunk` is one that exists.
  sdk::SeparableGrid::Edge edge(std::uint64_t chunk) const {
    const auto& run = find(&Run::first_chunk, chunk);
    const auto length = length_of(run);
    return {run.origin + (chunk - run.first_chunk) * length, length};
  }

  /// The chunk that holds an element below extent().
  std::uint64_t chunk_at(std::uint64_t element) const {
    const auto& run = find(&Run::origin, element);
    return run.first_chunk + (element - run.origin) / length_of(run);
  }

 private:
  /// Chunks of one length. It ends where the next one begins.
  struct Run {
    std::uint64_t origin = 0;  // of its first chunk
    std::uint64_t first_chunk = 0;
  };

  static std::uint64_t length_of(const Run& run) {
    const auto& next = *(&run + 1);
    return (next.origin - run.origin) / (next.first_chunk - run.first_chunk);
  }

  /// The last run whose `member` is not above `value`.
  const Run& find(std::uint64_t Run::* member, std::uint64_t value) const {
    const auto after = std::upper_bound(runs_.begin(), std::prev(runs_.end()), value,
                                        [member](std::uint64_t v, const Run& run) { return v < run.*member; });
    return *std::prev(after);
  }

  std::vector<Run> runs_;  // and where the last one ends
  Run end_;
  std::uint64_t last_length_ = 0;  // while runs are appended
  std::uint64_t shortest_ = UINT64_MAX;
  bool endless_ = false;
};

}  // namespace zeolite::rectilinear
