// SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_crc32c"); }

std::string refusal(const Octets& encoded, std::uint64_t size) {
  const BenchCodec codec(library(), "crc32c", "{}");
  const BenchRepresentation exact(size, true);
  const auto bound = codec.bind(exact);
  PresetOut out(size);
  BenchCall call;
  CHECK(bound->v->decode_bytes(bound.get(), bytes(encoded), out.abi(), call) == ZEO_CORRUPT);
  return call.message();
}

}  // namespace

TEST_CASE("crc32c keeps the contract") {
  test_codec(library(), {.name = "crc32c", .refused = {R"({"location":"end"})"}});
}

TEST_CASE("crc32c works from many threads", "[threads]") { test_codec_threads(library(), {.name = "crc32c"}); }

TEST_CASE("crc32c decodes what numcodecs has written") {
  test_foreign_values(library(), "crc32c", "numcodecs/crc32c", 13);
}

TEST_CASE("crc32c computes the checksums of RFC 3720") {
  // Appendix B.4.
  const auto both = [](const Octets& input, std::uint32_t wanted) {
    CHECK(zeolite::crc32c::portable(input) == wanted);
    if (zeolite::crc32c::has_instruction()) CHECK(zeolite::crc32c::accelerated(input) == wanted);
  };
  both(Octets(32, 0x00), 0x8A9136AA);
  both(Octets(32, 0xFF), 0x62A8AB43);
  Octets rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<std::uint8_t>(i);
  both(rising, 0x46DD794E);
  std::reverse(rising.begin(), rising.end());
  both(rising, 0x113FDB5C);
  both({}, 0);
}

TEST_CASE("crc32c comes out the same by tables and by the processor's instruction") {
  if (!zeolite::crc32c::has_instruction()) return skip("this processor has no such instruction");
  std::mt19937_64 random(test_seed());
  const auto octets = random_octets(100000, Content::random, random);
  for (std::size_t i = 0; i < 300; ++i) {
    const auto start = random() % 16;
    const auto input = zeolite::crc32c::Input(octets).subspan(start, random() % (octets.size() - start));
    CHECK(zeolite::crc32c::portable(input) == zeolite::crc32c::accelerated(input));
  }
}

TEST_CASE("crc32c comes out the same for all lengths and alignments") {
  // Strands of several lengths meet at other places for each.
  constexpr std::size_t longest = 20000;
  std::mt19937_64 random(test_seed());
  const auto octets = random_octets(longest + 9, Content::random, random);
  std::size_t wrong = 0;  // counted, as so many checks would take long
  for (std::size_t start = 0; start < 8; ++start) {
    const auto input = zeolite::crc32c::Input(octets).subspan(start);
    auto state = ~std::uint32_t{0};
    for (std::size_t length = 0; length <= longest; ++length) {
      if (zeolite::crc32c::checksum(input.first(length)) != ~state) ++wrong;
      state = (state >> 8) ^ zeolite::crc32c::table[0][(state ^ input[length]) & 0xff];
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("crc32c adds four bytes, least significant first, and says what it found") {
  const BenchCodec codec(library(), "crc32c", "{}");
  const BenchRepresentation exact(9, true);
  const auto bound = codec.bind(exact);
  CHECK(describe(bound.get()).encoded->max_bytes == 13);
  CHECK(describe(bound.get()).encoded->exact == 1);
  const std::string text = "123456789";  // whose checksum is e3069283
  auto encoded = checked_encode(bound.get(), Octets(text.begin(), text.end()));
  CHECK(Octets(encoded.end() - 4, encoded.end()) == Octets{0x83, 0x92, 0x06, 0xe3});
  encoded[12] = 0xe4;
  const auto message = refusal(encoded, 9);
  CHECK(message.find("e3069283") != std::string::npos);
  CHECK(message.find("e4069283") != std::string::npos);
  CHECK(refusal({1, 2, 3}, 0).find("too few") != std::string::npos);
}
