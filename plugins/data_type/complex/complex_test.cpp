// SPDX-License-Identifier: Apache-2.0
//
// Complex numbers through the conformance suite.
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_data_type_complex");
  return library;
}

const std::vector<std::string> refused = {
    "1",       "\"NaN\"",      "[]",          "[1]",        "[1,2,3]",          "[1,[2]]",        "[[1],2]",
    "[1,\"i\"]", "[true,false]", "[\"a,b\",1]", "[{},{}]",    "{\"re\":1,\"im\":2}", "[\"\\\",\",1]", "[\"1\",2]",
    "[\"\\\"\",1]"};

}  // namespace

TEST_CASE("complex numbers keep the contract") {
  test_data_type(library(), {.name = "complex64", .type_class = ZEO_CLASS_COMPLEX, .item_bytes = 8,
                             .fills = {{"[1,-2.0]", {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}},
                                       {"[ \"NaN\" , \"0x7fa00000\" ]", {0, 0, 0xc0, 0x7f, 0, 0, 0xa0, 0x7f}},
                                       {"null", {0, 0, 0, 0, 0, 0, 0, 0}}},
                             .refused = refused});
  test_data_type(library(), {.name = "complex128", .type_class = ZEO_CLASS_COMPLEX, .item_bytes = 16,
                             .fills = {{"[-0.0,\"-Infinity\"]",
                                        {0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xf0, 0xff}}},
                             .refused = refused});
}

TEST_CASE("complex parts are rounded once, from their own digits") {
  const DataTypeBench type(library(), "complex64", "{}");
  // Just above the middle between 1 and the next float: as a double it would be the middle, and become 1.
  CHECK(type.json(type.element("[1.000000059604644775390625000000001,0]")) == "[1.0000001,0.0]");
  CHECK(type.refusal("[1,\"x\"]").find("imaginary part") != std::string::npos);
}

TEST_CASE("complex types are read under their other names") {
  const DataTypeBench type(library(), "complex_float32", "{}");
  CHECK(type.info().item_bytes == 8);
  CHECK(DataTypeBench(library(), "complex_float64", "{}").info().item_bytes == 16);
}

TEST_CASE("complex fill values of other implementations are read") {
  for (const auto* const name : {"complex64", "complex128"}) test_foreign_fills(library(), name, name);
}

TEST_CASE("complex numbers are used by many threads at once", "[threads]") {
  test_data_type_threads(library(), "complex64", "[1.5,\"NaN\"]");
}
