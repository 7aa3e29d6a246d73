// SPDX-License-Identifier: Apache-2.0
//
// Views of arrays and boxes that cross the boundary, and arithmetic that cannot overflow unnoticed. They own nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <zeolite/abi/types.h>
#include <zeolite/sdk/error.hpp>

namespace zeolite::sdk {

/// a * b; throws when that does not fit, saying what was too large: "chunk", "index".
inline std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::string_view what) {
  if (b != 0 && a > UINT64_MAX / b) throw invalid("the {} is too large: {} * {} does not fit 64 bits", what, a, b);
  return a * b;
}

/// a + b, likewise.
inline std::uint64_t add(std::uint64_t a, std::uint64_t b, std::string_view what) {
  if (a > UINT64_MAX - b) throw invalid("the {} is too large: {} + {} does not fit 64 bits", what, a, b);
  return a + b;
}

/// The product of a shape; 1 for no dimensions.
inline std::uint64_t product(std::span<const std::uint64_t> shape, std::string_view what) {
  std::uint64_t count = 1;
  for (const auto extent : shape) {
    if (extent == 0) return 0;
  }
  for (const auto extent : shape) count = multiply(count, extent, what);
  return count;
}

/// A strided array; see zeo_array. Constness is shallow, as a span's is.
class Array {
 public:
  explicit Array(const zeo_array& abi) : abi_(&abi) {}

  const zeo_array& abi() const { return *abi_; }
  std::size_t ndim() const { return abi_->ndim; }
  std::span<const std::uint64_t> shape() const { return {abi_->shape, ndim()}; }
  std::span<const std::int64_t> strides_bytes() const { return {abi_->strides_bytes, ndim()}; }
  std::uint64_t count() const { return product(shape(), "array"); }

  /// Element [0, ..., 0]. It may be unaligned, so a T larger than a byte is read and written with memcpy.
  template <class T = std::uint8_t>
  T* data() const {
    return static_cast<T*>(abi_->data);
  }

  /// Where the payload of variable-length elements is allocated; null in arrays that are only read.
  zeo_heap* heap() const { return abi_->heap; }

  /// Whether elements of this size lie in C order without gaps.
  bool contiguous(std::uint64_t item_bytes) const {
    auto expected = item_bytes;
    for (auto axis = ndim(); axis-- > 0;) {
      if (abi_->shape[axis] == 0) return true;
      if (abi_->shape[axis] != 1 && abi_->strides_bytes[axis] != static_cast<std::int64_t>(expected)) return false;
      expected *= abi_->shape[axis];
    }
    return true;
  }

  /// Calls body(first, count, stride_bytes) for one row after the other, so that all elements pass by in C order. Rows
  /// are as long as equal steps allow: a contiguous array is a single one.
  template <class Body>
  void for_each_row(Body body) const {
    std::array<std::uint64_t, ZEO_MAX_NDIM> shape;
    std::array<std::int64_t, ZEO_MAX_NDIM> strides;
    std::size_t n = 0;
    for (std::size_t axis = 0; axis < ndim(); ++axis) {
      const auto extent = abi_->shape[axis];
      if (extent == 0) return;
      if (extent == 1) continue;
      const auto stride = abi_->strides_bytes[axis];
      if (n > 0 && strides[n - 1] == stride * static_cast<std::int64_t>(extent)) {
        shape[n - 1] *= extent;
        strides[n - 1] = stride;
      } else {
        shape[n] = extent;
        strides[n++] = stride;
      }
    }
    auto* row = data();
    if (n == 0) {
      body(row, std::uint64_t{1}, std::int64_t{0});
      return;
    }
    std::array<std::uint64_t, ZEO_MAX_NDIM> at{};
    while (true) {
      body(row, shape[n - 1], strides[n - 1]);
      auto axis = n - 1;
      while (axis > 0) {
        --axis;
        row += strides[axis];
        if (++at[axis] < shape[axis]) break;
        row -= strides[axis] * static_cast<std::int64_t>(shape[axis]);
        at[axis] = 0;
        if (axis == 0) return;
      }
      if (n == 1) return;
    }
  }

 private:
  const zeo_array* abi_;
};

/// A box of elements; see zeo_box.
class Region {
 public:
  Region(const zeo_box& abi, std::size_t ndim) : abi_(&abi), ndim_(ndim) {}

  const zeo_box& abi() const { return *abi_; }
  std::size_t ndim() const { return ndim_; }
  std::uint64_t origin(std::size_t axis) const { return abi_->origin[axis]; }
  std::uint64_t shape(std::size_t axis) const { return abi_->shape[axis]; }
  std::uint64_t step(std::size_t axis) const { return abi_->step == nullptr ? 1 : abi_->step[axis]; }

  /// One past the last index taken along an axis; the origin when none is.
  std::uint64_t end(std::size_t axis) const {
    return shape(axis) == 0 ? origin(axis) : origin(axis) + (shape(axis) - 1) * step(axis) + 1;
  }

 private:
  const zeo_box* abi_;
  std::size_t ndim_;
};

}  // namespace zeolite::sdk
