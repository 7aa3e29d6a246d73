// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/catch.hpp>

#include <bit>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include <zeolite/sdk/json.hpp>

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
