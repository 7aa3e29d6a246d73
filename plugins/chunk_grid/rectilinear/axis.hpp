// SPDX-License-Identifier: Apache-2.0
//
// One axis of a rectilinear grid: edge lengths in runs of equal ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <zeolite/sdk/chunk_grid.hpp>

namespace zeolite::rectilinear {

class Axis {
 public:
  /// Reads an item of "chunk_shapes": a length that repeats without end, or a list of lengths and pairs
  /// [length, count].
  explicit Axis(const sdk::json::value& json) {
    if (!json.is_array()) {
      const auto length = positive(json, "must be a positive length or a list of them");
      append(length, sdk::max_extent / length);
      runs_.push_back(end_);
      endless_ = true;
      return;
    }
    const auto& items = json.get_array();
    if (items.empty()) throw sdk::invalid("the list of edge lengths is empty");
    runs_.reserve(items.size() + 1);
    std::size_t place = 0;
    for (const auto& item : items) {
      try {
        append(item);
      } catch (const sdk::Error& error) {
        throw sdk::invalid("item {} {}", place, error.what());
      }
      ++place;
    }
    runs_.push_back(end_);
    runs_.shrink_to_fit();
  }

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

  static std::uint64_t positive(const sdk::json::value& json, std::string_view what) {
    std::uint64_t value = 0;
    if (json.is_int64() && json.get_int64() > 0) value = static_cast<std::uint64_t>(json.get_int64());
    if (value == 0) {
      throw sdk::invalid("{} (from 1 to {}), not {}", what, sdk::max_extent,
                         sdk::excerpt(sdk::json::serialize(json)));
    }
    return value;
  }

  void append(const sdk::json::value& item) {
    constexpr std::string_view what = "must be a positive length or a pair [length, count]";
    if (!item.is_array()) return append(positive(item, what), 1);
    const auto& pair = item.get_array();
    if (pair.size() != 2) throw sdk::invalid("{}, not {}", what, sdk::excerpt(sdk::json::serialize(item)));
    append(positive(pair[0], what), positive(pair[1], what));
  }

  void append(std::uint64_t length, std::uint64_t count) {
    if (count > (sdk::max_extent - end_.origin) / length) {
      throw sdk::invalid("makes the edges add up to more than {}", sdk::max_extent);
    }
    shortest_ = std::min(shortest_, length);
    if (length != last_length_) runs_.push_back(end_);
    last_length_ = length;
    end_.origin += length * count;
    end_.first_chunk += count;
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
