// SPDX-License-Identifier: Apache-2.0
//
// Byte order: swapping whole runs of elements, and reading and writing little-endian integers at any address.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace zeolite::sdk {

inline constexpr bool little_endian_host = std::endian::native == std::endian::little;

template <class T>
constexpr T byte_swapped(T value) {
  static_assert(std::is_unsigned_v<T> && sizeof(T) <= 8);
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

template <class T>
T load_little_endian(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return little_endian_host ? value : byte_swapped(value);
}

template <class T>
void store_little_endian(T value, std::uint8_t* to) {
  if (!little_endian_host) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

namespace detail {
template <class T>
void swap_all(const std::uint8_t* source, std::uint8_t* target, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, source + i * sizeof(T), sizeof(T));
    value = byte_swapped(value);
    std::memcpy(target + i * sizeof(T), &value, sizeof(T));
  }
}
}  // namespace detail

/// Reverses the bytes of each of `count` units of `unit` bytes. `source` and `target` are equal or do not overlap.
inline void swap_units(const std::uint8_t* source, std::uint8_t* target, std::uint64_t unit, std::uint64_t count) {
  if (unit <= 1) {
    if (source != target && count > 0) std::memcpy(target, source, count);
  } else if (unit == 2) {
    detail::swap_all<std::uint16_t>(source, target, count);
  } else if (unit == 4) {
    detail::swap_all<std::uint32_t>(source, target, count);
  } else if (unit == 8) {
    detail::swap_all<std::uint64_t>(source, target, count);
  } else {
    if (source != target && count > 0) std::memcpy(target, source, unit * count);
    for (std::uint64_t i = 0; i < count; ++i) std::reverse(target + i * unit, target + (i + 1) * unit);
  }
}

}  // namespace zeolite::sdk
