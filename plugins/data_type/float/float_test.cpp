// SPDX-License-Identifier: Apache-2.0
//
// Floating point numbers through the conformance suite; rounding, and the shortest written form.
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_data_type_float");
  return library;
}

using Element = std::vector<std::uint8_t>;

Element half(std::uint16_t bits) { return {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8)}; }

/// What no float type takes.
const std::vector<std::string> refused = {"true",   "\"1\"",        "[1]",   "{}",         "NaN",  "\"nan\"", "\"inf\"",
                                          "\"0x\"", "\"+Infinity\"", "\"0xg\"", "\"Infinity \"", "\"\"", "-",   ".5"};

}  // namespace

TEST_CASE("floats keep the contract") {
  auto of16 = refused, of32 = refused, of64 = refused;
  of16.insert(of16.end(), {"\"0x00000000\"", "\"0x7e0\"", "\"0X7e00\"", "\"7e00\"", "\"0x-7e0\""});
  of32.insert(of32.end(), {"\"0x0000\"", "\"0x0000000000000000\"", "\"0x+fc00000\""});
  of64.insert(of64.end(), {"\"0x7fc00000\"", "\"0x7ff80000000000000\""});
  test_data_type(library(), {.name = "float16", .type_class = ZEO_CLASS_FLOAT, .item_bytes = 2,
                             .fills = {{"0.0", half(0)}, {"-0.0", half(0x8000)}, {"1", half(0x3c00)},
                                       {"\"NaN\"", half(0x7e00)}, {"null", half(0x7e00)},
                                       {"\"0x7d01\"", half(0x7d01)}, {"\"-Infinity\"", half(0xfc00)}},
                             .refused = of16});
  test_data_type(library(), {.name = "float32", .type_class = ZEO_CLASS_FLOAT, .item_bytes = 4,
                             .fills = {{"0.1", {0xcd, 0xcc, 0xcc, 0x3d}}, {"\"0x12345678\"", {0x78, 0x56, 0x34, 0x12}},
                                       {"\"NaN\"", {0, 0, 0xc0, 0x7f}}, {"\"0xFFC00001\"", {1, 0, 0xc0, 0xff}}},
                             .refused = of32});
  test_data_type(library(), {.name = "float64", .type_class = ZEO_CLASS_FLOAT, .item_bytes = 8,
                             .fills = {{"-1.5e0", {0, 0, 0, 0, 0, 0, 0xf8, 0xbf}},
                                       {"\"Infinity\"", {0, 0, 0, 0, 0, 0, 0xf0, 0x7f}},
                                       {"\"NaN\"", {0, 0, 0, 0, 0, 0, 0xf8, 0x7f}}},
                             .refused = of64});
}

TEST_CASE("float16 rounds once, half to even") {
  const DataTypeBench type(library(), "float16", "{}");
  CHECK(type.element("1.00048828125") == half(0x3c00));  // exactly between 0x3c00 and 0x3c01
  CHECK(type.element("1.00146484375") == half(0x3c02));  // exactly between 0x3c01 and 0x3c02
  // So close to the middle that a double cannot tell.
  CHECK(type.element("1.0004882812500000000000000000000000001") == half(0x3c01));
  CHECK(type.element("1.0014648437499999999999999999999999999") == half(0x3c01));
  CHECK(type.element("65519.9999999999999999999999999999") == half(0x7bff));
  CHECK(type.element("65520") == half(0x7c00));
  CHECK(type.element("2.98023223876953125e-8") == half(0));
  CHECK(type.element("2.980232238769531250000000000000000001e-8") == half(1));
}

TEST_CASE("numbers beyond the range become infinity or zero") {
  for (const auto* const name : {"float16", "float32", "float64"}) {
    const DataTypeBench type(library(), name, "{}");
    CHECK(type.json(type.element("1e999")) == "\"Infinity\"");
    CHECK(type.json(type.element("-1e99999999999999999999")) == "\"-Infinity\"");
    CHECK(type.json(type.element("1e-999")) == "0.0");
    CHECK(type.json(type.element("-1e-999")) == "-0.0");
  }
  const auto just_past = [](const char* name, const char* json) {
    const DataTypeBench type(library(), name, "{}");
    return type.json(type.element(json));
  };
  CHECK(just_past("float16", "65520") == "\"Infinity\"");
  CHECK(just_past("float32", "3.5e38") == "\"Infinity\"");
  CHECK(just_past("float64", "-1.8e308") == "\"-Infinity\"");
  CHECK(just_past("float64", "2e-324") == "0.0");
}

TEST_CASE("floats are written in the shortest form that reads back") {
  const auto written = [](const char* name, const char* json) {
    const DataTypeBench type(library(), name, "{}");
    return type.json(type.element(json));
  };
  CHECK(written("float64", "1") == "1.0");
  CHECK(written("float64", "-0.0") == "-0.0");
  CHECK(written("float64", "0.1") == "0.1");
  CHECK(written("float32", "0.1") == "0.1");
  CHECK(written("float16", "0.1") == "0.1");
  CHECK(written("float64", "1e22") == "1e+22");
  CHECK(written("float64", "5e-324") == "5e-324");
  CHECK(written("float32", "16777217") == "16777216.0");
  CHECK(written("float32", "\"0x7fc00000\"") == "\"NaN\"");
  CHECK(written("float32", "\"0xffc00000\"") == "\"0xffc00000\"");
  CHECK(written("float32", "\"0x7fa00000\"") == "\"0x7fa00000\"");
}

TEST_CASE("float16 numbers survive being written") {
  const DataTypeBench type(library(), "float16", "{}");
  // All numbers of all sizes, an eleventh of them at a time.
  for (auto bits = static_cast<std::uint32_t>(test_seed() % 11); bits < 65536; bits += 11) {
    const auto element = half(static_cast<std::uint16_t>(bits));
    if (type.element(type.json(element)) != element) FAIL("lost " << bits);
  }
}

TEST_CASE("float fill values of other implementations are read") {
  for (const auto* const name : {"float16", "float32", "float64"}) test_foreign_fills(library(), name, name);
}

TEST_CASE("floats are used by many threads at once", "[threads]") {
  test_data_type_threads(library(), "float16", "1.0014648437499999999999999999999999999");
  test_data_type_threads(library(), "float64", "\"0x7ff4000000000001\"");
}
