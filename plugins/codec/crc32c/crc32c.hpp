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

/// skip<zeros>[k][b]: what byte k of the state, being b, has become after so many bytes of zero.
template <std::size_t zeros>
inline constexpr auto skip = [] {
  std::array<std::array<std::uint32_t, 256>, 4> result{};
  // Bit 31 stands for x^0, bit 30 for x^1, and so on: each is its neighbour, multiplied by x.
  auto state = std::uint32_t{1} << 31;
  for (std::size_t i = 0; i < zeros; ++i) state = (state >> 8) ^ table[0][state & 0xff];
  for (std::size_t bit = 32; bit-- > 0;) {
    result[bit / 8][std::size_t{1} << bit % 8] = state;
    state = (state >> 1) ^ ((state & 1) != 0 ? 0x82F63B78u : 0u);
  }
  // All others are sums of these.
  for (auto& of_byte : result) {
    for (std::size_t b = 1; b < 256; ++b) of_byte[b] = of_byte[b & (b - 1)] ^ of_byte[b & (~b + 1)];
  }
  return result;
}();

template <std::size_t zeros>
std::uint64_t skipped(std::uint64_t state) {
  const auto& of = skip<zeros>;
  return of[0][state & 0xff] ^ of[1][(state >> 8) & 0xff] ^ of[2][(state >> 16) & 0xff] ^ of[3][(state >> 24) & 0xff];
}

#if defined(__x86_64__)
#define ZEOLITE_CRC32C __attribute__((target("sse4.2")))
#define ZEOLITE_CRC32C_WORD(state, word) _mm_crc32_u64(state, word)
#define ZEOLITE_CRC32C_BYTE(state, byte) _mm_crc32_u8(state, byte)
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#define ZEOLITE_CRC32C
#define ZEOLITE_CRC32C_WORD(state, word) __crc32cd(static_cast<std::uint32_t>(state), word)
#define ZEOLITE_CRC32C_BYTE(state, byte) __crc32cb(state, byte)
#endif

/// Whether this processor has an instruction for it.
inline bool has_instruction() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("sse4.2") != 0;
#elif defined(ZEOLITE_CRC32C)
  return true;
#else
  return false;
#endif
}

#if defined(ZEOLITE_CRC32C)

/// Advances over three strands of `strand` bytes each. The instruction takes three cycles, but another can begin in
/// each of them, so three strands at a time are not slower than one.
template <std::size_t strand>
ZEOLITE_CRC32C inline std::uint64_t three_strands(std::uint64_t state, const std::uint8_t* from) {
  static_assert(strand % 8 == 0);
  std::uint64_t second = 0, third = 0;
  for (const auto* const end = from + strand; from != end; from += 8) {
    std::uint64_t words[3];
    for (std::size_t i = 0; i < 3; ++i) std::memcpy(&words[i], from + i * strand, 8);
    state = ZEOLITE_CRC32C_WORD(state, words[0]);
    second = ZEOLITE_CRC32C_WORD(second, words[1]);
    third = ZEOLITE_CRC32C_WORD(third, words[2]);
  }
  return skipped<strand>(skipped<strand>(state) ^ second) ^ third;
}

/// By that instruction; only where has_instruction().
ZEOLITE_CRC32C inline std::uint32_t accelerated(Input input) {
  constexpr std::size_t large = 4096, small = 256;
  std::uint64_t state = 0xFFFFFFFFu;  // 64 bits, as the instruction has it: to cut it off each time would cost a cycle
  for (; input.size() >= 3 * large; input = input.subspan(3 * large)) {
    state = three_strands<large>(state, input.data());
  }
  for (; input.size() >= 3 * small; input = input.subspan(3 * small)) {
    state = three_strands<small>(state, input.data());
  }
  for (; input.size() >= 8; input = input.subspan(8)) {
    std::uint64_t word;
    std::memcpy(&word, input.data(), 8);
    state = ZEOLITE_CRC32C_WORD(state, word);
  }
  auto rest = static_cast<std::uint32_t>(state);
  for (const auto byte : input) rest = ZEOLITE_CRC32C_BYTE(rest, byte);
  return ~rest;
}

#undef ZEOLITE_CRC32C
#undef ZEOLITE_CRC32C_WORD
#undef ZEOLITE_CRC32C_BYTE
#else
inline std::uint32_t accelerated(Input input) { return portable(input); }
#endif

inline std::uint32_t checksum(Input input) {
  static const bool fast = has_instruction();
  return fast ? accelerated(input) : portable(input);
}

}  // namespace zeolite::crc32c
