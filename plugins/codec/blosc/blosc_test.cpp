// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/codec_suite.hpp>

#include "item_bytes.hpp"

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_blosc"); }

/// What a version 2 codec becomes.
boost::json::value from_v2(const std::string& v2) {
  const auto blosc = library();
  const auto& factory = blosc.factory("blosc");
  BenchCall call;
  BenchOut out;
  const auto status = factory.from_v2(&factory, str(v2), out, call);
  INFO(call.message());
  REQUIRE(status == ZEO_OK);
  return boost::json::parse(out.text()).at("configuration");
}

}  // namespace

TEST_CASE("blosc keeps the contract") {
  test_codec(library(),
             {.name = "blosc",
              .configurations = {"{}", R"({"cname":"lz4","clevel":1,"shuffle":"shuffle","typesize":4,"blocksize":0})",
                                 R"({"cname":"zstd","clevel":3,"shuffle":"bitshuffle","typesize":8,"blocksize":4096})",
                                 R"({"cname":"zlib","clevel":0,"shuffle":"noshuffle"})",
                                 R"({"cname":"lz4","clevel":5,"shuffle":"noshuffle","typesize":0,"blocksize":0})"},
              .refused = {R"({"cname":"gzip"})", R"({"clevel":10})", R"({"shuffle":1})", R"({"shuffle":"shuffle"})",
                          R"({"shuffle":"shuffle","typesize":0})", R"({"blocksize":-1})"}});
}

TEST_CASE("blosc compresses with each of its compressors") {
  std::mt19937_64 random(test_seed());
  for (const auto* name : {"lz4", "lz4hc", "blosclz", "zstd", "snappy", "zlib"}) {
    INFO(name);
    const BenchCodec codec(library(), "blosc",
                           std::string(R"({"shuffle":"shuffle","typesize":2,"cname":")") + name + "\"}");
    const BenchRepresentation exact(10000, true);
    const auto bound = codec.bind(exact);
    const auto decoded = random_octets(10000, Content::regular, random);
    const auto encoded = checked_encode(bound.get(), decoded);
    CHECK(encoded.size() < decoded.size() / 2);
    PresetOut out(10000);
    checked_decode(bound.get(), exact, encoded, out, &decoded);
  }
}

TEST_CASE("blosc works from many threads", "[threads]") { test_codec_threads(library(), {.name = "blosc"}); }

TEST_CASE("blosc decodes what numcodecs has written") {
  test_foreign_values(library(), "blosc", "numcodecs/blosc", 169);
}

TEST_CASE("blosc writes down what version 2 left to the data type") {
  const auto four =
      from_v2(R"({"codec":{"id":"blosc","cname":"lz4","clevel":5,"shuffle":1,"blocksize":0},"dtype":"<f4"})");
  CHECK(four == boost::json::parse(R"({"cname":"lz4","clevel":5,"shuffle":"shuffle","blocksize":0,"typesize":4})"));
  CHECK(from_v2(R"({"codec":{"id":"blosc","shuffle":-1},"dtype":"|u1"})") ==
        boost::json::parse(R"({"shuffle":"bitshuffle","typesize":1})"));
  CHECK(from_v2(R"({"codec":{"id":"blosc","shuffle":-1},"dtype":">i2"})") ==
        boost::json::parse(R"({"shuffle":"shuffle","typesize":2})"));
  CHECK(from_v2(R"({"codec":{"id":"blosc","shuffle":0},"dtype":">i2"})") ==
        boost::json::parse(R"({"shuffle":"noshuffle"})"));
}

TEST_CASE("blosc finds the size of version 2 elements") {
  const auto size = [](const char* dtype) { return zeolite::blosc::item_bytes(boost::json::parse(dtype)); };
  CHECK(size(R"("|b1")") == 1);
  CHECK(size(R"("<c16")") == 16);
  CHECK(size(R"("<U5")") == 20);
  CHECK(size(R"("<M8[ns]")") == 8);
  CHECK(size(R"("|O")") == 1);
  CHECK(size(R"([["x","<f4"],["y","<i2",[3]],["z",[["a","|S3"]]]])") == 13);
  CHECK_THROWS_AS(size(R"("|S99999999999")"), zeolite::sdk::Error);
  CHECK_THROWS_AS(size(R"([["y","<i2",[2147483647,2147483647]]])"), zeolite::sdk::Error);
}

TEST_CASE("blosc refuses headers that lie") {
  const BenchCodec codec(library(), "blosc", "{}");
  const BenchRepresentation exact(100, true), unknown(UINT64_MAX, false);
  const auto value = checked_encode(codec.bind(exact).get(), Octets(100, 1));
  const auto check_refused = [&](const Octets& damaged) {
    for (const auto* representation : {&exact, &unknown}) {
      const auto bound = codec.bind(*representation);
      PresetOut out(0, std::uint64_t{3} << 30);
      BenchCall call;
      CHECK(bound->v->decode_bytes(bound.get(), bytes(damaged), out.abi(), call) == ZEO_CORRUPT);
      CHECK(out.abi()->capacity <= 1000);
    }
  };
  auto claims = value;
  claims[7] = 0x7f;  // two gigabytes, which the format allows
  check_refused(claims);
  auto shorter = value;
  shorter.pop_back();
  check_refused(shorter);
  check_refused({});
}

TEST_CASE("blosc says when its blocks are damaged") {
  const BenchCodec codec(library(), "blosc", "{}");
  const BenchRepresentation exact(10000, true);
  const auto bound = codec.bind(exact);
  std::mt19937_64 random(test_seed());
  auto value = checked_encode(bound.get(), random_octets(10000, Content::regular, random));
  REQUIRE(value.size() < 5000);
  std::fill(value.begin() + 16, value.end(), std::uint8_t{0xFF});
  PresetOut out(10000);
  BenchCall call;
  CHECK(bound->v->decode_bytes(bound.get(), bytes(value), out.abi(), call) == ZEO_CORRUPT);
  CHECK(call.message().find("damaged") != std::string::npos);
}
