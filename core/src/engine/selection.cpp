// SPDX-License-Identifier: Apache-2.0
#include "selection.hpp"

#include <algorithm>

namespace zeolite {

bool Selection::empty() const {
  const auto lengths = shape();
  return std::find(lengths.begin(), lengths.end(), 0u) != lengths.end();
}

bool Selection::covers(std::span<const std::uint64_t> limit) const {
  for (std::size_t i = 0; i < ndim(); ++i) {
    if (origin()[i] != 0 || shape()[i] < limit[i] || (step()[i] != 1 && limit[i] > 1)) return false;
  }
  return true;
}

bool Selection::contiguous(std::uint64_t item_bytes) const {
  auto expected = static_cast<std::int64_t>(item_bytes);
  for (std::size_t i = ndim(); i-- > 0;) {
    if (shape()[i] != 1 && strides()[i] != expected) return false;
    expected *= static_cast<std::int64_t>(shape()[i]);
  }
  return true;
}

Selection::Overlap Selection::overlap(std::size_t axis, std::uint64_t at, std::uint64_t extent) const {
  const auto first_above = [&](std::uint64_t bound) -> std::uint64_t {
    if (bound <= origin()[axis]) return 0;
    const auto before = bound - origin()[axis] - 1;
    // Dividing takes longer than all else here, and most selections leave nothing out.
    return (step()[axis] == 1 ? before : before / step()[axis]) + 1;
  };
  const auto end = extent > UINT64_MAX - at ? UINT64_MAX : at + extent;
  return {std::min(first_above(at), shape()[axis]), std::min(first_above(end), shape()[axis])};
}

void Selection::clip(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) {
  for (std::size_t i = 0; i < ndim(); ++i) {
    const auto [begin, end] = overlap(i, at[i], extent[i]);
    shape()[i] = end - begin;
    if (end > begin) {
      origin()[i] += begin * step()[i] - at[i];
      data += static_cast<std::int64_t>(begin) * strides()[i];
    }
  }
}

std::uint64_t Selection::count_in(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < ndim(); ++i) {
    const auto [begin, end] = overlap(i, at[i], extent[i]);
    if (__builtin_mul_overflow(count, end - begin, &count)) return UINT64_MAX;
  }
  return count;
}

Selection Selection::whole(std::span<const std::uint64_t> shape, void* data, std::uint64_t item_bytes) {
  Selection all(shape.size());
  std::copy(shape.begin(), shape.end(), all.shape().begin());
  std::fill(all.step().begin(), all.step().end(), 1);
  put_c_strides(shape, item_bytes, all.strides());
  all.data = static_cast<std::byte*>(data);
  return all;
}

}  // namespace zeolite
