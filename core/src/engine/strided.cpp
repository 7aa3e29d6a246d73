// SPDX-License-Identifier: Apache-2.0
#include "strided.hpp"

#include <algorithm>
#include <cstdlib>
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

template <class Item>
Item swapped(Item item) {
  if constexpr (sizeof(Item) == 2) return __builtin_bswap16(item);
  if constexpr (sizeof(Item) == 4) return __builtin_bswap32(item);
  if constexpr (sizeof(Item) == 8) return __builtin_bswap64(item);
  return item;
}

/// Copies one element of `Parts` numbers of type Item.
template <class Item, std::size_t Parts, bool swap>
void copy_item(std::byte* to, const std::byte* from) {
  for (std::size_t part = 0; part < Parts; ++part) {
    Item item;
    std::memcpy(&item, from + part * sizeof(Item), sizeof item);
    if constexpr (swap) item = swapped(item);
    std::memcpy(to + part * sizeof(Item), &item, sizeof item);
  }
}

/// A table of elements: n along the first axis, m along the second.
struct Table {
  std::byte* to;
  std::int64_t to_n, to_m;
  const std::byte* from;
  std::int64_t from_n, from_m;
  std::uint64_t n, m;
};

/// In squares, so that the lines of memory that are read and those that are written both stay in the cache until they
/// are done with.
template <class Item, std::size_t Parts, bool swap>
void copy_table(const Table& shared) {
  const auto table = shared;  // of its own, so that no element can be a part of it
  constexpr std::uint64_t side = sizeof(Item) * Parts <= 4 ? 32 : 16;
  constexpr auto item_bytes = static_cast<std::int64_t>(sizeof(Item) * Parts);
  for (std::uint64_t i = 0; i < table.n; i += side) {
    const auto rows = std::min(side, table.n - i);
    for (std::uint64_t j = 0; j < table.m; j += side) {
      const auto columns = std::min(side, table.m - j);
      for (std::uint64_t row = i; row < i + rows; ++row) {
        auto* to = table.to + static_cast<std::int64_t>(row) * table.to_n + static_cast<std::int64_t>(j) * table.to_m;
        const auto* from =
            table.from + static_cast<std::int64_t>(row) * table.from_n + static_cast<std::int64_t>(j) * table.from_m;
        if (table.to_m == item_bytes) {
          for (std::uint64_t k = 0; k < columns; ++k, from += table.from_m) {
            copy_item<Item, Parts, swap>(to + static_cast<std::int64_t>(k) * item_bytes, from);
          }
        } else {
          for (std::uint64_t k = 0; k < columns; ++k, to += table.to_m, from += table.from_m) {
            copy_item<Item, Parts, swap>(to, from);
          }
        }
      }
    }
  }
}

/// One row of numbers without gaps on either side, swapped.
template <class Item>
void swap_dense(std::byte* to, const std::byte* from, std::uint64_t items) {
  for (std::uint64_t i = 0; i < items; ++i) copy_item<Item, 1, true>(to + i * sizeof(Item), from + i * sizeof(Item));
}

using CopyTable = void (*)(const Table&);

/// The kernel for elements of a size whose byte order changes in units of `unit` bytes (0 and 1: not at all); null:
/// there is none.
CopyTable kernel_for(std::uint64_t item_bytes, std::uint32_t unit) {
  if (unit <= 1) {
    switch (item_bytes) {
      case 1: return &copy_table<std::uint8_t, 1, false>;
      case 2: return &copy_table<std::uint16_t, 1, false>;
      case 4: return &copy_table<std::uint32_t, 1, false>;
      case 8: return &copy_table<std::uint64_t, 1, false>;
      case 16: return &copy_table<std::uint64_t, 2, false>;
      default: return nullptr;
    }
  }
  if (unit == 2 && item_bytes == 2) return &copy_table<std::uint16_t, 1, true>;
  if (unit == 2 && item_bytes == 4) return &copy_table<std::uint16_t, 2, true>;
  if (unit == 4 && item_bytes == 4) return &copy_table<std::uint32_t, 1, true>;
  if (unit == 4 && item_bytes == 8) return &copy_table<std::uint32_t, 2, true>;
  if (unit == 8 && item_bytes == 8) return &copy_table<std::uint64_t, 1, true>;
  if (unit == 8 && item_bytes == 16) return &copy_table<std::uint64_t, 2, true>;
  return nullptr;
}

void copy_any(const Table& table, std::uint64_t item_bytes, std::uint32_t unit) {
  for (std::uint64_t i = 0; i < table.n; ++i) {
    auto* to = table.to + static_cast<std::int64_t>(i) * table.to_n;
    const auto* from = table.from + static_cast<std::int64_t>(i) * table.from_n;
    for (std::uint64_t k = 0; k < table.m; ++k, to += table.to_m, from += table.from_m) {
      std::memcpy(to, from, item_bytes);
      if (unit > 1) swap_bytes(to, item_bytes, unit);
    }
  }
}

