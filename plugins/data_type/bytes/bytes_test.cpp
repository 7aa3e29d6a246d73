// SPDX-License-Identifier: Apache-2.0
//
// Bytes through the conformance suite, and base64.
#include <zeolite/sdk/base64.hpp>
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

TEST_CASE("bytes keep the contract") {
  const PluginLibrary library("zeolite_data_type_bytes");
  test_data_type(library, {.name = "bytes", .type_class = ZEO_CLASS_BYTES, .item_bytes = sizeof(zeo_str),
                           .fills = {{"[]", {}}, {"\"\"", {}}, {"[1,2,3]", {1, 2, 3}}, {"\"AQID\"", {1, 2, 3}},
                                     {"0", {}}, {"null", {}}},
                           .refused = {"1", "true", "{}", "[256]", "[-1]", "[\"a\"]", "\"A\"", "\"AQI\"",
                                       "\"AQ==AQ==\"", "\"AB==\""}});
  for (const auto* const alias : {"variable_length_bytes", "binary"}) {
    CHECK(DataTypeBench(library, alias, "{}").info().variable == 1);
  }
}

TEST_CASE("bytes fill values of other implementations are read") {
  test_foreign_fills(PluginLibrary("zeolite_data_type_bytes"), "bytes", "bytes");
}

TEST_CASE("fill values are written as base64, the form that others read") {
  const PluginLibrary library("zeolite_data_type_bytes");
  const DataTypeBench bench(library, "bytes", "{}");
  CHECK(bench.json({1, 2, 3}) == "\"AQID\"");
  CHECK(bench.json({}) == "\"\"");
}

TEST_CASE("version 2 objects are read as bytes") {
  const PluginLibrary library("zeolite_data_type_bytes");
  const auto& factory = library.factory("bytes");
  BenchCall call;
  BenchOut out;
  REQUIRE(factory.from_v2(&factory, str("\"|O\""), out, call) == ZEO_OK);
  CHECK(out.text() == R"({"name":"bytes","configuration":{},"endian":null})");
}

TEST_CASE("base64 round trips, and only in its canonical form") {
  std::mt19937_64 random(test_seed());
  for (std::size_t size = 0; size < 50; ++size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    const auto text = zeolite::sdk::encode_base64(bytes);
    const auto back = zeolite::sdk::decode_base64(text);
    REQUIRE(back);
    CHECK(std::string(back->begin(), back->end()) == bytes);
  }
  CHECK(zeolite::sdk::encode_base64("light w") == "bGlnaHQgdw==");
  for (const auto* const wrong : {"=", "====", "A===", "AA=A", "AAAA=", "A A=", "AB==", "AAB=", "AAAA AAAA", "_w=="}) {
    INFO(wrong);
    CHECK_FALSE(zeolite::sdk::decode_base64(wrong));
  }
}

TEST_CASE("bytes are used by many threads at once", "[threads]") {
  test_data_type_threads(PluginLibrary("zeolite_data_type_bytes"), "bytes", "[1,2,3]");
}
