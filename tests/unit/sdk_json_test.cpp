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

TEST_CASE("the SDK splits the text of a configuration", "[sdk]") {
  const std::string text = " {\"a\" : [1, \"]}\\\"\"] ,\n\"b\\u0063\":{\"x\":[{}]},\"d\":null,\"a\":-1e3}\t";
  auto members = sdk::split_object(text);
  REQUIRE(members.size() == 4);
  CHECK(members[0].text == "[1, \"]}\\\"\"]");
  CHECK(members[1].name == "bc");
  CHECK(members[1].text == "{\"x\":[{}]}");
  CHECK(members[1].value().at("x").at(0).is_object());
  CHECK(members[2].text == "null");
  CHECK(members[3].text == "-1e3");
  CHECK(sdk::split_object("{}").empty());
  for (const auto* const wrong :
       {"", "[]", "{", "{\"a\"", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}", "{\"a\":1}}", "{\"a\":[}", "{a:1}",
        "{\"a\":\"x}", "{\"a\":1 2}", "{\"a\":1} x", "{\"\\q\":1}", "{\"a\\", "{,}"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(sdk::split_object(wrong), sdk::Error);
  }
  // What a value is, is looked at when it is asked for.
  for (const auto* const wrong : {"{\"a\":[1,]}", "{\"a\":x}", "{\"a\":{]}"}) {
    CAPTURE(wrong);
    auto broken = sdk::split_object(wrong);
    REQUIRE(broken.size() == 1);
    CHECK_THROWS_AS(broken[0].value(), sdk::Error);
  }
}

TEST_CASE("the SDK tells a visitor what a document holds", "[sdk]") {
  struct Notes {
    std::string text;
    void begin_list() { text += "["; }
    void end_list() { text += "]"; }
    void begin_object() { text += "{"; }
    void end_object() { text += "}"; }
    void member(sdk::json::string_view name) { text += fmt::format("<{}>", std::string_view(name)); }
    void integer(std::int64_t number) { text += fmt::format("i{} ", number); }
    void scalar(const sdk::json::value& value) { text += sdk::json::serialize(value) + ' '; }
  };
  const auto told = [](std::string_view document) {
    Notes notes;
    boost::system::error_code error;
    sdk::visit_json(document, notes, error);
    return notes.text + (error ? "!" : "");
  };
  CHECK(told(R"([-1,18446744073709551615,{"a":[0.5,null],"b":"x"},true])") ==
        R"([i-1 18446744073709551615 {<a>[5E-1 null ]<b>"x" }true ])");
  CHECK(told("[1,[2,x") == "[i1 [i2 !");
  CHECK(told("1 2") == "i1 !");
}

namespace {

struct Text : sdk::Extension {
  void fields(sdk::Fields& f) override {
    f.required("long", text);
    f.optional("other", other);
  }
  sdk::JsonText text;
  int other = 3;
};

}  // namespace

TEST_CASE("members that stay text are written as they were read", "[sdk]") {
  Text author;
  sdk::Fields reader(R"({"other":4,"long":[1, {"a" : 2}]})", "");
  author.fields(reader);
  reader.finish();
  CHECK(author.text.text == R"([1, {"a" : 2}])");
  sdk::Fields writer("");
  author.fields(writer);
  CHECK(writer.text() == R"({"long":[1, {"a" : 2}],"other":4})");
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
