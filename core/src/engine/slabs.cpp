// SPDX-License-Identifier: Apache-2.0
#include "slabs.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>

#include "group.hpp"
#include "strided.hpp"

namespace zeolite {

namespace {

/// Small enough to be in a core's own cache still when it is copied from, and not smaller: each is a read of its own.
constexpr std::uint64_t slab_bytes = std::uint64_t{256} << 10;
/// So many slabs are one request, so that a chunk of a gigabyte is not one thread's work.
constexpr std::uint64_t request_slabs = 128;

/// An array in C order, cut along one axis into boxes whose bytes lie together.
class Slabs {
 public:
  Slabs(std::span<const std::uint64_t> shape, std::uint64_t item_bytes)
      : shape_(to_dims(shape)), row_bytes_(item_bytes) {
    axis_ = shape.size() - 1;
    while (axis_ > 0 && row_bytes_ * shape[axis_] <= slab_bytes) row_bytes_ *= shape[axis_--];
    rows_ = std::clamp<std::uint64_t>(slab_bytes / row_bytes_, 1, shape[axis_]);
    along_ = (shape[axis_] + rows_ - 1) / rows_;
    count_ = along_;
    for (std::size_t i = 0; i < axis_; ++i) count_ *= shape[i];
  }

  std::uint64_t count() const { return count_; }
  /// How far along an axis a slab reaches.
  std::uint64_t length(std::size_t axis) const { return axis > axis_ ? shape_[axis] : axis == axis_ ? rows_ : 1; }
  std::uint64_t largest_bytes() const { return rows_ * row_bytes_; }

  struct Slab {
    Dims origin, shape;
    zeo_range range;
  };
  Slab at(std::uint64_t number) const {
    Slab slab{Dims(shape_.size(), 0), shape_, {}};
    const auto row = number % along_ * rows_;
    auto outer = number / along_;
    slab.range = {(outer * shape_[axis_] + row) * row_bytes_, 0};
    slab.origin[axis_] = row;
    slab.shape[axis_] = std::min(rows_, shape_[axis_] - row);
    slab.range.length = slab.shape[axis_] * row_bytes_;
    for (auto i = axis_; i-- > 0; outer /= shape_[i]) {
      slab.origin[i] = outer % shape_[i];
      slab.shape[i] = 1;
    }
    return slab;
  }

 private:
  Dims shape_;
  std::size_t axis_;
  std::uint64_t row_bytes_;  // of one index along the axis
  std::uint64_t rows_;       // of the axis in one slab
  std::uint64_t along_;      // slabs along the axis
  std::uint64_t count_;
};

/// Whether a slab fills the lines of memory that it reaches. Else each would be written anew for several slabs, which
/// takes longer than going through a whole chunk at once.
bool fills_lines(const Slabs& slabs, const Selection& selection) {
  constexpr std::uint64_t line_bytes = 64;
  const auto distance = [&](std::size_t axis) {
    return static_cast<std::uint64_t>(std::abs(selection.strides()[axis]));
  };
  std::optional<std::size_t> closest;
  for (std::size_t i = 0; i < selection.ndim(); ++i) {
    if (selection.shape()[i] != 1 && (!closest || distance(i) < distance(*closest))) closest = i;
  }
  if (!closest) return true;
  const auto in_slab = std::max<std::uint64_t>(1, slabs.length(*closest) / selection.step()[*closest]);
  return in_slab >= selection.shape()[*closest] || in_slab * distance(*closest) >= line_bytes;
}

}  // namespace

bool comes_in_slabs(const Chain& chain, const Source& source, const Selection& selection) {
  const auto& link = chain.array_bytes();
  const bool may = link.moves_elements() && link.decoded.ndim != 0 && source.reads_in_turn() &&
                   link.encoded.max_bytes > 2 * slab_bytes &&
                   link.encoded.max_bytes <= chain.context().options.max_chunk_bytes;
  if (!may) return false;
  const Slabs slabs(std::span(link.decoded.shape, link.decoded.ndim), chain.item_bytes());
  return fills_lines(slabs, selection);
}

Task<bool> read_slabs(const Scope& scope, const Chain& chain, const Source& source, const Selection& selection) {
  const auto& link = chain.array_bytes();
  const std::span shape(link.decoded.shape, link.decoded.ndim);
  const auto item_bytes = chain.item_bytes();
  const auto whole_bytes = checked_product(shape, item_bytes).value();
  const Slabs slabs(shape, item_bytes);
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t i = 0; i < slabs.count(); ++i) {
    const auto slab = slabs.at(i);
    if (selection.count_in(slab.origin, slab.shape) != 0) wanted.push_back(i);
  }
  std::atomic<bool> present = true;
  const auto read_some = [&](std::uint64_t number) -> Task<void> {
    const auto mine = std::span(wanted).subspan(number * request_slabs);
    const auto some = mine.first(std::min<std::size_t>(mine.size(), request_slabs));
    std::vector<zeo_range> ranges;
    ranges.reserve(some.size());
    for (const auto i : some) ranges.push_back(slabs.at(i).range);
    Buffer memory(slabs.largest_bytes(), &scope.operation.memory());
    memory.reserve(slabs.largest_bytes());
    const auto take = [&](std::uint32_t i, zeo_bytes bytes) {
      const auto slab = slabs.at(some[i]);
      take_elements(selection.cut(slab.origin, slab.shape), slab.shape, reinterpret_cast<const std::byte*>(bytes.data),
                    item_bytes, link.swap_unit());
    };
    if (!co_await source.fetch_in_turn(scope.operation, ranges, memory, take, whole_bytes)) present = false;
  };
  const auto requests = (wanted.size() + request_slabs - 1) / request_slabs;
  Weight weight{checked_product(selection.shape(), item_bytes).value(), {}};
  if (!scope.has_room) {
    weight.share = [bytes = MemoryPool::piece_bytes(slabs.largest_bytes())](std::uint64_t) { return bytes; };
  }
  co_await all(scope.operation, requests, read_some, Start::together, std::move(weight));
  co_return present;
}

}  // namespace zeolite
