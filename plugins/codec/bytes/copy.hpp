// SPDX-License-Identifier: Apache-2.0
//
// Rows of elements with gaps between them: loops for the usual sizes, which the compiler turns into plain loads and
// stores.
#pragma once

#include <cstdint>
#include <cstring>

#include <zeolite/sdk/byte_order.hpp>

namespace zeolite::bytes_codec {

/// Elements of sizeof(Unit) * Units bytes.
template <class Unit, int Units, bool Swap>
void copy_row(const std::uint8_t* source, std::int64_t source_stride, std::uint8_t* target, std::int64_t target_stride,
              std::uint64_t count) {
  for (; count > 0; --count, source += source_stride, target += target_stride) {
    Unit units[Units];
    std::memcpy(units, source, sizeof units);
    if constexpr (Swap) {
      for (auto& unit : units) unit = sdk::byte_swapped(unit);
    }
    std::memcpy(target, units, sizeof units);
  }
}

/// Copies `count` elements, swapping each `swap_unit` bytes (0: none). False: no loop for this size, nothing was done.
inline bool copy_strided(const std::uint8_t* source, std::int64_t source_stride, std::uint8_t* target,
                         std::int64_t target_stride, std::uint64_t count, std::uint64_t item_bytes,
                         std::uint32_t swap_unit) {
  const auto with = [&](auto copy) {
    copy(source, source_stride, target, target_stride, count);
    return true;
  };
  if (swap_unit == 0) {
    switch (item_bytes) {
      case 1: return with(copy_row<std::uint8_t, 1, false>);
      case 2: return with(copy_row<std::uint16_t, 1, false>);
      case 4: return with(copy_row<std::uint32_t, 1, false>);
      case 8: return with(copy_row<std::uint64_t, 1, false>);
      case 16: return with(copy_row<std::uint64_t, 2, false>);
      default: return false;
    }
  }
  if (item_bytes == 2 && swap_unit == 2) return with(copy_row<std::uint16_t, 1, true>);
  if (item_bytes == 4 && swap_unit == 4) return with(copy_row<std::uint32_t, 1, true>);
  if (item_bytes == 8 && swap_unit == 8) return with(copy_row<std::uint64_t, 1, true>);
  if (item_bytes == 8 && swap_unit == 4) return with(copy_row<std::uint32_t, 2, true>);
  if (item_bytes == 16 && swap_unit == 8) return with(copy_row<std::uint64_t, 2, true>);
  return false;
}

}  // namespace zeolite::bytes_codec
