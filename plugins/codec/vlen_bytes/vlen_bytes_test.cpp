// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_vlen_bytes"); }

}  // namespace

TEST_CASE("vlen-bytes keeps the contract") {
  test_codec(library(),
             {.name = "vlen-bytes", .types = {"bytes"}, .refused_types = {"string", "uint8", "float64", "raw of 3"}});
}

TEST_CASE("vlen-bytes works from many threads", "[threads]") {
  test_codec_threads(library(), {.name = "vlen-bytes", .types = {"bytes"}});
}

TEST_CASE("vlen-bytes takes any bytes") {
  const BenchCodec codec(library(), "vlen-bytes", "{}");
  const auto& type = BenchType::named("bytes");
  const BenchRepresentation representation(type, {2});
  const auto bound = codec.bind(representation);
  const std::vector<std::string> elements = {std::string("\x00\xFF", 2), ""};
  BenchArray array(type, {2}), again(type, {2});
  array.assign(elements);
  const auto encoded = checked_encode(bound.get(), array);
  CHECK(encoded == Octets{2, 0, 0, 0, 2, 0, 0, 0, 0x00, 0xFF, 0, 0, 0, 0});
  checked_decode(bound.get(), encoded, again, &elements);
}
