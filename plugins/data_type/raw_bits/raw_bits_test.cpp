// SPDX-License-Identifier: Apache-2.0
//
// Raw bits through the conformance suite; which sizes there are, and the other form of writing them.
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_data_type_raw_bits");
  return library;
}

}  // namespace

TEST_CASE("raw bits keep the contract") {
  test_data_type(library(), {.name = "r8", .type_class = ZEO_CLASS_RAW, .item_bytes = 1,
                             .fills = {{"[255]", {255}}, {"\"/w==\"", {255}}, {"null", {0}}},
                             .refused = {"255", "[]", "[1,2]", "[256]", "[-1]", "[1.0]", "[\"1\"]", "\"\"", "\"/w\"",
                                         "\"/x==\"", "\"AAA=\"", "\"AA= \"", "\"-w==\"", "{}", "true"}});
  test_data_type(library(), {.name = "r32", .type_class = ZEO_CLASS_RAW, .item_bytes = 4,
                             .fills = {{"[1,2,3,4]", {1, 2, 3, 4}}, {"\"AQIDBA==\"", {1, 2, 3, 4}}},
                             .refused = {"[1,2,3]", "[1,2,3,4,5]", "\"AQID\""}});
}

TEST_CASE("raw bits take every multiple of 8") {
  CHECK(DataTypeBench(library(), "r24", "{}").info().item_bytes == 3);
  CHECK(DataTypeBench(library(), "r8388608", "{}").info().item_bytes == 1 << 20);
  for (const auto* const name : {"r*", "r0", "r7", "r08", "r8388616", "r99999999999999999999"}) {
    library().refusal<zeo_data_type>(name, "{}");
  }
}

TEST_CASE("raw bits are read in the form with length_bytes") {
  const DataTypeBench type(library(), "raw_bytes", R"({"length_bytes": 5})");
  CHECK(type.info().item_bytes == 5);
  CHECK(check_configuration(library(), "raw_bytes", type.abi()) == R"({"length_bytes":5})");
  for (const auto* const wrong : {"{}", R"({"length_bytes": 0})", R"({"length_bytes": "5"})",
                                  R"({"length_bytes": 1048577})"}) {
    library().refusal<zeo_data_type>("raw_bytes", wrong);
  }
}

TEST_CASE("raw bits in version 2 metadata need a size") {
  const auto& factory = library().factory("r*");
  for (const auto* const wrong : {"\"|V\"", "\"|V0\"", "\"|V-1\"", "\"|V1.0\"", "\"|S8\"", "\"|V99999999999\""}) {
    BenchCall call;
    BenchOut out;
    INFO(wrong);
    CHECK(factory.from_v2(&factory, str(wrong), out, call) == ZEO_INVALID);
  }
  BenchCall call;
  BenchOut out;
  REQUIRE(factory.from_v2(&factory, str("\"|V12\""), out, call) == ZEO_OK);
  CHECK(out.text() == R"({"name":"r96","configuration":{},"endian":null})");
}

TEST_CASE("raw fill values of other implementations are read") { test_foreign_fills(library(), "r32", "raw"); }

TEST_CASE("raw bits are used by many threads at once", "[threads]") {
  test_data_type_threads(library(), "r24", "[1,2,3]");
}
