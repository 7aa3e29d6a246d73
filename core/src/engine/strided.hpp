// SPDX-License-Identifier: Apache-2.0
//
// Moving elements between strided arrays in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "selection.hpp"

namespace zeolite {

/// One side of a move: the first element and the distance in bytes between neighbours along each axis.
struct Strided {
  std::byte* data;
  std::span<const std::int64_t> strides;
};

/// Copies shape[0] x shape[1] x ... elements of item_bytes each, reversing the bytes of every `swap_unit` of them (0
/// and 1: none). The sides do not overlap.
void copy_elements(std::span<const std::uint64_t> shape, Strided to, Strided from, std::uint64_t item_bytes,
                   std::uint32_t swap_unit = 0);

/// Copies the selected elements out of an array of this shape that lies at `elements` in C order.
void take_elements(const Selection& selection, std::span<const std::uint64_t> shape, const std::byte* elements,
                   std::uint64_t item_bytes, std::uint32_t swap_unit = 0);

/// Sets every element to the one at `element`.
void fill_elements(std::span<const std::uint64_t> shape, Strided to, const std::byte* element,
                   std::uint64_t item_bytes);

/// Whether every element is, bit for bit, the one at `element`.
bool all_equal(std::span<const std::uint64_t> shape, Strided in, const std::byte* element, std::uint64_t item_bytes);

/// Reverses the bytes of every unit in place.
void swap_bytes(std::byte* data, std::uint64_t bytes, std::uint32_t unit);

}  // namespace zeolite
