// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/catch.hpp>

#include <bit>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include <zeolite/sdk/fields.hpp>
#include <zeolite/sdk/json.hpp>
#include <zeolite/sdk/object.hpp>

using namespace zeolite;

TEST_CASE("the SDK reads configurations to the last bit", "[sdk]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    boost::system::error_code error;
    const auto value = sdk::parse_json(fmt::format("{{\"a\": [{}]}}", number), error);
    REQUIRE(!error);
    const auto& read = value.at("a").at(0);
    // Doubles without a fraction may come as integers; they are equal all the same.
    REQUIRE(read.to_number<double>() == number);
  }
  boost::system::error_code error;
  const auto value =
      sdk::parse_json(R"([null, true, -9223372036854775808, 18446744073709551615, "a\u0041", {}, []])", error);
  REQUIRE(!error);
  CHECK(value.at(2) == INT64_MIN);
  CHECK(value.at(3) == UINT64_MAX);
  CHECK(value.at(4) == "aA");
  for (const auto* const wrong : {"", "{", "1 2", "[1,]", "nan"}) {
    CAPTURE(wrong);
    CHECK(sdk::parse_json(wrong, error).is_null());
    CHECK(error);
  }
}

TEST_CASE("the SDK reads long arrays whole, and the last of equal members", "[sdk]") {
  std::string text = "{\"a\":[[0";
  for (int i = 1; i < 10'000; ++i) text += fmt::format(",{}", i);
  text += "],{\"b\":1,\"c\":{\"d\":2}}],\"e\":\"f\"}";
  boost::system::error_code error;
  CHECK(sdk::json::serialize(sdk::parse_json(text, error)) == text);
  CHECK(sdk::parse_json(R"({"a":[1],"b":2,"a":{"c":3}})", error).at("a").at("c") == 3);
}

namespace {

struct Written : sdk::Extension {
  void fields(sdk::Fields& f) override {
    f.optional("plain", plain);
    f.optional("left out", left_out).omit_when(1);
    f.optional("not \"set\"", unset);
    f.required("any", any);
    if (!f.reading()) f.put("plain", 8);
  }
  int plain = 7, left_out = 1;
  std::optional<int> unset;
  sdk::json::value any;
};

}  // namespace

TEST_CASE("configurations are written as they are declared", "[sdk]") {
  Written author;
  sdk::Fields reader(R"({"any":[1,{"a":"\u00e9\""}],"left out":1})", "");
  author.fields(reader);
  reader.finish();
  sdk::Fields first("");
  author.fields(first);
  CHECK(first.text() == "{\"plain\":8,\"any\":[1,{\"a\":\"\u00e9\\\"\"}]}");
  author.left_out = 2;
  author.unset = 3;
  sdk::Fields second("");
  author.fields(second);
  boost::system::error_code error;
  CHECK(sdk::parse_json(second.text(), error) ==
        sdk::json::object{{"any", author.any}, {"plain", 8}, {"left out", 2}, {"not \"set\"", 3}});
  CHECK(sdk::Fields("").text() == "{}");
}
