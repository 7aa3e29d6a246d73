// SPDX-License-Identifier: Apache-2.0
//
// The checksum CRC-32C: polynomial 0x1EDC6F41, reflected, starting from and finished with all ones. Source: RFC 3720,
// section 12.1 and appendix B.4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace zeolite::crc32c {

using Input = std::span<const std::uint8_t>;

/// table[k][b]: what byte b does to the checksum when k more bytes follow it.
inline constexpr auto table = [] {
  std::array<std::array<std::uint32_t, 256>, 8> result{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78u : 0u);
    result[0][byte] = value;
  }
  for (std::size_t k = 1; k < result.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto before = result[k - 1][byte];
      result[k][byte] = (before >> 8) ^ result[0][before & 0xff];
    }
  }
  return result;
}();

/// Works everywhere: eight bytes a step, by tables.
inline std::uint32_t portable(Input input) {
  std::uint32_t state = ~std::uint32_t{0};
  for (; input.size() >= 8; input = input.subspan(8)) {
    const auto low = state ^ (input[0] | static_cast<std::uint32_t>(input[1]) << 8 |
                              static_cast<std::uint32_t>(input[2]) << 16 | static_cast<std::uint32_t>(input[3]) << 24);
    state = table[7][low & 0xff] ^ table[6][(low >> 8) & 0xff] ^ table[5][(low >> 16) & 0xff] ^ table[4][low >> 24] ^
            table[3][input[4]] ^ table[2][input[5]] ^ table[1][input[6]] ^ table[0][input[7]];
  }
  for (const auto byte : input) state = (state >> 8) ^ table[0][(state ^ byte) & 0xff];
  return ~state;
}

/// Whether this processor has an instruction for it.
inline bool has_instruction() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("sse4.2") != 0;
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
  return true;
#else
  return false;
#endif
}

/// By that instruction; only where has_instruction().
#if defined(__x86_64__)
__attribute__((target("sse4.2"))) inline std::uint32_t accelerated(Input input) {
  std::uint64_t state = 0xFFFFFFFFu;
  for (; input.size() >= 8; input = input.subspan(8)) {
    std::uint64_t word;
    std::memcpy(&word, input.data(), 8);
    state = _mm_crc32_u64(state, word);
  }
  auto rest = static_cast<std::uint32_t>(state);
  for (const auto byte : input) rest = _mm_crc32_u8(rest, byte);
  return ~rest;
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
inline std::uint32_t accelerated(Input input) {
  std::uint32_t state = ~std::uint32_t{0};
  for (; input.size() >= 8; input = input.subspan(8)) {
    std::uint64_t word;
    std::memcpy(&word, input.data(), 8);
    state = __crc32cd(state, word);
  }
  for (const auto byte : input) state = __crc32cb(state, byte);
  return ~state;
}
#else
inline std::uint32_t accelerated(Input input) { return portable(input); }
#endif

inline std::uint32_t checksum(Input input) {
  static const bool fast = has_instruction();
  return fast ? accelerated(input) : portable(input);
}

}  // namespace zeolite::crc32c
