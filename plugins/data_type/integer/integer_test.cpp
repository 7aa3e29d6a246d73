// SPDX-License-Identifier: Apache-2.0
//
// Integers through the conformance suite, and fill values that a floating point number would spoil.
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_data_type_integer");
  return library;
}

/// What no integer type takes.
std::vector<std::string> refused(std::initializer_list<std::string> out_of_range) {
  std::vector<std::string> all = {"1.5",
                                  "0.1e0",
                                  "true",
                                  "\"1\"",
                                  "[1]",
                                  "{}",
                                  "\"NaN\"",
                                  "\"0x01\"",
                                  "1e30",
                                  "-1e30",
                                  "1e99999999999999999999",
                                  "-9223372036854775809",
                                  "18446744073709551616"};
  all.insert(all.end(), out_of_range);
  return all;
}

}  // namespace

TEST_CASE("signed integers keep the contract") {
  test_data_type(library(), {.name = "int8",
                             .type_class = ZEO_CLASS_INT,
                             .item_bytes = 1,
                             .fills = {{"0", {0}}, {"-128", {0x80}}, {"127", {0x7f}}, {"-1.0", {0xff}}, {"null", {0}}},
                             .refused = refused({"128", "-129"})});
  test_data_type(library(), {.name = "int16",
                             .type_class = ZEO_CLASS_INT,
                             .item_bytes = 2,
                             .fills = {{"-2", {0xfe, 0xff}}, {"32767", {0xff, 0x7f}}, {"3E2", {0x2c, 0x01}}},
                             .refused = refused({"32768", "-32769"})});
  test_data_type(library(), {.name = "int32",
                             .type_class = ZEO_CLASS_INT,
                             .item_bytes = 4,
                             .fills = {{"-2147483648", {0, 0, 0, 0x80}}, {"-0.0", {0, 0, 0, 0}}},
                             .refused = refused({"2147483648", "-2147483649"})});
  test_data_type(library(), {.name = "int64",
                             .type_class = ZEO_CLASS_INT,
                             .item_bytes = 8,
                             .fills = {{"-9223372036854775808", {0, 0, 0, 0, 0, 0, 0, 0x80}}},
                             .refused = refused({"9223372036854775808"})});
}

TEST_CASE("unsigned integers keep the contract") {
  test_data_type(library(), {.name = "uint8",
                             .type_class = ZEO_CLASS_UINT,
                             .item_bytes = 1,
                             .fills = {{"0.0", {0}}, {"255", {0xff}}, {"0E0", {0}}, {"25.50e1", {0xff}}},
                             .refused = refused({"256", "-1"})});
  test_data_type(library(), {.name = "uint16",
                             .type_class = ZEO_CLASS_UINT,
                             .item_bytes = 2,
                             .fills = {{"65535", {0xff, 0xff}}},
                             .refused = refused({"65536", "-1"})});
  test_data_type(library(), {.name = "uint32",
                             .type_class = ZEO_CLASS_UINT,
                             .item_bytes = 4,
                             .fills = {{"305419896", {0x78, 0x56, 0x34, 0x12}}},
                             .refused = refused({"4294967296", "-1"})});
  test_data_type(library(), {.name = "uint64",
                             .type_class = ZEO_CLASS_UINT,
                             .item_bytes = 8,
                             .fills = {{"18446744073709551615", {255, 255, 255, 255, 255, 255, 255, 255}}},
                             .refused = refused({"-1", "-1.0"})});
}

TEST_CASE("64-bit integers never pass through a double") {
  const DataTypeBench type(library(), "uint64", "{}");
  // 2^53 + 1, in the spellings that a parser would make a double of.
  const std::vector<std::uint8_t> odd = {1, 0, 0, 0, 0, 0, 0x20, 0};
  CHECK(type.element("9007199254740993") == odd);
  CHECK(type.element("9007199254740993.0") == odd);
  CHECK(type.element("9.007199254740993e15") == odd);
  CHECK(type.json(odd) == "9007199254740993");
}

TEST_CASE("integer refusals say what would be right") {
  const DataTypeBench type(library(), "int8", "{}");
  CHECK(type.refusal("128") == "the value must be from -128 to 127, not 128");
  CHECK(type.refusal("0.5") == "the value must be an integer, 0.5 has a fraction");
  CHECK(type.refusal("[]") == "the value must be an integer, not []");
}

TEST_CASE("integer fill values of other implementations are read") {
  for (const auto* const name : {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}) {
    test_foreign_fills(library(), name, name);
  }
}

TEST_CASE("integers are used by many threads at once", "[threads]") {
  test_data_type_threads(library(), "int64", "-9223372036854775808");
}
