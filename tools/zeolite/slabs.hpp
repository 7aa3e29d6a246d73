// SPDX-License-Identifier: Apache-2.0
//
// Boxes as people write them, and a box cut into pieces that fit into memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <zeolite/array.hpp>

namespace zeolite::tool {

/// One "start:stop:step" a dimension, each part optional, or one index; dimensions at the end may be left out. Negative
/// numbers count from the end, as in NumPy; an index keeps its dimension, with length 1. Throws UsageError when that is
/// not what `text` is, and Error (invalid) for what lies outside the array.
Box parse_box(std::string_view text, const Array& array);

/// Walks through a box in pieces of at most `budget_bytes` (or single elements), in C order, or with `fortran_order`
/// with the last axis slowest. A piece ends where chunks end when it can, so that few chunks are touched twice.
class Slabs {
 public:
  Slabs(const Array& array, Box box, std::uint64_t item_bytes, std::uint64_t budget_bytes, bool fortran_order = false);

  /// The next piece, or nothing after the last.
  std::optional<Box> next();

 private:
  std::uint64_t end_of_piece(std::uint64_t begin) const;

  const Array array_;
  const Box box_;
  std::vector<std::size_t> axes_;  ///< slowest first
  std::size_t split_ = 0;          ///< axes_[split_] is cut into runs, those before it into single indices
  std::uint64_t run_ = 1;          ///< indices along it that fit
  Shape position_;                 ///< where the next piece begins, counted in elements of the box
  bool done_ = false;
};

}  // namespace zeolite::tool
