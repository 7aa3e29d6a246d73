// SPDX-License-Identifier: Apache-2.0
//
// Decodes a bit-shuffled buffer block by block: c-blosc decompresses, bit_shuffle.hpp undoes the shuffling while the
// block is in the cache. c-blosc offers no way to leave the shuffling alone, so each block is handed to it as a buffer
// of its own, whose header knows of no shuffling. Source: c-blosc's README_CHUNK_FORMAT.rst, and blosc_d() of blosc.c
// where that one is silent.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include <blosc.h>

#include <zeolite/sdk/byte_order.hpp>
#include <zeolite/sdk/call.hpp>

#include "bit_shuffle.hpp"

namespace zeolite::blosc {

class BitShuffled {
 public:
  /// What can be decoded this way; anything out of the ordinary is left to c-blosc, the damaged most of all.
  /// `undo`: what undoes the shuffling, by the size of an item.
  static std::optional<BitShuffled> recognise(sdk::Bytes encoded,
                                              UndoBitShuffle (*undo)(std::size_t) = fast_undo_bit_shuffle) {
    if (encoded.size() < header_bytes || encoded[0] != BLOSC_VERSION_FORMAT) return {};
    constexpr auto of_interest = BLOSC_DOSHUFFLE | BLOSC_MEMCPYED | BLOSC_DOBITSHUFFLE | reserved;
    if ((encoded[2] & of_interest) != BLOSC_DOBITSHUFFLE) return {};
    const BitShuffled it(encoded, undo(encoded[3]));
    if (it.undo_ == nullptr || it.block_bytes_ == 0) return {};
    if (it.block_bytes_ > largest_block || it.block_bytes_ > it.decoded_bytes_) return {};
    if (it.decoded_bytes_ > BLOSC_MAX_BUFFERSIZE) return {};
    if (encoded.size() > INT32_MAX || encoded.size() != word(encoded, 12)) return {};
    if (it.blocks() > (encoded.size() - header_bytes) / word_bytes) return {};
    return it;
  }

  /// How much memory decode() needs for itself.
  std::size_t scratch_bytes() const { return block_bytes_ + largest_alone(); }

  /// False when c-blosc must have the last word; `out` may have been written to then. Otherwise `out`, which must be as
  /// long as the header says, is what c-blosc would have written.
  bool decode(std::span<std::uint8_t> out, std::span<std::uint8_t> scratch) const {
    const auto alone = scratch.subspan(block_bytes_);
    for (std::size_t i = 0; i < blocks(); ++i) {
      const auto to = out.subspan(i * block_bytes_, std::min(block_bytes_, out.size() - i * block_bytes_));
      const auto items = to.size() / item_bytes_;
      // Blocks of other numbers of items were stored as they are, and so is what is no whole item at their end.
      const auto shuffled = items % 8 == 0 ? items * item_bytes_ : 0;
      auto* const rows = shuffled != 0 ? scratch.data() : to.data();
      if (!isolate(i, to.size(), alone)) return false;
      const auto written = blosc_decompress_ctx(alone.data(), rows, to.size(), 1);
      if (written < 0 || static_cast<std::size_t>(written) != to.size()) return false;
      if (shuffled == 0) continue;
      undo_(rows, to.data(), items);
      std::copy_n(rows + shuffled, to.size() - shuffled, to.data() + shuffled);
    }
    return true;
  }

 private:
  static constexpr std::size_t header_bytes = BLOSC_MIN_HEADER_LENGTH;
  static constexpr std::size_t word_bytes = 4;
  static constexpr std::uint8_t reserved = 0x08;
  static constexpr std::uint8_t not_split = 0x10;
  static constexpr std::size_t largest_block = std::size_t{4} << 20;  // larger ones leave the cache

  BitShuffled(sdk::Bytes encoded, UndoBitShuffle undo)
      : encoded_(encoded),
        undo_(undo),
        item_bytes_(encoded[3]),
        decoded_bytes_(word(encoded, 4)),
        block_bytes_(word(encoded, 8)) {}

  static std::size_t word(sdk::Bytes bytes, std::size_t at) {
    return sdk::load_little_endian<std::uint32_t>(bytes.data() + at);
  }

  std::size_t blocks() const { return (decoded_bytes_ + block_bytes_ - 1) / block_bytes_; }

  /// Compressors other than snappy store what they cannot make smaller, and snappy adds a sixth at most. Damaged
  /// buffers can name the same long stretch for all their blocks; copying it over and over would take forever.
  std::size_t largest_alone() const { return block_bytes_ + block_bytes_ / 6 + 1024; }

  /// Blocks are split into one stream for each byte of an item, unless they are short or the flags say otherwise.
  std::size_t streams(std::size_t block_bytes) const {
    constexpr std::size_t shortest = 128, most = 16;
    const auto split = (encoded_[2] & not_split) == 0 && block_bytes == block_bytes_ && item_bytes_ <= most &&
                       block_bytes / item_bytes_ >= shortest;
    return split ? item_bytes_ : 1;
  }

  /// Copies block i, which decodes to `block_bytes`, into a buffer of its own.
  bool isolate(std::size_t i, std::size_t block_bytes, std::span<std::uint8_t> alone) const {
    const auto begin = word(encoded_, header_bytes + i * word_bytes);
    auto end = begin;
    for (auto n = streams(block_bytes); n > 0; --n) {
      if (end > encoded_.size() - word_bytes) return false;
      const auto size = word(encoded_, end);
      end += word_bytes;
      if (size > encoded_.size() - end) return false;
      end += size;
    }
    const auto size = header_bytes + word_bytes + (end - begin);
    if (size > alone.size()) return false;
    auto* const header = alone.data();
    std::copy_n(encoded_.data(), 4, header);
    header[2] &= static_cast<std::uint8_t>(~BLOSC_DOBITSHUFFLE);
    if (streams(block_bytes) == 1) header[2] |= not_split;  // a shorter last block is not, which only its place tells
    sdk::store_little_endian(static_cast<std::uint32_t>(block_bytes), header + 4);
    sdk::store_little_endian(static_cast<std::uint32_t>(block_bytes), header + 8);
    sdk::store_little_endian(static_cast<std::uint32_t>(size), header + 12);
    sdk::store_little_endian(static_cast<std::uint32_t>(header_bytes + word_bytes), header + header_bytes);
    std::copy(encoded_.begin() + static_cast<std::ptrdiff_t>(begin),
              encoded_.begin() + static_cast<std::ptrdiff_t>(end), header + header_bytes + word_bytes);
    return true;
  }

  sdk::Bytes encoded_;
  UndoBitShuffle undo_;
  std::size_t item_bytes_, decoded_bytes_, block_bytes_;
};

}  // namespace zeolite::blosc
