// SPDX-License-Identifier: Apache-2.0
#include "bit_shuffled.hpp"

#include <array>
#include <utility>

#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;
using zeolite::blosc::BitShuffled;
using zeolite::blosc::UndoBitShuffle;

namespace {

template <std::size_t item_bytes>
void portable(const std::uint8_t* rows, std::uint8_t* out, std::size_t items) {
  zeolite::blosc::undo_bit_shuffle_portable(rows, out, items, item_bytes);
}

/// Takes items of any size that blosc knows, so that all of the format passes through it.
UndoBitShuffle any_size(std::size_t item_bytes) {
  static constexpr auto functions = []<std::size_t... sizes>(std::index_sequence<sizes...>) {
    return std::array<UndoBitShuffle, 256>{nullptr, portable<sizes + 1>...};
  }
  (std::make_index_sequence<255>());
  return functions.at(item_bytes);
}

/// Bit by bit, as the format says.
Octets shuffled(const Octets& value, std::size_t item_bytes) {
  const auto items = value.size() / item_bytes;
  Octets rows(value.size());
  for (std::size_t i = 0; i < items; ++i) {
    for (std::size_t bit = 0; bit < 8 * item_bytes; ++bit) {
      const auto one = (value[i * item_bytes + bit / 8] >> bit % 8) & 1;
      rows[bit * (items / 8) + i / 8] |= static_cast<std::uint8_t>(one << i % 8);
    }
  }
  return rows;
}

struct Setting {
  const char* compressor;
  int level;
  std::size_t item_bytes;
  std::size_t block_bytes;  // 0: the library's choice
};

Octets compressed(const Octets& value, const Setting& how) {
  Octets out(value.size() + BLOSC_MAX_OVERHEAD);
  const auto size = blosc_compress_ctx(how.level, BLOSC_BITSHUFFLE, how.item_bytes, value.size(), value.data(),
                                       out.data(), out.size(), how.compressor, how.block_bytes, 1);
  REQUIRE(size > 0);
  out.resize(static_cast<std::size_t>(size));
  out.shrink_to_fit();  // so that the address sanitizer sees where it ends
  return out;
}

/// The library takes other blocks than those that it is asked for, for streams to be long enough.
std::size_t block_bytes_of(const Setting& how) {
  if (how.block_bytes == 0) return 4096;  // values shorter than what it chooses are one block
  return zeolite::sdk::load_little_endian<std::uint32_t>(compressed(Octets(1 << 17), how).data() + 8);
}

/// What c-blosc makes of a buffer; nothing when it refuses.
std::optional<Octets> by_library(const Octets& encoded, std::size_t size) {
  Octets out(size);
  const auto written = blosc_decompress_ctx(encoded.data(), out.data(), out.size(), 1);
  if (written < 0 || static_cast<std::size_t>(written) != size) return {};
  return out;
}

/// What we make of it; nothing when c-blosc is to be asked.
std::optional<Octets> by_us(const Octets& encoded, std::size_t size, UndoBitShuffle (*undo)(std::size_t)) {
  const auto recognised = BitShuffled::recognise(encoded, undo);
  if (!recognised) return {};
  Octets out(size), scratch(recognised->scratch_bytes());
  if (!recognised->decode(out, scratch)) return {};
  return out;
}

std::size_t flags(const Octets& encoded) { return encoded[2]; }

constexpr const char* compressors[] = {"blosclz", "lz4", "lz4hc", "zstd", "snappy", "zlib"};

}  // namespace

TEST_CASE("blosc undoes bit shuffling alike with and without vectors") {
  std::mt19937_64 random(test_seed());
  for (const std::size_t item_bytes : {1, 2, 3, 4, 7, 8, 16}) {
    for (const std::size_t items : {0, 8, 16, 256, 504, 512, 520, 1016, 1024, 1544, 4096, 5000}) {
      INFO(item_bytes << " bytes, " << items << " items, seed " << test_seed());
      const auto value = random_octets(items * item_bytes, Content::random, random);
      const auto rows = shuffled(value, item_bytes);
      Octets out(value.size());
      any_size(item_bytes)(rows.data(), out.data(), items);
      CHECK(out == value);
      const auto fast = zeolite::blosc::fast_undo_bit_shuffle(item_bytes);
      if (fast == nullptr) continue;
      for (const std::size_t shift : {0, 1, 13}) {
        Octets shifted_rows(shift), shifted(value.size() + shift);
        shifted_rows.insert(shifted_rows.end(), rows.begin(), rows.end());
        fast(shifted_rows.data() + shift, shifted.data() + shift, items);
        CHECK(Octets(shifted.begin() + static_cast<std::ptrdiff_t>(shift), shifted.end()) == value);
      }
    }
  }
}

TEST_CASE("blosc has a fast way for the usual items where the processor has vectors") {
#if defined(__x86_64__)
  const bool has_vectors = __builtin_cpu_supports("avx2") != 0;
#else
  const bool has_vectors = false;
#endif
  for (const std::size_t size : {1, 2, 4, 8})
    CHECK((zeolite::blosc::fast_undo_bit_shuffle(size) != nullptr) == has_vectors);
  for (const std::size_t size : {0, 3, 16, 255}) CHECK(zeolite::blosc::fast_undo_bit_shuffle(size) == nullptr);
}

