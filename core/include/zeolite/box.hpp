// SPDX-License-Identifier: Apache-2.0
//
// Boxes: which elements of an array are meant.
#pragma once

#include <cstdint>
#include <vector>

namespace zeolite {

/// Lengths or coordinates, one an axis, slowest varying first (C order).
using Shape = std::vector<std::uint64_t>;

/// Along axis i the indices origin[i] + k * step[i], k in [0, shape[i]). `shape` counts elements taken, not spanned.
struct Box {
  Shape origin;
  Shape shape;
  Shape step;  ///< empty: all 1

  bool operator==(const Box&) const = default;
};

/// The contiguous box of `shape` elements from `origin` on.
inline Box box(Shape origin, Shape shape) { return {std::move(origin), std::move(shape), {}}; }

/// Every step[i]-th element from origin on.
inline Box box(Shape origin, Shape shape, Shape step) { return {std::move(origin), std::move(shape), std::move(step)}; }

/// The number of elements in a shape; throws ErrorCode::invalid past 2^63.
std::uint64_t count_elements(const Shape& shape);

}  // namespace zeolite
