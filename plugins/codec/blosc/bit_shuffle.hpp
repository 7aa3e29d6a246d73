// SPDX-License-Identifier: Apache-2.0
//
// Undoes the bit shuffling of a block: item_bytes * 8 rows of items / 8 bytes, of which row 8 * j + k holds bit k of
// byte j of all items, that of the first item lowest. What c-blosc does in two passes through memory happens here in
// one, with vectors. docs/decisions/0008-undoing-bit-shuffle.md says what that is worth.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace zeolite::blosc {

/// Works everywhere, for items of any size; from item `first` on. `items` and `first` are multiples of 8.
inline void undo_bit_shuffle_portable(const std::uint8_t* rows, std::uint8_t* out, std::size_t items,
                                      std::size_t item_bytes, std::size_t first = 0) {
  const auto row_bytes = items / 8;
  for (auto i = first / 8; i < row_bytes; ++i) {
    for (std::size_t j = 0; j < item_bytes; ++j) {
      std::uint64_t x = 0;
      for (std::size_t k = 0; k < 8; ++k) x |= std::uint64_t{rows[(8 * j + k) * row_bytes + i]} << (8 * k);
      // Transposes 8 x 8 bits by swapping ever larger squares (Hacker's Delight, section 7-3).
      auto t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AA;
      x ^= t ^ (t << 7);
      t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCC;
      x ^= t ^ (t << 14);
      t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0;
      x ^= t ^ (t << 28);
      for (std::size_t k = 0; k < 8; ++k) out[(8 * i + k) * item_bytes + j] = static_cast<std::uint8_t>(x >> (8 * k));
    }
  }
}

#if defined(__x86_64__)

/// For processors with AVX2.
namespace avx2 {

#define ZEOLITE_AVX2 __attribute__((target("avx2")))
#define ZEOLITE_AVX2_INLINE __attribute__((target("avx2"), always_inline)) inline

template <int n>
ZEOLITE_AVX2_INLINE void load(__m256i (&rows)[n], const std::uint8_t* from, std::size_t stride) {
#pragma GCC unroll 8
  for (std::size_t k = 0; k < n; ++k) rows[k] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + k * stride));
}

template <int n>
ZEOLITE_AVX2_INLINE void store(const __m256i (&rows)[n], std::uint8_t* to) {
#pragma GCC unroll 8
  for (std::size_t k = 0; k < n; ++k) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16 * k), _mm256_castsi256_si128(rows[k]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16 * (k + n)), _mm256_extracti128_si256(rows[k], 1));
  }
}

/// Swaps the upper `bits` of each 2 * `bits` bits of a with the lower ones of b.
template <int bits>
ZEOLITE_AVX2_INLINE void swap(__m256i& a, __m256i& b, char lower) {
  const auto t = _mm256_and_si256(_mm256_xor_si256(_mm256_srli_epi16(a, bits), b), _mm256_set1_epi8(lower));
  a = _mm256_xor_si256(a, _mm256_slli_epi16(t, bits));
  b = _mm256_xor_si256(b, t);
}

/// Bit b of each byte of row k becomes bit k of that byte of row b.
ZEOLITE_AVX2_INLINE void transpose_bits(__m256i (&r)[8]) {
#pragma GCC unroll 8
  for (int k = 0; k < 4; ++k) swap<4>(r[k], r[k + 4], 0x0F);
#pragma GCC unroll 8
  for (int k = 0; k < 4; ++k) swap<2>(r[k + (k & 2)], r[k + (k & 2) + 2], 0x33);
#pragma GCC unroll 8
  for (int k = 0; k < 4; ++k) swap<1>(r[2 * k], r[2 * k + 1], 0x55);
}

