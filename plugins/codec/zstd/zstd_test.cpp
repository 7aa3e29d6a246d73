// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_zstd"); }

/// A frame made by the library itself, with or without the size of its content.
Octets frame(std::string_view text, bool with_size) {
  auto* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, with_size ? 1 : 0);
  Octets encoded(ZSTD_compressBound(text.size()));
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer out{encoded.data(), encoded.size(), 0};
  REQUIRE(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) == 0);
  encoded.resize(out.pos);
  ZSTD_freeCCtx(context);
  return encoded;
}

/// Decodes to `text`, with the size known and not.
void check_decodes(const Octets& encoded, std::string_view text) {
  const BenchCodec codec(library(), "zstd", "{}");
  const BenchRepresentation exact(text.size(), true), unknown(UINT64_MAX, false);
  const Octets wanted(text.begin(), text.end());
  PresetOut preset(text.size()), growing(0, UINT64_MAX);
  checked_decode(codec.bind(exact).get(), exact, encoded, preset, &wanted);
  checked_decode(codec.bind(unknown).get(), unknown, encoded, growing, &wanted);
}

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

TEST_CASE("zstd keeps the contract") {
  test_codec(
      library(),
      {.name = "zstd",
       .configurations = {"{}", R"({"level":-7,"checksum":true})", R"({"level":19,"checksum":false})"},
       .refused = {R"({"level":23})", R"({"level":-131073})", R"({"level":true})", R"({"level":3,"checksum":1})"}});
}

TEST_CASE("zstd works from many threads", "[threads]") { test_codec_threads(library(), {.name = "zstd"}); }

TEST_CASE("zstd decodes what numcodecs has written") { test_foreign_values(library(), "zstd", "numcodecs/zstd", 130); }

TEST_CASE("zstd writes its configuration as the registry has it") {
  CHECK(
      check_configuration(library(), "zstd", BenchCodec(library(), "zstd", R"({"level":3,"checksum":false})").abi()) ==
      R"({"level":3})");
  CHECK(check_configuration(library(), "zstd", BenchCodec(library(), "zstd", R"({"level":3,"checksum":true})").abi()) ==
        R"({"level":3,"checksum":true})");
}

TEST_CASE("zstd reads frames that do not say how much they hold") {
  const std::string text(300000, 'z');
  check_decodes(frame(text, false), text);
  check_decodes(frame("", false), "");
}

TEST_CASE("zstd reads several frames, and skips those meant to be") {
  const Octets skippable = {0x50, 0x2A, 0x4D, 0x18, 0x03, 0x00, 0x00, 0x00, 'a', 'b', 'c'};
  check_decodes(frame("Zarr, ", true) + skippable + frame("chunk by ", false) + frame("chunk", true) + skippable,
                "Zarr, chunk by chunk");
}

TEST_CASE("zstd stores a checksum when asked to, and verifies it") {
  const BenchCodec codec(library(), "zstd", R"({"level":3,"checksum":true})");
  const BenchRepresentation exact(500, true);
  const auto bound = codec.bind(exact);
  const BenchCodec plain_codec(library(), "zstd", R"({"level":3})");
  const auto plain = plain_codec.bind(exact);
  const Octets decoded(500, 7);
  auto encoded = checked_encode(bound.get(), decoded);
  CHECK(encoded.size() == checked_encode(plain.get(), decoded).size() + 4);
  encoded.back() ^= 1;
  PresetOut out(500);
  BenchCall call;
  CHECK(plain->v->decode_bytes(plain.get(), bytes(encoded), out.abi(), call) == ZEO_CORRUPT);
  CHECK(call.message().find("checksum") != std::string::npos);
}

TEST_CASE("zstd does not believe a frame that claims more than it holds") {
  // Content size 2^56, then one raw block of one byte.
  const Octets bomb = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 1, 0x09, 0x00, 0x00, 'x'};
  const BenchCodec codec(library(), "zstd", "{}");
  for (const std::uint64_t size : {std::uint64_t{100}, UINT64_MAX}) {
    const BenchRepresentation representation(size, size != UINT64_MAX);
    const auto bound = codec.bind(representation);
    PresetOut out(0, 100000);
    BenchCall call;
    CHECK(bound->v->decode_bytes(bound.get(), bytes(bomb), out.abi(), call) == ZEO_CORRUPT);
  }
}
