// SPDX-License-Identifier: Apache-2.0
//
// JSON text: exact numbers, faults with their place, and texts that read back as the same value.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <zeolite/testing/catch.hpp>

#include "metadata/json.hpp"
#include "metadata_support.hpp"

using namespace zeolite;
namespace json = boost::json;
using zeolite::test::message_of;

namespace {

std::string fault(std::string_view text) {
  return message_of([&] { parse_json(text); });
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

json::value round_trip(const json::value& value) {
  const auto compact = parse_json(to_text(value));
  CHECK(compact == value);
  return parse_json(to_indented_text(value));
}

}  // namespace

TEST_CASE("integers of 64 bits stay exact", "[metadata]") {
  const auto array = parse_json("[9223372036854775807, -9223372036854775808, 18446744073709551615, 0]").as_array();
  CHECK(array[0].as_int64() == INT64_MAX);
  CHECK(array[1].as_int64() == INT64_MIN);
  CHECK(array[2].as_uint64() == UINT64_MAX);
  CHECK(to_text(array) == "[9223372036854775807,-9223372036854775808,18446744073709551615,0]");
}

TEST_CASE("long arrays come whole, and faults in them have their place", "[metadata]") {
  std::string text = "[[";
  for (int i = 0; i < 10'000; ++i) text += (i == 0 ? "" : ",") + std::to_string(i);
  text += "],[";
  for (int i = 0; i < 3'000; ++i) text += i == 0 ? "[]" : ",{\"a\":[1]}";
  const auto value = parse_json(text + "]]");
  CHECK(to_text(value) == text + "]]");
  CHECK(value.at(0).as_array().size() == 10'000);
  CHECK(value.at(1).at(2'999).at("a").at(0) == 1);
  CHECK(contains(fault(text + ",{\"a\":1,\"a\":2}]]"), "at /1/3000/a: this member occurs twice"));
  CHECK(contains(fault(text + ",1e999]]"), "at /1/3000: the number 1e999 is larger"));
}

TEST_CASE("integers past 64 bits become the nearest double", "[metadata]") {
  CHECK(parse_json("18446744073709551616").as_double() == 0x1p64);
}

TEST_CASE("doubles are read correctly rounded and written so that they stay doubles", "[metadata]") {
  for (const auto* text :
       {"1.0", "0.1", "-0.0", "1e-320", "5e-324", "1.7976931348623157e+308", "2.2250738585072011e-308",
        "9007199254740993.0", "0.30000000000000004", "1e+22", "123456789012345680.0"}) {
    INFO(text);
    const auto value = parse_json(text);
    REQUIRE(value.is_double());
    CHECK(value.as_double() == std::strtod(text, nullptr));
    const auto again = parse_json(to_text(value));
    REQUIRE(again.is_double());
    const auto a = value.as_double();
    const auto b = again.as_double();
    CHECK(std::memcmp(&a, &b, sizeof a) == 0);
  }
  CHECK(to_text(1.0) == "1.0");
  CHECK(to_text(parse_json("-0")) == "-0.0");
  CHECK(parse_json("1e-400").as_double() == 0.0);
  CHECK(contains(fault("{\"a\": [1, 1e400]}"), "at /a/1: the number 1e400 is larger"));
}

TEST_CASE("random doubles survive writing and reading", "[metadata]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = random();
    double number;
    std::memcpy(&number, &bits, sizeof number);
    if (!std::isfinite(number)) continue;
    const auto again = parse_json(to_text(number)).as_double();
    if (std::memcmp(&number, &again, sizeof number) != 0) FAIL("lost " << number);
  }
}

TEST_CASE("bare NaN and infinities are read as strings", "[metadata]") {
  const auto value = parse_json(R"({"a": NaN, "b": [Infinity, -Infinity], "c": "a \" NaN\\", "d": "NaN"})").as_object();
  CHECK(value.at("a") == "NaN");
  CHECK(value.at("b") == json::array{"Infinity", "-Infinity"});
  CHECK(value.at("c") == "a \" NaN\\");
  CHECK(value.at("d") == "NaN");
  CHECK(contains(fault("[Nan]"), "not JSON"));
  CHECK(to_text(std::nan("")) == "\"NaN\"");
  CHECK(to_text(-std::numeric_limits<double>::infinity()) == "\"-Infinity\"");
}

TEST_CASE("faults say where they are", "[metadata]") {
  CHECK(fault("") == "the document is empty");
  CHECK(contains(fault("{\"a\": 1"), "ends too early"));
  CHECK(contains(fault("{\"a\": 1}\n]"), "follows the end of the document at line 2, column 1"));
  CHECK(contains(fault("{\n  \"a\": x\n}"), "line 2, column 8"));
  CHECK(contains(fault("{'a': 1}"), "line 1, column 2"));
  CHECK(contains(fault("[NaN,\n NaN, Infinity, x, NaN]"), "line 2, column 17"));
  CHECK(contains(fault("[1,]"), "not JSON"));
  CHECK(contains(fault("{\"a\": 1 /* no */}"), "not JSON"));
  CHECK(contains(fault("\"\xff\""), "not JSON"));
  CHECK(contains(fault(R"("\ud800")"), "not JSON"));
  CHECK(contains(fault(R"({"a": [{"b/c": 1, "d": {}, "b/c": 2}]})"), "at /a/0/b~1c: this member occurs twice"));
  CHECK(contains(fault(R"({"a": 1, "\u0061": 2})"), "at /a: this member occurs twice"));
}

TEST_CASE("nesting is limited alike in reading and writing", "[metadata]") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const auto deepest = parse_json(nested(max_json_depth));
  CHECK(to_text(deepest) == nested(max_json_depth));
  CHECK(contains(fault(nested(max_json_depth + 1)), "inside each other"));
  CHECK(contains(fault(std::string(5'000'000, '[')), "inside each other"));
  CHECK(contains(message_of([&] { to_text(json::array{deepest}); }), "inside each other"));
}

TEST_CASE("texts are indented, with short arrays of scalars on one line", "[metadata]") {
  const auto value = parse_json(R"({"a":[1,2.0,"x",null],"b":[],"c":{},"d":[{"e":true}],"f":[[1],[2]]})");
  CHECK(to_indented_text(value) == R"({
  "a": [1, 2.0, "x", null],
  "b": [],
  "c": {},
  "d": [
    {
      "e": true
    }
  ],
  "f": [
    [1],
    [2]
  ]
}
)");
  CHECK(round_trip(value) == value);
}

TEST_CASE("long arrays are broken into lines", "[metadata]") {
  json::array array;
  for (int i = 0; i < 50; ++i) array.push_back(i * 1000);
  CHECK(contains(to_indented_text(array), "[\n  0,\n  1000,\n"));
  CHECK(round_trip(array) == array);
}

TEST_CASE("strings are escaped and checked", "[metadata]") {
  using std::literals::operator""sv;
  const json::value text(json::string("a\"\\\n\r\t\b\x01\x1f\0z \xc3\xa9 \xf0\x9f\xa7\xaa"sv));
  CHECK(round_trip(text) == text);
  CHECK(to_text(json::string("\x01")) == "\"\\u0001\"");
  CHECK(contains(message_of([] { to_text(json::string("\xff")); }), "not UTF-8"));
  CHECK(contains(message_of([] { to_text(json::object{{"\xc3", 1}}); }), "not UTF-8"));
}

TEST_CASE("UTF-8 is told from what only looks like it", "[metadata]") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\xa7\xaa"));
  CHECK_FALSE(is_utf8("\x80"));
  CHECK_FALSE(is_utf8("\xc0\xaf"));
  CHECK_FALSE(is_utf8("\xe0\x80\xaf"));
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));
  CHECK_FALSE(is_utf8("\xf0\x80\x80\xaf"));
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));
  CHECK_FALSE(is_utf8("\xe2\x82"));
  CHECK_FALSE(is_utf8("\xff"));
}

TEST_CASE("values are described for messages", "[metadata]") {
  CHECK(describe(parse_json("10.0")) == "the number 10.0");
  CHECK(describe(parse_json("{}")) == "an empty object");
  CHECK(describe(parse_json("\"a\\\"b\"")) == R"(the string "a\"b")");
  CHECK(describe(json::string(100, 'x')) == "the string \"" + std::string(60, 'x') + "\"...");
  std::string umlauts = "x";
  for (int i = 0; i < 50; ++i) umlauts += "\xc3\xa4";
  CHECK(is_utf8(describe(json::value(umlauts))));
}

TEST_CASE("damaged documents end in an error, never in a crash", "[metadata]") {
  const std::string good = zeolite::test::array_document.text();
  std::mt19937 random(11);
  for (int i = 0; i < 5000; ++i) {
    auto text = good;
    for (unsigned k = 0; k <= random() % 3; ++k) text[random() % text.size()] = static_cast<char>(random());
    if (random() % 4 == 0) text.resize(random() % text.size());
    try {
      const auto value = parse_json(text);
      CHECK(parse_json(to_text(value)) == value);
    } catch (const Error&) {
    }
  }
}