/// The first bytes of all rows, then their second bytes, and so on; for the lower and the upper half of the vectors
/// each.
ZEOLITE_AVX2_INLINE void interleave(__m256i (&)[1]) {}
ZEOLITE_AVX2_INLINE void interleave(__m256i (&r)[2]) {
  const auto low = _mm256_unpacklo_epi8(r[0], r[1]), high = _mm256_unpackhi_epi8(r[0], r[1]);
  r[0] = low, r[1] = high;
}
ZEOLITE_AVX2_INLINE void interleave(__m256i (&r)[4]) {
  __m256i a[2] = {r[0], r[1]}, b[2] = {r[2], r[3]};
  interleave(a), interleave(b);
#pragma GCC unroll 8
  for (int k = 0; k < 2; ++k) {
    r[2 * k] = _mm256_unpacklo_epi16(a[k], b[k]);
    r[2 * k + 1] = _mm256_unpackhi_epi16(a[k], b[k]);
  }
}
ZEOLITE_AVX2_INLINE void interleave(__m256i (&r)[8]) {
  __m256i a[4] = {r[0], r[1], r[2], r[3]}, b[4] = {r[4], r[5], r[6], r[7]};
  interleave(a), interleave(b);
#pragma GCC unroll 8
  for (int k = 0; k < 4; ++k) {
    r[2 * k] = _mm256_unpacklo_epi32(a[k], b[k]);
    r[2 * k + 1] = _mm256_unpackhi_epi32(a[k], b[k]);
  }
}

template <int item_bytes>
ZEOLITE_AVX2 void undo_bit_shuffle(const std::uint8_t* rows, std::uint8_t* out, std::size_t items) {
  // As many as make one cache line of each row: rows often begin at the same place of a page, so that the cache holds
  // but a few of their lines at a time.
  constexpr std::size_t tile = 512;
  constexpr std::size_t at_once = 256;
  alignas(32) std::uint8_t scratch[item_bytes * tile];  // byte 0 of the items of a tile, then their byte 1, ...
  const auto row_bytes = items / 8;
  for (std::size_t first = 0; first + tile <= items; first += tile) {
    auto* const bytes = item_bytes == 1 ? out + first : scratch;
    for (std::size_t j = 0; j < item_bytes; ++j) {
      for (std::size_t i = 0; i < tile; i += at_once) {
        // Where the items will lie is wanted soon, all at once: it is fetched meanwhile, a cache line for every 64
        // bytes.
        const auto* const soon = out + first * item_bytes + j * tile + i;
        for (std::size_t k = 0; k < at_once; k += 64) _mm_prefetch(soon + k, _MM_HINT_T0);
        __m256i r[8];
        load(r, rows + 8 * j * row_bytes + (first + i) / 8, row_bytes);
        transpose_bits(r);
        interleave(r);
        store(r, bytes + j * tile + i);
      }
    }
    for (std::size_t i = 0; item_bytes > 1 && i < tile; i += 32) {
      __m256i r[item_bytes];
      load(r, bytes + i, tile);
      interleave(r);
      store(r, out + (first + i) * item_bytes);
    }
  }
  undo_bit_shuffle_portable(rows, out, items, item_bytes, items / tile * tile);
}

#undef ZEOLITE_AVX2
#undef ZEOLITE_AVX2_INLINE

}  // namespace avx2

#endif

/// Undoes the shuffling of `items` items, a multiple of 8; never reads or writes beyond them.
using UndoBitShuffle = void (*)(const std::uint8_t* rows, std::uint8_t* out, std::size_t items);

/// The fast function for items of this size that this processor can run, or null.
inline UndoBitShuffle fast_undo_bit_shuffle([[maybe_unused]] std::size_t item_bytes) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (!has_avx2) return nullptr;
  switch (item_bytes) {
    case 1: return avx2::undo_bit_shuffle<1>;
    case 2: return avx2::undo_bit_shuffle<2>;
    case 4: return avx2::undo_bit_shuffle<4>;
    case 8: return avx2::undo_bit_shuffle<8>;
    default: return nullptr;
  }
#else
  return nullptr;
#endif
}

}  // namespace zeolite::blosc
