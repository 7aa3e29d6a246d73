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
  const std::vector<std::string> fixed = {"bool",    "uint8",      "int16",    "float32",
                                          "float64", "complex128", "raw of 3", "mixed of 5"};
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
  // What the host can do by itself, with strides, comes with one of the two flags; the rest is handed over
  // contiguously.
  CHECK(flags(here, "float64") == ZEO_CODEC_IDENTITY);
  CHECK(flags(there, "float64") == ZEO_CODEC_SWAPPED);
  CHECK(flags(here, "mixed of 5") == ZEO_CODEC_IDENTITY);
  CHECK(flags(there, "mixed of 5") == 0);
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

  const std::uint64_t edge = 1u << 21;  // 2^63 bytes in all
  CHECK(codec.refusal(BenchRepresentation(BenchType::named("uint8"), {edge, edge, edge})).find("too large") !=
        std::string::npos);

  const auto& type = BenchType::named("uint8");
  const BenchRepresentation representation(type, {3});
  const auto bound = codec.bind(representation);
  BenchArray array(type, {3});
  BenchCall call;
  CHECK(bound->v->decode(bound.get(), bytes({1, 2}), array.abi(), call) == ZEO_CORRUPT);
  CHECK(call.message().find("has 2 bytes") != std::string::npos);
  CHECK(call.message().find("take 3") != std::string::npos);
  CHECK(bound->v->decode(bound.get(), bytes({1, 2, 3, 4}), array.abi(), call) == ZEO_CORRUPT);
  CHECK(call.message().find("has 4 bytes") != std::string::npos);
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
    REQUIRE(wants.kind == ZEO_WANTS_RANGES);
    REQUIRE(wants.n == 1);  // rows of 200 bytes and planes of 6000 are too short to be asked for by themselves
    CHECK(wants.ranges[0].offset == 3 * 6000);
    CHECK(wants.ranges[0].length == 2 * 6000);
    // A chunk of another size is refused, whatever the box.
    const zeo_got got{{encoded.data() + 3 * 6000, 2 * 6000}, encoded.size() + 1, 1, 0};
    CHECK(plan->v->advance(plan.get(), &got, 1, &wants, call) == ZEO_CORRUPT);
    CHECK(call.message().find("has 240001 bytes") != std::string::npos);
    zeo_plan* none = nullptr;
    CHECK(bound->v->read_plan(bound.get(), &all, &none, call) == ZEO_UNSUPPORTED);
  }
}

TEST_CASE("bytes reads a box in as many runs as are worth it") {
  const BenchCodec codec(library(), "bytes", little);
  const auto& type = BenchType::named("int16");
  const Shape shape = {8, 6, 9000};
  const BenchRepresentation representation(type, shape);
  const auto bound = codec.bind(representation);
  std::mt19937_64 random(test_seed());
  BenchArray decoded(type, shape);
  decoded.assign(random_elements(type, count(shape), Content::random, random));
  test_read_plans(bound.get(), checked_encode(bound.get(), decoded), decoded, random);

  const auto ranges = [&](const Shape& origin, const Shape& extent, const Shape& step) {
    const zeo_box box{origin.data(), extent.data(), step.data()};
    BenchCall call;
    zeo_plan* made = nullptr;
    const auto status = bound->v->read_plan(bound.get(), &box, &made, call);
    const Object<zeo_plan> plan(made);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
    if (status == ZEO_UNSUPPORTED) return list;
    zeo_wants wants{};
    wants.struct_size = sizeof wants;
    REQUIRE(plan->v->advance(plan.get(), nullptr, 0, &wants, call) == ZEO_OK);
    for (std::uint64_t i = 0; i < wants.n; ++i) list.emplace_back(wants.ranges[i].offset, wants.ranges[i].length);
    return list;
  };
  using List = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  constexpr std::uint64_t row = 18000, plane = 6 * row;
  // A step between rows is one between runs.
  CHECK(ranges({1, 0, 100}, {1, 2, 3000}, {1, 3, 1}) == List{{plane + 200, 6000}, {plane + 3 * row + 200, 6000}});
  // Gaps of less than a page are read along, over as many rows as the box has.
  CHECK(ranges({1, 2, 100}, {1, 2, 8000}, {1, 1, 1}) == List{{plane + 2 * row, 2 * row}});
  // A single run may be short.
  CHECK(ranges({7, 5, 8999}, {1, 1, 1}, {1, 1, 1}) == List{{8 * plane - 2, 2}});
  // More than half of the chunk: all of it is as good.
  CHECK(ranges({0, 0, 0}, {7, 6, 9000}, {1, 1, 1}).empty());
  CHECK(ranges({0, 0, 0}, {4, 6, 9000}, {1, 1, 1}) == List{{0, 4 * plane}});
}
