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

Selection Selection::cut(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const {
  Selection part = *this;
  for (std::size_t i = 0; i < ndim(); ++i) {
    // First and one past the last k whose index lies in [at, at + extent).
    const auto first_above = [&](std::uint64_t bound) {
      return bound <= origin[i] ? 0 : (bound - origin[i] - 1) / step[i] + 1;
    };
    const auto low = std::min(first_above(at[i]), shape[i]);
    const auto end = extent[i] > UINT64_MAX - at[i] ? UINT64_MAX : at[i] + extent[i];
    const auto high = std::min(first_above(end), shape[i]);
    part.shape[i] = high - low;
    if (high > low) {
      part.origin[i] = origin[i] + low * step[i] - at[i];
      part.data += static_cast<std::int64_t>(low) * strides[i];
    }
  }
  return part;
}

Selection Selection::whole(const Dims& shape, void* data, std::uint64_t item_bytes) {
  return {Dims(shape.size(), 0), shape, Dims(shape.size(), 1), static_cast<std::byte*>(data),
          c_strides(shape, item_bytes)};
}

}  // namespace zeolite