/// Calls row(a offset, b offset) for every row along the last axis, until it returns false.
template <class Row>
void each_row(const Axes& axes, Row row) {
  const auto rows = axes.shape.size() - 1;
  if (rows == 0) {
    (void)row(0, 0);
    return;
  }
  // Most rows follow their neighbours along one axis; the others are counted up as on an odometer.
  const auto outer = rows - 1;
  const auto neighbours = axes.shape[outer];
  const auto step_a = axes.a[outer];
  const auto step_b = axes.b[outer];
  Dims index(outer, 0);
  std::int64_t a = 0;
  std::int64_t b = 0;
  for (;;) {
    for (std::int64_t k = 0; k < static_cast<std::int64_t>(neighbours); ++k) {
      if (!row(a + k * step_a, b + k * step_b)) return;
    }
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

void swap_axes(Axes& axes, std::size_t i, std::size_t j) {
  std::swap(axes.shape[i], axes.shape[j]);
  std::swap(axes.a[i], axes.a[j]);
  std::swap(axes.b[i], axes.b[j]);
}

/// The axis along which neighbours are closest in memory.
std::size_t closest(const ByteStrides& strides) {
  std::size_t best = strides.size() - 1;
  for (std::size_t i = strides.size(); i-- > 0;) {
    if (std::abs(strides[i]) < std::abs(strides[best])) best = i;
  }
  return best;
}

/// Rows of so many bytes. Short ones, as those of inner chunks, are copied in steps that need no call.
void copy_rows(const Axes& axes, std::byte* to, const std::byte* from, std::uint64_t bytes) {
  constexpr std::uint64_t step = 16, most = 256;
  if (bytes % step != 0 || bytes > most) {
    return each_row(axes, [&](std::int64_t a, std::int64_t b) {
      std::memcpy(to + a, from + b, bytes);
      return true;
    });
  }
  each_row(axes, [=](std::int64_t a, std::int64_t b) {
    for (std::uint64_t i = 0; i < bytes; i += step) std::memcpy(to + a + i, from + b + i, step);
    return true;
  });
}

}  // namespace

void copy_elements(std::span<const std::uint64_t> shape, Strided to, Strided from, std::uint64_t item_bytes,
                   std::uint32_t swap_unit) {
  if (any_zero(shape)) return;
  auto axes = simplify(shape, to.strides, from.strides);
  const auto item = static_cast<std::int64_t>(item_bytes);
  const auto last = axes.shape.size() - 1;
  if (axes.a[last] == item && axes.b[last] == item) {
    const auto n = axes.shape[last];
    if (swap_unit <= 1) return copy_rows(axes, to.data, from.data, n * item_bytes);
    const auto units = n * item_bytes / swap_unit;
    const auto dense = swap_unit == 2   ? &swap_dense<std::uint16_t>
                       : swap_unit == 4 ? &swap_dense<std::uint32_t>
                       : swap_unit == 8 ? &swap_dense<std::uint64_t>
                                        : nullptr;
    if (dense != nullptr) {
      each_row(axes, [&](std::int64_t a, std::int64_t b) {
        dense(to.data + a, from.data + b, units);
        return true;
      });
      return;
    }
  }
  // The axis that is dense where it is written becomes the table's columns, the one that is dense where it is read its
  // rows.
  const auto columns = closest(axes.a);
  swap_axes(axes, columns, last);
  Table table{nullptr, 0, axes.a[last], nullptr, 0, axes.b[last], 1, axes.shape[last]};
  if (last > 0) {
    auto rows = closest(axes.b);
    if (rows == last) rows = last - 1;
    swap_axes(axes, rows, last - 1);
    table.n = axes.shape[last - 1];
    table.to_n = axes.a[last - 1];
    table.from_n = axes.b[last - 1];
    // The tables are walked through as if each were an element, in the order of the places they are written to: whole
    // lines and pages are written before the next are begun.
    axes.shape[last - 1] = 1;
    for (std::size_t i = 1; i + 1 < last; ++i) {
      for (std::size_t j = i; j > 0 && std::abs(axes.a[j - 1]) < std::abs(axes.a[j]); --j) swap_axes(axes, j - 1, j);
    }
  }
  axes.shape[last] = 1;
  const auto kernel = kernel_for(item_bytes, swap_unit);
  each_row(axes, [&](std::int64_t a, std::int64_t b) {
    table.to = to.data + a;
    table.from = from.data + b;
    kernel != nullptr ? kernel(table) : copy_any(table, item_bytes, swap_unit);
    return true;
  });
}

void take_elements(const Selection& selection, std::span<const std::uint64_t> shape, const std::byte* elements,
                   std::uint64_t item_bytes, std::uint32_t swap_unit) {
  auto strides = c_strides(shape, item_bytes);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    elements += static_cast<std::int64_t>(selection.origin()[i]) * strides[i];
    strides[i] *= static_cast<std::int64_t>(selection.step()[i]);
  }
  copy_elements(selection.shape(), {selection.data, selection.strides()}, {const_cast<std::byte*>(elements), strides},
                item_bytes, swap_unit);
}

void fill_elements(std::span<const std::uint64_t> shape, Strided to, const std::byte* element,
                   std::uint64_t item_bytes) {
  if (any_zero(shape)) return;
  const auto axes = simplify(shape, to.strides, to.strides);
  const auto n = axes.shape.back();
  const auto stride = axes.a.back();
  if (stride != static_cast<std::int64_t>(item_bytes)) {
    const ByteStrides same(shape.size(), 0);
    return copy_elements(shape, to, {const_cast<std::byte*>(element), same}, item_bytes);
  }
  const bool uniform = std::all_of(element, element + item_bytes, [&](std::byte b) { return b == element[0]; });
  each_row(axes, [&](std::int64_t a, std::int64_t) {
    std::byte* const row = to.data + a;
    if (uniform) {
      std::memset(row, std::to_integer<int>(element[0]), n * item_bytes);
    } else {
      // Doubling: each copy repeats all that is there.
      std::memcpy(row, element, item_bytes);
      for (std::uint64_t done = 1; done < n;) {
        const auto more = std::min(done, n - done);
        std::memcpy(row + done * item_bytes, row, more * item_bytes);
        done += more;
      }
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
