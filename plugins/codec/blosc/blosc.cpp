// SPDX-License-Identifier: Apache-2.0
//
// Blosc: bytes regrouped by significance and compressed in blocks. Source: Zarr v3 codec "blosc", version 1.0; chunk
// format of c-blosc 1. README.md lists its limits.
#include <algorithm>
#include <optional>
#include <string>

#include <blosc.h>

#include <zeolite/sdk/codec.hpp>

#include "bit_shuffled.hpp"
#include "item_bytes.hpp"

namespace {

using namespace zeolite;

class Blosc : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "blosc", .v2_ids = {"blosc"}};

  void fields(sdk::Fields& f) override {
    f.one_of("cname", compressor_,
             {{"lz4", "lz4"},
              {"lz4hc", "lz4hc"},
              {"blosclz", "blosclz"},
              {"zstd", "zstd"},
              {"snappy", "snappy"},
              {"zlib", "zlib"}});
    f.optional("clevel", level_).between(0, 9);
    f.one_of("shuffle", shuffle_,
             {{"noshuffle", BLOSC_NOSHUFFLE}, {"shuffle", BLOSC_SHUFFLE}, {"bitshuffle", BLOSC_BITSHUFFLE}});
    f.optional("typesize", item_bytes_).between(0, INT32_MAX);
    f.optional("blocksize", block_bytes_).between(0, BLOSC_MAX_BLOCKSIZE);
  }

  void created(const sdk::Call&) override {
    // Without shuffling the size means nothing, and others write what they like.
    if (shuffle_ == BLOSC_NOSHUFFLE) return;
    if (!item_bytes_) {
      throw sdk::invalid("member \"typesize\" is missing: shuffling needs the size of an element in bytes");
    }
    if (*item_bytes_ < 1) throw sdk::invalid("member \"typesize\" must be from 1 to {}, not 0", INT32_MAX);
  }

  static void from_v2(sdk::json::object& members, const sdk::json::value& dtype) {
    const auto item_bytes = blosc::item_bytes(dtype);
    auto& shuffle = members["shuffle"];
    if (shuffle == -1) shuffle = item_bytes == 1 ? BLOSC_BITSHUFFLE : BLOSC_SHUFFLE;
    if (shuffle.is_null()) shuffle = BLOSC_SHUFFLE;  // the default of numcodecs
    if (!shuffle.is_int64() || shuffle.get_int64() < 0 || shuffle.get_int64() > 2) {
      throw sdk::invalid("member \"shuffle\" must be an integer from -1 to 2, not {}", sdk::json::serialize(shuffle));
    }
    constexpr const char* words[] = {"noshuffle", "shuffle", "bitshuffle"};
    const auto mode = shuffle.get_int64();
    shuffle = words[mode];
    // Last, since a new member moves the others.
    if (mode != BLOSC_NOSHUFFLE) members["typesize"] = item_bytes;
  }

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return decoded_bytes + BLOSC_MAX_OVERHEAD; }

  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override {
    if (decoded.size() > BLOSC_MAX_BUFFERSIZE) {
      throw sdk::unsupported("a value of {} bytes is longer than the {} that blosc can hold: use smaller chunks",
                             decoded.size(), BLOSC_MAX_BUFFERSIZE);
    }
    // Given more room than this, it stores blocks that do not compress with more overhead than it promises.
    const auto most = decoded.size() + BLOSC_MAX_OVERHEAD;
    const auto room = encoded.reserve(most).first(most);
    const auto size =
        blosc_compress_ctx(level_, shuffle_, std::max(1U, item_bytes_.value_or(1)), decoded.size(), decoded.data(),
                           room.data(), room.size(), compressor_.c_str(), block_bytes_, 1);
    if (size <= 0) throw sdk::unsupported("the blosc library here cannot compress with \"{}\"", compressor_);
    encoded.advance(static_cast<std::uint64_t>(size));
  }

  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call& call) const override {
    std::size_t size = 0;
    if (blosc_cbuffer_validate(encoded.data(), encoded.size(), &size) != 0) {
      throw sdk::corrupt("blosc: {} bytes do not begin with the header of a value that long", encoded.size());
    }
    // The densest of the compressors turns 131072 bytes into 4: do not make room for what cannot be there.
    if (size / 65536 > encoded.size()) {
      throw sdk::corrupt("blosc: the header claims {} bytes, which {} bytes cannot hold", size, encoded.size());
    }
    if (size == 0) return;
    const auto room = decoded.reserve(size).first(size);
    if (const auto shuffled = blosc::BitShuffled::recognise(encoded)) {
      if (shuffled->decode(room, call.scratch<std::uint8_t>(shuffled->scratch_bytes()))) return decoded.advance(size);
    }
    const auto written = blosc_decompress_ctx(encoded.data(), room.data(), room.size(), 1);
    if (written < 0 || static_cast<std::size_t>(written) != size) {
      throw sdk::corrupt("blosc: the blocks of a value of {} bytes are damaged (code {})", size, written);
    }
    decoded.advance(size);
  }

 private:
  std::string compressor_ = "lz4";
  int level_ = 5;
  int shuffle_ = BLOSC_NOSHUFFLE;
  std::optional<std::uint32_t> item_bytes_;
  std::uint32_t block_bytes_ = 0;  // 0: the library's choice
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.blosc", "0.1.0", "Apache-2.0", Blosc)
