// SPDX-License-Identifier: Apache-2.0
#include "selection.hpp"

#include <algorithm>

namespace zeolite {

bool Selection::empty() const { return std::find(shape.begin(), shape.end(), 0u) != shape.end(); }

bool Selection::covers(std::span<const std::uint64_t> limit) const {
  for (std::size_t i = 0; i < ndim(); ++i) {
    if (origin[i] != 0 || shape[i] < limit[i] || (step[i] != 1 && limit[i] > 1)) return false;
  }
  return true;
}

bool Selection::contiguous(std::uint64_t item_bytes) const {
  auto expected = static_cast<std::int64_t>(item_bytes);
  for (std::size_t i = ndim(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= static_cast<std::int64_t>(shape[i]);
  }
  return true;
}

Selection::Overlap Selection::overlap(std::size_t axis, std::uint64_t at, std::uint64_t extent) const {
  const auto first_above = [&](std::uint64_t bound) {
    return bound <= origin[axis] ? 0 : (bound - origin[axis] - 1) / step[axis] + 1;
  };
  const auto end = extent > UINT64_MAX - at ? UINT64_MAX : at + extent;
  return {std::min(first_above(at), shape[axis]), std::min(first_above(end), shape[axis])};
}

Selection Selection::cut(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const {
  Selection part = *this;
  for (std::size_t i = 0; i < ndim(); ++i) {
    const auto [begin, end] = overlap(i, at[i], extent[i]);
    part.shape[i] = end - begin;
    if (end > begin) {
      part.origin[i] = origin[i] + begin * step[i] - at[i];
      part.data += static_cast<std::int64_t>(begin) * strides[i];
    }
  }
  return part;
}

std::uint64_t Selection::count_in(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < ndim(); ++i) {
    const auto [begin, end] = overlap(i, at[i], extent[i]);
    if (__builtin_mul_overflow(count, end - begin, &count)) return UINT64_MAX;
  }
  return count;
}

Selection Selection::whole(const Dims& shape, void* data, std::uint64_t item_bytes) {
  return {Dims(shape.size(), 0), shape, Dims(shape.size(), 1), static_cast<std::byte*>(data),
          c_strides(shape, item_bytes)};
}

}  // namespace zeolite