TEST_CASE("blosc decodes bit-shuffled values as its library does") {
  std::mt19937_64 random(test_seed());
  std::vector<std::size_t> item_sizes = {32, 255, 300};
  for (std::size_t n = 1; n <= 20; ++n) item_sizes.push_back(n);
  std::size_t fast = 0;
  for (const auto* compressor : compressors) {
    for (const auto item_bytes : item_sizes) {
      for (const std::size_t wanted_block : {0, 128, 2000}) {
        const auto block = block_bytes_of({compressor, 1, item_bytes, wanted_block});
        std::vector<std::size_t> sizes = {block + block / 8 * 5 + 3};
        if (block < 10000) {  // or it would take long
          sizes.insert(sizes.end(), {item_bytes - 1, 8 * item_bytes, block - 1, block, block + 1, block + item_bytes,
                                     2 * block, 3 * block + 8 * item_bytes});
        }
        for (const auto size : sizes) {
          if (size == 0) continue;
          const auto content = size % 3 == 0 ? Content::random : Content::regular;
          const auto value = random_octets(size, content, random);
          const auto encoded = compressed(value, {compressor, 1, item_bytes, wanted_block});
          INFO(compressor << ", items of " << item_bytes << ", blocks of " << wanted_block << ", " << size
                          << " bytes, flags " << flags(encoded) << ", seed " << test_seed());
          REQUIRE(by_library(encoded, size) == value);
          for (auto* const undo : {any_size, zeolite::blosc::fast_undo_bit_shuffle}) {
            const auto ours = by_us(encoded, size, undo);
            const auto plain = (flags(encoded) & BLOSC_MEMCPYED) != 0;
            if (plain || undo(encoded[3]) == nullptr) {
              CHECK(!ours);
            } else {
              REQUIRE(ours == value);
              ++fast;
            }
          }
        }
      }
    }
  }
  CHECK(fast > 1000);
}

TEST_CASE("blosc leaves large blocks and other shuffling to its library") {
  const Octets value(std::size_t{5} << 20, 1);
  CHECK(!BitShuffled::recognise(compressed(value, {"zstd", 1, 2, value.size()}), any_size));
  CHECK(BitShuffled::recognise(compressed(value, {"zstd", 1, 2, std::size_t{4} << 20}), any_size));
  auto encoded = compressed(value, {"lz4", 5, 2, 0});
  CHECK(BitShuffled::recognise(encoded, any_size));
  encoded[2] |= BLOSC_DOSHUFFLE;  // both kinds at once: the library undoes one of them
  CHECK(!BitShuffled::recognise(encoded, any_size));
  encoded[2] &= static_cast<std::uint8_t>(~BLOSC_DOBITSHUFFLE);
  CHECK(!BitShuffled::recognise(encoded, any_size));
}

TEST_CASE("blosc believes of damaged bit-shuffled values what its library believes") {
  std::mt19937_64 random(test_seed());
  std::size_t agreed = 0, left = 0;
  for (std::size_t n = 0; n < 220; ++n) {
    const auto many_streams = n % 20 == 0;  // of several blocks, which are long then
    const auto item_bytes = 1 + random() % 9;
    const auto block = random() % 3 == 0 && !many_streams ? 0 : 128 + random() % 1000;
    const auto original = random_octets(200 + random() % 3000 + (many_streams ? 140000 : 0), Content::regular, random);
    const auto encoded = compressed(original, {compressors[n % std::size(compressors)], 5, item_bytes, block});
    for (std::size_t m = 0; m < (many_streams ? 20 : 500); ++m) {
      auto damaged = encoded;
      const auto early = random() % 2 == 0;  // headers and the starts of blocks deserve more than their share
      for (auto changes = 1 + random() % 3; changes > 0; --changes) {
        const auto most = early ? std::min<std::size_t>(damaged.size(), 48) : damaged.size();
        auto& octet = damaged[random() % most];
        octet = static_cast<std::uint8_t>(random() % 2 == 0 ? octet ^ 1U << random() % 8 : random());
      }
      if (random() % 16 == 0) damaged.resize(random() % (damaged.size() + 1));
      damaged.shrink_to_fit();
      std::size_t size = 0;
      if (blosc_cbuffer_validate(damaged.data(), damaged.size(), &size) != 0 || size > 1 << 18) continue;
      for (auto* const undo : {any_size, zeolite::blosc::fast_undo_bit_shuffle}) {
        const auto ours = by_us(damaged, size, undo);
        if (!ours) {
          ++left;
          continue;
        }
        INFO("value " << n << ", damage " << m << ", seed " << test_seed());
        REQUIRE(ours == by_library(damaged, size));
        ++agreed;
      }
    }
  }
  CHECK(agreed > 10000);
  CHECK(left > 10000);
}
