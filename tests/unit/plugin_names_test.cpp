// SPDX-License-Identifier: Apache-2.0
//
// The rules of names.
#include <zeolite/testing/catch.hpp>

#include "plugin/names.hpp"

using namespace zeolite;
using namespace zeolite::plugin;

TEST_CASE("extension points have names and numbers", "[plugin]") {
  for (const auto point : {Point::store, Point::codec, Point::data_type, Point::chunk_grid, Point::chunk_key_encoding,
                           Point::storage_transformer}) {
    CHECK(point_from(to_string(point)) == point);
    CHECK(point_from(static_cast<std::uint32_t>(point)) == point);
  }
  CHECK_FALSE(point_from("codecs"));
  CHECK_FALSE(point_from(0u));
  CHECK_FALSE(point_from(7u));
}

TEST_CASE("a pattern stands for decimal digits and nothing else", "[plugin]") {
  CHECK(match_pattern("r*", "r8") == "8");
  CHECK(match_pattern("r*", "r1024") == "1024");
  CHECK_FALSE(match_pattern("r*", "r"));
  CHECK_FALSE(match_pattern("r*", "r*"));
  CHECK_FALSE(match_pattern("r*", "r8x"));
  CHECK_FALSE(match_pattern("r*", "r-8"));
  CHECK_FALSE(match_pattern("r*", "R8"));
  CHECK_FALSE(match_pattern("*", "8"));
  CHECK_FALSE(match_pattern("r8", "r8"));
}

TEST_CASE("registered names are told from URIs", "[plugin]") {
  CHECK(is_registered_style("zip"));
  CHECK(is_registered_style("acme.zip-2_x"));
  CHECK(is_registered_style("r*"));
  CHECK_FALSE(is_registered_style("https://acme.example/zip"));
  CHECK_FALSE(is_registered_style("Zip"));
  CHECK_FALSE(is_registered_style("2zip"));
  CHECK_FALSE(is_registered_style(""));
}

TEST_CASE("a key is a point and a name that may hold colons", "[plugin]") {
  const auto parsed = parse_key("codec:https://acme.example/zip");
  REQUIRE(parsed);
  CHECK(parsed->point == Point::codec);
  CHECK(parsed->name == "https://acme.example/zip");
  CHECK(key(parsed->point, parsed->name) == "codec:https://acme.example/zip");
  CHECK_FALSE(parse_key("codec"));
  CHECK_FALSE(parse_key("codec:"));
  CHECK_FALSE(parse_key("codecs:zip"));
}

TEST_CASE("names that cannot be written are faults", "[plugin]") {
  CHECK(fault_in_name("zip").empty());
  CHECK(fault_in_name("https://acme.example/zip?v=1#x").empty());
  CHECK_FALSE(fault_in_name("").empty());
  CHECK_FALSE(fault_in_name("a\nb").empty());
  CHECK_FALSE(fault_in_name(std::string(2000, 'a')).empty());
  CHECK_FALSE(fault_in_name("@").empty());
  CHECK(fault_in_plugin_name("acme.zip-1_b").empty());
  CHECK_FALSE(fault_in_plugin_name("acme zip").empty());
  CHECK_FALSE(fault_in_plugin_name("../zip").empty());
}

TEST_CASE("close names are suggested, the closest first, roles never", "[plugin]") {
  CHECK(close_names("blsoc", {"blosc", "zip", "gzip"}) == std::vector<std::string>{"blosc"});
  CHECK(close_names("zap", {"zip", "zap2", "unrelated", "@zap"}) == std::vector<std::string>{"zap2", "zip"});
  CHECK(close_names("zip", {"sharding"}).empty());
  CHECK(close_names(std::string(5000, 'x'), {"zip"}).empty());
}
