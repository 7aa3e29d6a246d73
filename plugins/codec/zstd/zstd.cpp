// SPDX-License-Identifier: Apache-2.0
//
// Zstandard. Source: codec "zstd" of the Zarr extensions registry; frame format RFC 8878. README.md lists its limits.
#include <zstd.h>

#include <zeolite/sdk/codec.hpp>

namespace {

using namespace zeolite;

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result)) throw sdk::corrupt("zstd: {}", ZSTD_getErrorName(result));
  return result;
}

class Zstd : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "zstd", .v2_ids = {"zstd"}};

  void fields(sdk::Fields& f) override {
    f.optional("level", level_).between(-131072, 22);  // 0: what the library thinks best
    f.optional("checksum", checksum_).omit_when(false);
  }

  static void from_v2(sdk::json::object& members, const sdk::json::value&) {
    sdk::clamp_member(members, "level", -131072, 22);  // as numcodecs does
  }

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return ZSTD_compressBound(decoded_bytes); }

  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override {
    auto* const context = sdk::pooled<ZSTD_createCCtx, ZSTD_freeCCtx>();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level_);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum_);
    const auto room = encoded.reserve(ZSTD_compressBound(decoded.size()));
    encoded.advance(checked(ZSTD_compress2(context, room.data(), room.size(), decoded.data(), decoded.size())));
  }

  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call& call) const override {
    auto* const context = sdk::pooled<ZSTD_createDCtx, ZSTD_freeDCtx>();
    if (decoded.limit() != UINT64_MAX) {  // all frames at once, with no window beside the output
      const auto room = decoded.reserve(decoded.limit() - decoded.size());
      const auto size = ZSTD_decompressDCtx(context, room.data(), room.size(), encoded.data(), encoded.size());
      return decoded.advance(checked(size));
    }
    ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    sdk::decode_stream(encoded, decoded, call, [&](sdk::Bytes input, std::span<std::uint8_t> room) {
      ZSTD_inBuffer in{input.data(), input.size(), 0};
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      const auto complete = checked(ZSTD_decompressStream(context, &out, &in)) == 0;
      return sdk::Progress{in.pos, out.pos, complete};
    });
  }

 private:
  int level_ = 0;
  bool checksum_ = false;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.zstd", "0.1.0", "Apache-2.0", Zstd)
