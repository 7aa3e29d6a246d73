// SPDX-License-Identifier: Apache-2.0
#include <zeolite/sdk/utf8.hpp>
#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_vlen_utf8"); }

/// Decodes two strings; returns the status and what was said.
std::pair<zeo_status, std::string> decode_two(const Octets& encoded, std::uint64_t heap_limit = 1000) {
  const BenchCodec codec(library(), "vlen-utf8", "{}");
  const auto& type = BenchType::named("string");
  const BenchRepresentation representation(type, {2});
  const auto bound = codec.bind(representation);
  BenchArray array(type, {2}, Layout::contiguous, heap_limit);
  BenchCall call;
  const auto status = bound->v->decode(bound.get(), bytes(encoded), array.abi(), call);
  return {status, call.message()};
}

void check_refused(const Octets& encoded, std::string_view reason) {
  const auto [status, message] = decode_two(encoded);
  INFO(message);
  CHECK(status == ZEO_CORRUPT);
  CHECK(message.find(reason) != std::string::npos);
}

}  // namespace

TEST_CASE("vlen-utf8 keeps the contract") {
  test_codec(library(),
             {.name = "vlen-utf8", .types = {"string"}, .refused_types = {"bytes", "uint8", "float64", "raw of 3"}});
}

TEST_CASE("vlen-utf8 works from many threads", "[threads]") {
  test_codec_threads(library(), {.name = "vlen-utf8", .types = {"string"}});
}

TEST_CASE("vlen-utf8 writes counts and lengths as little-endian numbers") {
  const BenchCodec codec(library(), "vlen-utf8", "{}");
  const auto& type = BenchType::named("string");
  const BenchRepresentation representation(type, {3});
  BenchArray array(type, {3});
  array.assign({"ab", "", "\xC3\xA4"});
  CHECK(checked_encode(codec.bind(representation).get(), array) ==
        Octets{3, 0, 0, 0, 2, 0, 0, 0, 'a', 'b', 0, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA4});
}

TEST_CASE("vlen-utf8 says what is wrong with a chunk") {
  CHECK(decode_two({2, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0}).first == ZEO_OK);
  check_refused({}, "number of elements is cut off");
  check_refused({3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "3 elements, not the 2");
  check_refused({2, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "ends too early");
  check_refused({2, 0, 0, 0, 2, 0, 0, 0, 'a', 0, 0, 0, 0}, "element 0 claims 2 bytes, of which only 1");
  check_refused({2, 0, 0, 0, 1, 0, 0, 0, 'a', 0xFF, 0xFF, 0xFF, 0xFF}, "element 1 claims 4294967295 bytes");
  check_refused({2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'x'}, "1 bytes follow the last element");
  check_refused({2, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0, 0, 0, 0}, "element 0 is not valid UTF-8 from its byte 0 on");
  CHECK(decode_two({2, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0}, 0).first == ZEO_NO_MEMORY);
}

TEST_CASE("vlen-utf8 writes nothing it would not read") {
  const BenchCodec codec(library(), "vlen-utf8", "{}");
  const auto& type = BenchType::named("string");
  const BenchRepresentation representation(type, {2});
  const auto bound = codec.bind(representation);
  BenchArray array(type, {2});
  array.assign({"fine", "\xED\xA0\x80"});  // a surrogate
  PresetOut out(0, 1000);
  BenchCall call;
  CHECK(bound->v->encode(bound.get(), array.abi(), out.abi(), call) == ZEO_INVALID);
  CHECK(call.message().find("element 1") != std::string::npos);
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  using zeolite::sdk::find_invalid_utf8;
  constexpr auto fine = std::string_view::npos;
  for (const std::string text : {"", "plain text", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                 "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(find_invalid_utf8(text) == fine);
    CHECK(find_invalid_utf8("12345678" + text + "1234567890") == fine);
  }
  for (const std::string text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    CHECK(find_invalid_utf8(text) == 0);
    CHECK(find_invalid_utf8("12345678ab" + text + "1234567890") == 10);
  }
}
