// SPDX-License-Identifier: Apache-2.0
#include "strided.hpp"

#include <algorithm>
#include <cstring>

#include "dims.hpp"

namespace zeolite {

namespace {

/// Axes that remain after dropping those of length one and joining those that lie without a gap on both sides.
struct Axes {
  Dims shape;
  ByteStrides a;
  ByteStrides b;
};

Axes simplify(std::span<const std::uint64_t> shape, std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  Axes axes;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    if (!axes.shape.empty()) {
      const auto length = static_cast<std::int64_t>(shape[i]);
      if (axes.a.back() == a[i] * length && axes.b.back() == b[i] * length) {
        axes.shape.back() *= shape[i];
        axes.a.back() = a[i];
        axes.b.back() = b[i];
        continue;
      }
    }
    axes.shape.push_back(shape[i]);
    axes.a.push_back(a[i]);
    axes.b.push_back(b[i]);
  }
  if (axes.shape.empty()) {
    axes.shape.push_back(1);
    axes.a.push_back(0);
    axes.b.push_back(0);
  }
  return axes;
}

template <std::size_t Bytes>
void copy_row(std::byte* to, std::int64_t to_stride, const std::byte* from, std::int64_t from_stride, std::uint64_t n) {
  for (std::uint64_t i = 0; i < n; ++i) {
    std::memcpy(to, from, Bytes);
    to += to_stride;
    from += from_stride;
  }
}

void copy_row(std::byte* to, std::int64_t to_stride, const std::byte* from, std::int64_t from_stride, std::uint64_t n,
              std::uint64_t item_bytes) {
  const auto item = static_cast<std::int64_t>(item_bytes);
  if (to_stride == item && from_stride == item) {
    std::memcpy(to, from, n * item_bytes);
    return;
  }
  switch (item_bytes) {
    case 1: return copy_row<1>(to, to_stride, from, from_stride, n);
    case 2: return copy_row<2>(to, to_stride, from, from_stride, n);
    case 4: return copy_row<4>(to, to_stride, from, from_stride, n);
    case 8: return copy_row<8>(to, to_stride, from, from_stride, n);
    case 16: return copy_row<16>(to, to_stride, from, from_stride, n);
    default:
      for (std::uint64_t i = 0; i < n; ++i) {
        std::memcpy(to, from, item_bytes);
        to += to_stride;
        from += from_stride;
      }
  }
}

/// Calls row(a offset, b offset) for every row along the last axis, until it returns false.
template <class Row>
void each_row(const Axes& axes, Row row) {
  const auto outer = axes.shape.size() - 1;
  Dims index(outer, 0);
  std::int64_t a = 0;
  std::int64_t b = 0;
  for (;;) {
    if (!row(a, b)) return;
    std::size_t axis = outer;
    for (;;) {
      if (axis == 0) return;
      --axis;
      a += axes.a[axis];
      b += axes.b[axis];
      if (++index[axis] < axes.shape[axis]) break;
      index[axis] = 0;
      a -= axes.a[axis] * static_cast<std::int64_t>(axes.shape[axis]);
      b -= axes.b[axis] * static_cast<std::int64_t>(axes.shape[axis]);
    }
  }
}

bool any_zero(std::span<const std::uint64_t> shape) { return std::find(shape.begin(), shape.end(), 0u) != shape.end(); }

}  // namespace

void copy_elements(std::span<const std::uint64_t> shape, Strided to, Strided from, std::uint64_t item_bytes) {
  if (any_zero(shape)) return;
  const auto axes = simplify(shape, to.strides, from.strides);
  const auto n = axes.shape.back();
  each_row(axes, [&](std::int64_t a, std::int64_t b) {
    copy_row(to.data + a, axes.a.back(), from.data + b, axes.b.back(), n, item_bytes);
    return true;
  });
}

void fill_elements(std::span<const std::uint64_t> shape, Strided to, const std::byte* element,
                   std::uint64_t item_bytes) {
  if (any_zero(shape)) return;
  const auto axes = simplify(shape, to.strides, to.strides);
  const auto n = axes.shape.back();
  const auto stride = axes.a.back();
  const bool dense = stride == static_cast<std::int64_t>(item_bytes);
  const bool uniform = std::all_of(element, element + item_bytes, [&](std::byte b) { return b == element[0]; });
  each_row(axes, [&](std::int64_t a, std::int64_t) {
    std::byte* const row = to.data + a;
    if (dense && uniform) {
      std::memset(row, std::to_integer<int>(element[0]), n * item_bytes);
    } else if (dense) {
      // Doubling: each copy repeats all that is there.
      std::memcpy(row, element, item_bytes);
      for (std::uint64_t done = 1; done < n;) {
        const auto more = std::min(done, n - done);
        std::memcpy(row + done * item_bytes, row, more * item_bytes);
        done += more;
      }
    } else {
      copy_row(row, stride, element, 0, n, item_bytes);
    }
    return true;
  });
}

bool all_equal(std::span<const std::uint64_t> shape, Strided in, const std::byte* element, std::uint64_t item_bytes) {
  if (any_zero(shape)) return true;
  const auto axes = simplify(shape, in.strides, in.strides);
  const auto n = axes.shape.back();
  const auto stride = axes.a.back();
  bool equal = true;
  each_row(axes, [&](std::int64_t a, std::int64_t) {
    const std::byte* const row = in.data + a;
    equal = std::memcmp(row, element, item_bytes) == 0;
    if (equal && stride == static_cast<std::int64_t>(item_bytes)) {
      // The first is right, so all are when each equals its neighbour.
      equal = std::memcmp(row, row + item_bytes, (n - 1) * item_bytes) == 0;
    } else {
      for (std::uint64_t i = 1; equal && i < n; ++i) {
        equal = std::memcmp(row + static_cast<std::int64_t>(i) * stride, element, item_bytes) == 0;
      }
    }
    return equal;
  });
  return equal;
}

void swap_bytes(std::byte* data, std::uint64_t bytes, std::uint32_t unit) {
  for (std::uint64_t i = 0; i + unit <= bytes; i += unit) std::reverse(data + i, data + i + unit);
}

}  // namespace zeolite
