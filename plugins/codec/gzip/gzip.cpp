// SPDX-License-Identifier: Apache-2.0
//
// Gzip. Source: Zarr v3 codec "gzip", version 1.0; file format RFC 1952. README.md lists its limits.
#include <libdeflate.h>

#include <zeolite/sdk/codec.hpp>

namespace {

using namespace zeolite;

class Gzip : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "gzip", .v2_ids = {"gzip"}};

  void fields(sdk::Fields& f) override { f.optional("level", level_).between(0, 9); }

  static void from_v2(sdk::json::object& members, const sdk::json::value&) {
    if (members.contains("level") && members["level"] == -1) members["level"] = 6;  // what zlib means by its default
  }

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override {
    return libdeflate_gzip_compress_bound(nullptr, decoded_bytes);
  }

  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override {
    auto* const tool = sdk::pooled<libdeflate_alloc_compressor, libdeflate_free_compressor>(level_);
    const auto room = encoded.reserve(libdeflate_gzip_compress_bound(tool, decoded.size()));
    encoded.advance(libdeflate_gzip_compress(tool, decoded.data(), decoded.size(), room.data(), room.size()));
  }

  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call& call) const override {
    auto* const tool = sdk::pooled<libdeflate_alloc_decompressor, libdeflate_free_decompressor>();
    do {  // one member after the other; each again from its start when there was too little room
      call.check_cancelled();
      const auto room = decoded.room();
      std::size_t consumed = 0, produced = 0;
      const auto result = libdeflate_gzip_decompress_ex(tool, encoded.data(), encoded.size(), room.data(), room.size(),
                                                        &consumed, &produced);
      if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
        decoded.grow();
      } else if (result == LIBDEFLATE_SUCCESS) {
        decoded.advance(produced);
        encoded = encoded.subspan(consumed);
      } else {
        throw sdk::corrupt("gzip: damaged, cut short or followed by other data, {} bytes before its end",
                           encoded.size());
      }
    } while (!encoded.empty());
  }

 private:
  int level_ = 5;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.gzip", "0.1.0", "Apache-2.0", Gzip)
