// SPDX-License-Identifier: Apache-2.0
//
// Chunk shapes for arrays that are created without one.
#pragma once

#include <cstdint>

#include <zeolite/box.hpp>

namespace zeolite {

/// The decoded size that chosen chunks stay below.
inline constexpr std::uint64_t chosen_chunk_bytes = std::uint64_t{1} << 20;

/// A chunk shape for an array: no chunk is larger than chosen_chunk_bytes (or one element), long axes are cut to about
/// the same length, and all chunks along an axis are about equally long.
Shape choose_chunk_shape(const Shape& shape, std::uint64_t item_bytes);

/// The same for chunks inside a shard: every length divides the shard's.
Shape choose_inner_shape(const Shape& shard_shape, std::uint64_t item_bytes);

}  // namespace zeolite
