// SPDX-License-Identifier: Apache-2.0
//
// Strings through the conformance suite.
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_data_type_string");
  return library;
}

}  // namespace

TEST_CASE("string keeps the contract") {
  test_data_type(library(), {.name = "string", .type_class = ZEO_CLASS_STRING, .item_bytes = sizeof(zeo_str),
                             .fills = {{"\"\"", {}}, {"\"a\"", {'a'}}, {"\"\\u0000\\u00e9\"", {0, 0xc3, 0xa9}},
                                       {"0", {}}, {"null", {}}},
                             .refused = {"1", "true", "[]", "[\"a\"]", "{}", "\"\\x\"", "\"\\udc00\""}});
}

TEST_CASE("string fill values of other implementations are read") {
  test_foreign_fills(library(), "string", "string");
}

TEST_CASE("strings that are not UTF-8 are not written into a document") {
  const DataTypeBench type(library(), "string", "{}");
  const std::string broken = "a\xc3";
  BenchCall call;
  BenchOut out;
  const zeo_bytes element{reinterpret_cast<const std::uint8_t*>(broken.data()), broken.size()};
  CHECK(type.abi()->v->fill_to_json(type.abi(), element, out, call) == ZEO_CORRUPT);
  CHECK(call.message() == "a string of 2 bytes is not UTF-8");
}

TEST_CASE("version 2 objects are read as strings") {
  const auto& factory = library().factory("string");
  BenchCall call;
  BenchOut out;
  REQUIRE(factory.from_v2(&factory, str("\"|O\""), out, call) == ZEO_OK);
  CHECK(out.text() == R"({"name":"string","configuration":{},"endian":null})");
  for (const auto* const wrong : {"\"|S8\"", "\"O\"", "[]", "1"}) {
    BenchOut none;
    CHECK(factory.from_v2(&factory, str(wrong), none, call) == ZEO_INVALID);
  }
}

TEST_CASE("strings are used by many threads at once", "[threads]") {
  test_data_type_threads(library(), "string", "\"text\"");
}
