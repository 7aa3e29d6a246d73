// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_gzip"); }

/// "Zarr", as a gzip program writes it: with a file name in the header.
const Octets named = {0x1f, 0x8b, 0x08, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 'a',  '.',  't',  0x00, 0x01, 0x04,
                      0x00, 0xfb, 0xff, 'Z',  'a',  'r',  'r',  0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00};

Octets encode(std::string_view text) {
  const BenchCodec codec(library(), "gzip", "{}");
  const BenchRepresentation exact(text.size(), true);
  return checked_encode(codec.bind(exact).get(), Octets(text.begin(), text.end()));
}

/// Decodes to `text`, with the size known and not.
void check_decodes(const Octets& encoded, std::string_view text) {
  const BenchCodec codec(library(), "gzip", "{}");
  const BenchRepresentation exact(text.size(), true), unknown(UINT64_MAX, false);
  const Octets wanted(text.begin(), text.end());
  PresetOut preset(text.size()), growing(0, UINT64_MAX);
  checked_decode(codec.bind(exact).get(), exact, encoded, preset, &wanted);
  checked_decode(codec.bind(unknown).get(), unknown, encoded, growing, &wanted);
}

std::string refusal(const Octets& encoded, std::uint64_t size) {
  const BenchCodec codec(library(), "gzip", "{}");
  const BenchRepresentation exact(size, true);
  const auto bound = codec.bind(exact);
  PresetOut out(size);
  BenchCall call;
  CHECK(bound->v->decode_bytes(bound.get(), bytes(encoded), out.abi(), call) == ZEO_CORRUPT);
  return call.message();
}

}  // namespace

TEST_CASE("gzip keeps the contract") {
  test_codec(library(), {.name = "gzip",
                         .configurations = {"{}", R"({"level":0})", R"({"level":9})"},
                         .refused = {R"({"level":10})", R"({"level":-1})", R"({"level":"5"})", R"({"level":5.0})"}});
}

TEST_CASE("gzip works from many threads", "[threads]") { test_codec_threads(library(), {.name = "gzip"}); }

TEST_CASE("gzip decodes what numcodecs has written") { test_foreign_values(library(), "gzip", "numcodecs/gzip", 78); }

TEST_CASE("gzip reads several members as one value") {
  auto both = encode("Zarr, ");
  for (const auto& more : {encode("chunk by "), encode(""), encode("chunk")})
    both.insert(both.end(), more.begin(), more.end());
  check_decodes(both, "Zarr, chunk by chunk");
}

TEST_CASE("gzip says what is wrong with a value") {
  auto value = encode("Zarr");
  value.push_back(0);
  CHECK(refusal(value, 4).find("1 bytes before its end") != std::string::npos);
  CHECK(refusal(encode("Zarr"), 3).find("more than 3 bytes") != std::string::npos);
  CHECK(refusal(encode("Zarr"), 5).find("4 bytes, not the 5") != std::string::npos);
  CHECK(refusal({}, 4).find("cut short") != std::string::npos);
  CHECK(refusal(named, 4).find("damaged") != std::string::npos);  // its checksum is zero
}

TEST_CASE("gzip reads headers with optional members") {
  auto value = named;
  const auto plain = encode("Zarr");
  std::copy(plain.end() - 8, plain.end(), value.end() - 8);  // the right checksum and size
  check_decodes(value, "Zarr");
}
