// SPDX-License-Identifier: Apache-2.0
//
// Small vectors of lengths, coordinates and strides: up to six dimensions without an allocation.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include <boost/container/small_vector.hpp>

namespace zeolite {

using Dims = boost::container::small_vector<std::uint64_t, 6>;
using ByteStrides = boost::container::small_vector<std::int64_t, 6>;

template <class Range>
Dims to_dims(const Range& values) {
  return Dims(values.begin(), values.end());
}

/// The product, unless it reaches 2^63.
template <class Range>
std::optional<std::uint64_t> checked_product(const Range& factors, std::uint64_t start = 1) {
  std::int64_t product = 1;
  bool reaches = __builtin_mul_overflow(product, start, &product);
  for (const std::uint64_t factor : factors) {
    // A zero anywhere makes the product zero, whatever overflows before it.
    if (factor == 0) return 0;
    reaches |= __builtin_mul_overflow(product, factor, &product);
  }
  if (reaches) return std::nullopt;
  return static_cast<std::uint64_t>(product);
}

/// C order without gaps. The byte count of the whole must be known to stay below 2^63.
template <class Range>
void put_c_strides(const Range& shape, std::uint64_t item_bytes, std::span<std::int64_t> strides) {
  auto stride = static_cast<std::int64_t>(item_bytes);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= static_cast<std::int64_t>(shape[axis] == 0 ? 1 : shape[axis]);
  }
}

/// The same as a vector.
template <class Range>
ByteStrides c_strides(const Range& shape, std::uint64_t item_bytes) {
  ByteStrides strides(shape.size());
  put_c_strides(shape, item_bytes, strides);
  return strides;
}

/// Counts `index` up in C order through `shape`; false after the last.
inline bool next_index(Dims& index, std::span<const std::uint64_t> shape) {
  for (std::size_t axis = index.size(); axis-- > 0;) {
    if (++index[axis] < shape[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

}  // namespace zeolite
