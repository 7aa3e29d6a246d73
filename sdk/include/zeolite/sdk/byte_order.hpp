// SPDX-License-Identifier: Apache-2.0
//
// Byte order: swapping whole runs of elements, and reading and writing little-endian integers at any address.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace zeolite::sdk {

inline constexpr bool little_endian_host = std::endian::native == std::endian::little;

template <class T>
constexpr T byte_swapped(T value) {
  static_assert(std::is_unsigned_v<T>);
  T result = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) result = static_cast<T>((result << 8) | ((value >> (8 * i)) & 0xff));
  return result;
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
