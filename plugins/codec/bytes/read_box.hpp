// SPDX-License-Identifier: Apache-2.0
//
// Reading a box of a chunk that is stored element after element: which runs of bytes hold it, and whether fetching
// those alone is worth it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <zeolite/sdk/array.hpp>
#include <zeolite/sdk/plan.hpp>

namespace zeolite::bytes_codec {

/// Equal runs: all axes after `axis` are taken whole, `axis` from its first to its last index, those before it index by
/// index.
struct Runs {
  std::size_t axis;
  std::uint64_t count;
  std::uint64_t bytes;  ///< of one run
};

/// Shorter runs, and shorter gaps between them, cost more to ask for one by one than to read along.
inline constexpr std::uint64_t min_run_bytes = 4096;
inline constexpr std::uint64_t max_runs = 1024;

/// The runs for a box, or none when the whole chunk is as good. `shape` and `item_bytes` describe the chunk, whose size
/// fits 63 bits.
inline std::optional<Runs> find_runs(std::span<const std::uint64_t> shape, std::uint64_t item_bytes,
                                     const sdk::Region& box) {
  std::uint64_t inner_bytes = item_bytes;  // of one index along the axis
  for (auto axis = shape.size(); axis-- > 0; inner_bytes *= shape[axis]) {
    const auto extent = box.end(axis) - box.origin(axis);
    if (extent == shape[axis]) continue;
    Runs runs{axis, 1, extent * inner_bytes};
    for (std::size_t outer = 0; outer < axis && runs.count <= max_runs; ++outer) runs.count *= box.shape(outer);
    const auto gap_bytes = (shape[axis] - extent) * inner_bytes;
    if (runs.count > 1 && (runs.bytes < min_run_bytes || gap_bytes < min_run_bytes || runs.count > max_runs)) continue;
    std::uint64_t chunk_bytes = item_bytes;
    for (const auto length : shape) chunk_bytes *= length;
    if (runs.count * runs.bytes > chunk_bytes / 2) return std::nullopt;
    return runs;
  }
  return std::nullopt;
}

/// Asks for the runs, and hands them on as raw pieces. They are asked for as ranges first, because a value that does
/// not exist or that has another size can be told only then.
class ReadBox final : public sdk::Steps<ReadBox> {
 public:
  ReadBox(std::span<const std::uint64_t> shape, std::uint64_t item_bytes, const Runs& runs, const sdk::Region& box,
          bool swapped)
      : Steps(&ReadBox::ask), pieces_(shape.size()), value_bytes_(item_bytes) {
    for (const auto length : shape) value_bytes_ *= length;
    std::vector<std::uint64_t> origin(shape.size(), 0), extent(shape.begin(), shape.end()), at(runs.axis, 0);
    for (std::size_t axis = 0; axis < runs.axis; ++axis) {
      origin[axis] = box.origin(axis);
      extent[axis] = 1;
    }
    origin[runs.axis] = box.origin(runs.axis);
    extent[runs.axis] = box.end(runs.axis) - box.origin(runs.axis);
    pieces_.reserve(runs.count);
    for (std::uint64_t n = 0; n < runs.count; ++n) {
      std::uint64_t offset = 0;
      for (std::size_t axis = 0; axis < shape.size(); ++axis) offset = offset * shape[axis] + origin[axis];
      ranges_.push_back({offset * item_bytes, runs.bytes});
      pieces_.raw(origin, extent, ranges_.back(), swapped);
      for (auto axis = runs.axis; axis-- > 0;) {
        if (++at[axis] < box.shape(axis)) {
          origin[axis] += box.step(axis);
          break;
        }
        at[axis] = 0;
        origin[axis] = box.origin(axis);
      }
    }
  }

 private:
  sdk::Wants ask(sdk::Answers, const sdk::Call&) { return fetch(std::move(ranges_), &ReadBox::found); }

  sdk::Wants found(sdk::Answers got, const sdk::Call&) {
    const auto size = got[0].value_bytes;
    if (size != value_bytes_ && size != UINT64_MAX) {
      throw sdk::corrupt("the chunk has {} bytes, but its elements take {}", size, value_bytes_);
    }
    return pieces(std::move(pieces_), &ReadBox::end);
  }

  sdk::Wants end(sdk::Answers, const sdk::Call&) { return done(); }

  std::vector<zeo_range> ranges_;
  sdk::Pieces pieces_;
  std::uint64_t value_bytes_;
};

}  // namespace zeolite::bytes_codec
