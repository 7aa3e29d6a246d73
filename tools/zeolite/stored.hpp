// SPDX-License-Identifier: Apache-2.0
//
// How much of an array is there: its stored chunks, counted by listing.
#pragma once

#include <cstdint>

#include <zeolite/array.hpp>

namespace zeolite::tool {

struct Stored {
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;
};

/// Counts the values below an array that are not metadata. Asks no codec; values that belong to no chunk count as well,
/// since only plugins, which may be missing, could tell.
Stored count_stored_chunks(const Array& array);

}  // namespace zeolite::tool
