// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_bytes"); }

const auto little = R"({"endian":"little"})", big = R"({"endian":"big"})";

/// The elements 0x0102, 0x0304 as a chunk has them.
Octets encode_two(const char* configuration) {
  const BenchCodec codec(library(), "bytes", configuration);
  const auto& type = BenchType::named("int16");
  const BenchRepresentation representation(type, {2});
  BenchArray array(type, {2});
  const std::uint16_t elements[] = {0x0102, 0x0304};
  std::memcpy(array.abi()->data, elements, sizeof elements);
  return checked_encode(codec.bind(representation).get(), array);
}

std::uint32_t flags(const char* configuration, const char* type) {
  const BenchCodec codec(library(), "bytes", configuration);
  const BenchRepresentation representation(BenchType::named(type), {2});
  return describe(codec.bind(representation).get()).flags;
}

}  // namespace

TEST_CASE("bytes keeps the contract") {
  const std::vector<std::string> fixed = {"bool",       "uint8",    "int16",     "float32", "float64",
                                          "complex128", "raw of 3", "mixed of 5"};
  test_codec(library(), {.name = "bytes",
                         .configurations = {little, big},
                         .refused = {R"({"endian":"native"})", R"({"endian":1})"},
                         .types = fixed,
                         .refused_types = {"string", "bytes"}});
  test_codec(library(), {.name = "bytes",
                         .types = {"bool", "uint8", "raw of 3"},
                         .refused_types = {"int16", "complex128", "mixed of 5", "string"}});
  test_codec(library(), {.name = "endian", .configurations = {big}, .types = {"float64"}});
}

TEST_CASE("bytes works from many threads", "[threads]") {
  test_codec_threads(library(), {.name = "bytes", .configurations = {big}, .types = {"int16"}});
}

TEST_CASE("bytes stores elements in the byte order it is told") {
  CHECK(encode_two(little) == Octets{2, 1, 4, 3});
  CHECK(encode_two(big) == Octets{1, 2, 3, 4});
}

TEST_CASE("bytes says when the stored bytes are what memory holds") {
  const auto here = std::endian::native == std::endian::little ? little : big;
  const auto there = std::endian::native == std::endian::little ? big : little;
  CHECK((flags(here, "float32") & ZEO_CODEC_IDENTITY) != 0);
  CHECK((flags(there, "float32") & ZEO_CODEC_IDENTITY) == 0);
  CHECK((flags(there, "uint8") & ZEO_CODEC_IDENTITY) != 0);
  CHECK((flags("{}", "raw of 3") & ZEO_CODEC_IDENTITY) != 0);
}

TEST_CASE("bytes writes no byte order where none was given") {
  CHECK(check_configuration(library(), "bytes", BenchCodec(library(), "bytes", "{}").abi()) == "{}");
  CHECK(check_configuration(library(), "bytes", BenchCodec(library(), "bytes", big).abi()) == big);
}

TEST_CASE("bytes says what would be right") {
  const BenchCodec codec(library(), "bytes", "{}");
  CHECK(codec.refusal(BenchRepresentation(BenchType::named("float32"), {3})).find("\"endian\"") != std::string::npos);
  CHECK(codec.refusal(BenchRepresentation(BenchType::named("string"), {3})).find("vlen-utf8") != std::string::npos);
  CHECK(codec.refusal(BenchRepresentation(BenchType::named("bytes"), {3})).find("vlen-bytes") != std::string::npos);
  CHECK(
      codec.refusal(BenchRepresentation(BenchType::named("uint8"), {1u << 31, 1u << 31, 1u << 31})).find("too large") !=
      std::string::npos);

  const auto& type = BenchType::named("uint8");
  const BenchRepresentation representation(type, {3});
  const auto bound = codec.bind(representation);
  BenchArray array(type, {3});
  BenchCall call;
  CHECK(bound->v->decode(bound.get(), bytes({1, 2}), array.abi(), call) == ZEO_CORRUPT);
  CHECK(call.message().find("has 2 bytes") != std::string::npos);
  CHECK(call.message().find("take 3") != std::string::npos);
}

TEST_CASE("bytes reads a small box of a large chunk in part") {
  // Pieces of a page or more, and never much more than the box needs.
  for (const auto* configuration : {little, big}) {
    INFO(configuration);
    const BenchCodec codec(library(), "bytes", configuration);
    const auto& type = BenchType::named("float32");
    const Shape shape = {40, 30, 50};
    const BenchRepresentation representation(type, shape);
    const auto bound = codec.bind(representation);
    std::mt19937_64 random(test_seed());
    BenchArray decoded(type, shape);
    decoded.assign(random_elements(type, count(shape), Content::random, random));
    const auto encoded = checked_encode(bound.get(), decoded);
    test_read_plans(bound.get(), encoded, decoded, random);

    const Shape origin = {3, 4, 5}, extent = {2, 3, 4}, whole = {0, 0, 0};
    const zeo_box box{origin.data(), extent.data(), nullptr}, all{whole.data(), shape.data(), nullptr};
    BenchCall call;
    zeo_plan* made = nullptr;
    REQUIRE(bound->v->read_plan(bound.get(), &box, &made, call) == ZEO_OK);
    const Object<zeo_plan> plan(made);
    zeo_wants wants{};
    wants.struct_size = sizeof wants;
    REQUIRE(plan->v->advance(plan.get(), nullptr, 0, &wants, call) == ZEO_OK);
    REQUIRE(wants.kind == ZEO_WANTS_PIECES);
    REQUIRE(wants.n == 1);  // rows of 200 bytes and planes of 6000 are too short to be asked for by themselves
    CHECK(wants.pieces[0].range.offset == 3 * 6000);
    CHECK(wants.pieces[0].range.length == 2 * 6000);
    zeo_plan* none = nullptr;
    CHECK(bound->v->read_plan(bound.get(), &all, &none, call) == ZEO_UNSUPPORTED);
  }
}
