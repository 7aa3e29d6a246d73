// SPDX-License-Identifier: Apache-2.0
//
// A selection ties elements of an array, chunk or piece to elements in memory. Reading goes from the left to the right,
// writing from the right to the left; both cut selections down to chunks and pieces in the same way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/container/small_vector.hpp>

#include <zeolite/abi/types.h>

#include "dims.hpp"

namespace zeolite {

class Selection {
 public:
  Selection() = default;
  explicit Selection(std::size_t ndim) : numbers_(4 * ndim) {}
  /// From what numbers() and `data` of another gave.
  Selection(std::span<const std::uint64_t> numbers, std::byte* memory)
      : data(memory), numbers_(numbers.size(), boost::container::default_init) {
    std::copy(numbers.begin(), numbers.end(), numbers_.data());
  }
  std::span<const std::uint64_t> numbers() const { return {numbers_.data(), numbers_.size()}; }

  std::size_t ndim() const { return numbers_.size() / 4; }

  // The elements: along axis i the indices origin()[i] + k * step()[i], k in [0, shape()[i]).
  std::span<std::uint64_t> origin() { return row(0); }
  std::span<std::uint64_t> shape() { return row(1); }
  std::span<std::uint64_t> step() { return row(2); }
  std::span<const std::uint64_t> origin() const { return row(0); }
  std::span<const std::uint64_t> shape() const { return row(1); }
  std::span<const std::uint64_t> step() const { return row(2); }

  // Where they are in memory: the first one, and the distance between neighbours.
  std::byte* data = nullptr;
  std::span<std::int64_t> strides() { return {reinterpret_cast<std::int64_t*>(row(3).data()), ndim()}; }
  std::span<const std::int64_t> strides() const {
    return {reinterpret_cast<const std::int64_t*>(row(3).data()), ndim()};
  }

  bool empty() const;

  /// The selected elements as a box of the contract. Borrows.
  zeo_box box() const { return {origin().data(), shape().data(), step().data()}; }

  /// Whether every element of [0, limit) is selected.
  bool covers(std::span<const std::uint64_t> limit) const;

  /// Whether the selected elements lie in memory in C order without gaps.
  bool contiguous(std::uint64_t item_bytes) const;

  /// The part inside the box [at, at + extent), in coordinates relative to `at`; empty() when there is none.
  Selection cut(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const {
    auto part = *this;
    part.clip(at, extent);
    return part;
  }
  /// The same in place.
  void clip(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent);

  /// How many elements cut() selects; 2^64 - 1 when there are more.
  std::uint64_t count_in(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const;

  /// All of `shape`, laid out in C order at `data`.
  static Selection whole(std::span<const std::uint64_t> shape, void* data, std::uint64_t item_bytes);

 private:
  struct Overlap {
    std::uint64_t begin, end;
  };
  /// The k along one axis whose indices lie in [at, at + extent).
  Overlap overlap(std::size_t axis, std::uint64_t at, std::uint64_t extent) const;

  std::span<std::uint64_t> row(std::size_t i) { return {numbers_.data() + i * ndim(), ndim()}; }
  std::span<const std::uint64_t> row(std::size_t i) const { return {numbers_.data() + i * ndim(), ndim()}; }

  // Origins, shapes, steps and strides, one after the other, of up to six dimensions without an allocation: there is a
  // selection for every chunk, and it is copied often.
  boost::container::small_vector<std::uint64_t, 24> numbers_;
};

}  // namespace zeolite
