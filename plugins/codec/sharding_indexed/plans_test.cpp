// SPDX-License-Identifier: Apache-2.0
//
// The plans alone, driven by hand over values in memory: no engine, no store, no other plugin.
#include <random>

#include "model_host.hpp"
#include "sharding_indexed.hpp"

namespace zeolite::sharding_indexed {
namespace {

using Catch::Contains;
using model::Elements;
using model::Failure;
using model::Log;
using model::Selection;
using model::Value;
using Dims = std::vector<std::uint64_t>;

constexpr std::uint16_t fill = 7;

/// A codec of this configuration and what it is bound to.
struct Subject {
  model::ModelHost host;
  model::ModelType type{2};
  Dims shape;
  sdk::Owned<zeo_codec> codec;
  sdk::Owned<zeo_bound_codec> bound;

  explicit Subject(Dims shard_shape, const std::string& configuration, const char* name = "sharding_indexed")
      : shape(std::move(shard_shape)) {
    model::ModelCall call;
    zeo_object* object = nullptr;
    const auto& factory = sdk::factory_of<ShardingIndexed>;
    check(factory.create(&factory, &host.abi, sdk::abi(std::string_view(name)), sdk::abi(configuration), &object, call),
          call);
    codec.reset(reinterpret_cast<zeo_codec*>(object));
    zeo_representation decoded{};
    decoded.struct_size = sizeof decoded;
    decoded.kind = ZEO_REPRESENTATION_ARRAY;
    decoded.ndim = static_cast<std::uint32_t>(shape.size());
    decoded.shape = shape.data();
    decoded.data_type = &type.abi;
    decoded.fill_value = {reinterpret_cast<const std::uint8_t*>(&fill), sizeof fill};
    zeo_bound_codec* made = nullptr;
    check(codec->v->bind(codec.get(), &decoded, &made, call), call);
    bound.reset(made);
  }

  static void check(zeo_status status, const model::ModelCall& call) {
    if (status != ZEO_OK) throw Failure{status, call.message};
  }

  model::Driver driver() const { return {*bound, shape, fill}; }
};

std::string configuration(const std::string& chunk_shape, const std::string& location = "end",
                          const std::string& index = R"({"name": "raw"})",
                          const std::string& codecs = R"({"name": "raw"}, {"name": "trim"})") {
  return R"({"chunk_shape": )" + chunk_shape + R"(, "codecs": [)" + codecs + R"(], "index_codecs": [)" + index +
         R"(], "index_location": ")" + location + "\"}";
}

template <class Body>
Failure failure(Body body) {
  try {
    body();
  } catch (const Failure& caught) {
    return caught;
  }
  FAIL("nothing was thrown");
  return {};
}

Selection all(const Dims& shape) { return {Dims(shape.size(), 0), shape, {}}; }

/// An index in memory order and then the chunks.
std::vector<std::uint8_t> shard_of(const std::vector<Entry>& entries, std::size_t chunk_bytes) {
  std::vector<std::uint8_t> value(chunk_bytes);
  for (std::size_t i = 0; i < chunk_bytes; ++i) value[i] = static_cast<std::uint8_t>(i);
  const auto* const index = reinterpret_cast<const std::uint8_t*>(entries.data());
  value.insert(value.end(), index, index + entries.size() * sizeof(Entry));
  return value;
}

std::vector<Entry> entries_of(const std::vector<std::uint8_t>& value, std::size_t chunks) {
  std::vector<Entry> entries(chunks);
  std::memcpy(entries.data(), value.data() + value.size() - chunks * sizeof(Entry), chunks * sizeof(Entry));
  return entries;
}

}  // namespace

TEST_CASE("a box written to a shard is what a model array has, whatever was there and however the index is stored") {
  const auto seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u);
  const auto index = GENERATE(as<std::string>{}, R"({"name": "raw"})", R"({"name": "swapped"}, {"name": "sum"})");
  const auto location = GENERATE(as<std::string>{}, "start", "end");
  std::mt19937 random(seed);
  const auto up_to = [&](std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(1, n)(random); };
  const auto ndim = seed % 4;
  Dims shape, inner;
  for (std::size_t axis = 0; axis < ndim; ++axis) {
    inner.push_back(up_to(4));
    shape.push_back(inner.back() * up_to(4));
  }
  const Subject subject(shape, configuration(fmt::format("[{}]", fmt::join(inner, ", ")), location, index));
  const auto driver = subject.driver();

  Value value;
  Elements expected(model::count(shape), fill);
  for (int round = 0; round < 12; ++round) {
    Selection box{Dims(ndim), Dims(ndim), {}};
    for (std::size_t axis = 0; axis < ndim; ++axis) {
      box.origin[axis] = up_to(shape[axis]) - 1;
      box.shape[axis] = up_to(shape[axis] - box.origin[axis]);
    }
    if (round == 6) box = all(shape);
    // Every third round writes nothing but the fill value, so that chunks and shards vanish again.
    Elements elements(model::count(box.shape), fill);
    if (round % 3 != 2) {
      for (auto& element : elements) element = static_cast<std::uint16_t>(up_to(9) - 1);
    }
    value = driver.write(value, box, elements);
    model::each(shape, [&](const auto& place, std::uint64_t i) {
      if (const auto from = box.index(place)) expected[i] = elements[*from];
    });
    REQUIRE(driver.read(value, all(shape)) == expected);

    Selection stepped{Dims(ndim), Dims(ndim), Dims(ndim)};
    for (std::size_t axis = 0; axis < ndim; ++axis) {
      stepped.origin[axis] = up_to(shape[axis]) - 1;
      stepped.step[axis] = up_to(shape[axis]);
      stepped.shape[axis] = up_to((shape[axis] - 1 - stepped.origin[axis]) / stepped.step[axis] + 1);
    }
    Elements part(model::count(stepped.shape));
    model::each(shape, [&](const auto& place, std::uint64_t i) {
      if (const auto to = stepped.index(place)) part[*to] = expected[i];
    });
    REQUIRE(driver.read(value, stepped) == part);
  }
  // Equal content has equal bytes, however it was written.
  CHECK(driver.write({}, all(shape), expected) == value);
  CHECK_FALSE(driver.write(value, all(shape), Elements(expected.size(), fill)));
}

TEST_CASE("a whole shard is asked for as one range, a part of it through the index") {
  const auto location = GENERATE(as<std::string>{}, "start", "end");
  const Subject subject({4, 6}, configuration("[2, 2]", location));
  const auto value = subject.driver().write({}, all({4, 6}), Elements(24, 1));
  Log whole;
  subject.driver().read(value, all({4, 6}), &whole);
  REQUIRE(whole.ranges.size() == 1);
  CHECK(whole.ranges[0].offset == 0);
  CHECK(whole.ranges[0].length == ZEOLITE_REST);
  Log part;
  subject.driver().read(value, {{1, 2}, {1, 3}, {}}, &part);
  REQUIRE(part.ranges.size() == 1);
  CHECK(part.ranges[0].offset == (location == "end" ? ZEOLITE_SUFFIX : 0));
  CHECK(part.ranges[0].length == 6 * 16);
  CHECK(part.coded == 2);
}

TEST_CASE("inner chunks that steps pass over are not read") {
  const Subject subject({100}, configuration("[2]"));
  const auto value = subject.driver().write({}, all({100}), Elements(100, 1));
  Log log;
  CHECK(subject.driver().read(value, {{1}, {4}, {30}}, &log) == Elements(4, 1));
  CHECK(log.coded == 4);
}

TEST_CASE("many pieces come in pages") {
  const Subject subject({10000}, configuration("[1]", "end"));
  Log log;
  const auto value = subject.driver().write({}, {{5000}, {1}, {}}, {3});
  const auto elements = subject.driver().read(value, all({10000}), &log);
  CHECK(elements[4999] == fill);
  CHECK(elements[5000] == 3);
  CHECK(log.pages == std::vector<std::size_t>{4096, 4096, 1808});
  CHECK(log.coded == 1);
}

TEST_CASE("writing everything reads nothing, writing whole inner chunks reads the index only") {
  const Subject subject({8}, configuration("[2]"));
  auto value = subject.driver().write({}, all({8}), Elements(8, 1));
  Log everything;
  subject.driver().write(value, all({8}), Elements(8, 2), &everything);
  CHECK(everything.ranges.empty());
  CHECK(everything.needed == 0);
  Log chunks;
  subject.driver().write(value, {{2}, {4}, {}}, Elements(4, 2), &chunks);
  CHECK(chunks.ranges.size() == 1);
  CHECK(chunks.needed == 0);
  Log half;
  subject.driver().write(value, {{3}, {3}, {}}, Elements(3, 2), &half);
  CHECK(half.pages == std::vector<std::size_t>{2});
  CHECK(half.needed == 1);
}

TEST_CASE("untouched inner chunks are carried over as bytes, neighbours as one run") {
  const Subject subject({12}, configuration("[2]", "start"));
  const auto value = subject.driver().write({}, all({12}), Elements(12, 1));
  Log log;
  const auto changed = subject.driver().write(value, {{5}, {1}, {}}, {9}, &log);
  REQUIRE(log.segments.size() == 4);
  CHECK(log.segments[0].kind == ZEO_SEGMENT_BYTES);
  CHECK(log.segments[1].kind == ZEO_SEGMENT_OLD);
  CHECK(log.segments[1].range.offset == 6 * 16);
  CHECK(log.segments[2].kind == ZEO_SEGMENT_PIECE);
  CHECK(log.segments[3].kind == ZEO_SEGMENT_OLD);
  CHECK(log.segments[3].range.length > log.segments[1].range.length);
  CHECK(subject.driver().read(changed, all({12})) == Elements{1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("a foreign shard with gaps, overlaps and another order is read, and rewritten chunk by chunk") {
  const Subject subject({6}, configuration("[1]", "end", R"({"name": "raw"})", R"({"name": "raw"})"));
  // Chunks 0 and 1 share their bytes, 2 overlaps them by half, 3 lies before them, 4 and 5 are empty.
  const auto value = shard_of({{4, 2}, {4, 2}, {5, 2}, {1, 2}, {empty, empty}, {empty, empty}}, 20);
  const Elements before = {0x0504, 0x0504, 0x0605, 0x0201, fill, fill};
  CHECK(subject.driver().read(value, all({6})) == before);
  const auto changed = subject.driver().write(value, {{5}, {1}, {}}, {0x1234});
  REQUIRE(changed);
  const auto entries = entries_of(*changed, 6);
  for (std::uint64_t i = 0; i < 4; ++i) {
    CHECK(entries[i].offset == 2 * i);
    CHECK(entries[i].nbytes == 2);
  }
  CHECK(entries[4].offset == empty);
  CHECK(subject.driver().read(changed, all({6})) == Elements{0x0504, 0x0504, 0x0605, 0x0201, fill, 0x1234});
}

TEST_CASE("an index that contradicts the shard is corrupt and says which inner chunk") {
  const Subject subject({2, 2}, configuration("[1, 1]", "end", R"({"name": "raw"})", R"({"name": "raw"})"));
  // Chunk (1, 0), in a shard of 20 + 64 bytes.
  const auto bad = GENERATE(Entry{empty, 2}, Entry{4, empty}, Entry{83, 2}, Entry{85, 0}, Entry{UINT64_MAX - 1, 2},
                            Entry{UINT64_MAX - 1, UINT64_MAX - 1}, Entry{0, 85}, Entry{2, UINT64_MAX - 1});
  const auto value = shard_of({{0, 2}, {2, 2}, bad, {4, 2}}, 20);
  CAPTURE(bad.offset, bad.nbytes);
  const auto driver = subject.driver();
  for (const auto& box : {all({2, 2}), Selection{{1, 0}, {1, 1}, {}}}) {
    const auto caught = failure([&] { driver.read(value, box); });
    CHECK(caught.status == ZEO_CORRUPT);
    CHECK_THAT(caught.message, Contains("inner chunk (1, 0)") && Contains(std::to_string(bad.nbytes)) &&
                                   Contains("offset " + std::to_string(bad.offset)) && Contains("84 bytes in all"));
  }
  // The rest can be read, carrying it over cannot be done, replacing it all can.
  CHECK(driver.read(value, {{0, 0}, {1, 2}, {}}) == Elements{0x0100, 0x0302});
  CHECK(failure([&] { driver.write(value, {{0, 0}, {1, 1}, {}}, {1}); }).status == ZEO_CORRUPT);
  const auto mended = driver.write(value, {{1, 0}, {1, 1}, {}}, {1});
  CHECK(driver.read(mended, all({2, 2})) == Elements{0x0100, 0x0302, 1, 0x0504});
}

TEST_CASE("a value shorter than its index is corrupt") {
  const auto location = GENERATE(as<std::string>{}, "start", "end");
  const Subject subject({4}, configuration("[1]", location));
  const Value value = std::vector<std::uint8_t>(63);
  for (const auto& box : {all({4}), Selection{{0}, {1}, {}}}) {
    CHECK(failure([&] { subject.driver().read(value, box); }).status == ZEO_CORRUPT);
  }
  CHECK_THAT(failure([&] { subject.driver().read(value, all({4})); }).message,
             Contains("63 bytes") && Contains("64 of its index"));
  CHECK(failure([&] { subject.driver().write(value, {{0}, {1}, {}}, {1}); }).status == ZEO_CORRUPT);
}

TEST_CASE("what the index codecs refuse is refused") {
  const Subject subject({4}, configuration("[1]", "end", R"({"name": "raw"}, {"name": "sum"})"));
  auto value = subject.driver().write({}, all({4}), Elements(4, 1));
  REQUIRE(value);
  value->back() ^= 1;
  CHECK(failure([&] { subject.driver().read(value, all({4})); }).status == ZEO_CORRUPT);
  CHECK(failure([&] { subject.driver().write(value, {{0}, {1}, {}}, {1}); }).status == ZEO_CORRUPT);
  CHECK(subject.driver().write(value, all({4}), Elements(4, 1)));
}

TEST_CASE("a present inner chunk without bytes is carried over, and cannot be changed in part") {
  const Subject subject({4}, configuration("[2]", "end", R"({"name": "raw"})", R"({"name": "raw"}, {"name": "trim"})"));
  const auto value = shard_of({{0, 0}, {3, 1}}, 20);
  CHECK(subject.driver().read(value, all({4})) == Elements{0, 0, 3, 0});
  CHECK(subject.driver().read(subject.driver().write(value, {{2}, {2}, {}}, {5, 6}), all({4})) == Elements{0, 0, 5, 6});
  CHECK(failure([&] { subject.driver().write(value, {{1}, {1}, {}}, {5}); }).status == ZEO_CORRUPT);
  CHECK(subject.driver().read(subject.driver().write(value, {{0}, {2}, {}}, {8, 9}), all({4})) == Elements{8, 9, 3, 0});
}

TEST_CASE("wrong combinations are refused when bound, with the numbers") {
  const auto message = [](Dims shape, const std::string& config) {
    const auto caught = failure([&] { Subject subject(std::move(shape), config); });
    CHECK((caught.status == ZEO_INVALID || caught.status == ZEO_UNSUPPORTED));
    return caught.message;
  };
  CHECK_THAT(message({4, 100}, configuration("[2, 30]")), Contains("axis 1") && Contains("100 is no multiple of 30"));
  CHECK_THAT(message({4, 100}, configuration("[2]")), Contains("has 1 axes") && Contains("has 2"));
  CHECK_THAT(message({4}, configuration("[2, 2]")), Contains("2 axes"));
  CHECK_THAT(message(Dims(64, 1), configuration("[" + fmt::format("{}", fmt::join(Dims(64, 1), ", ")) + "]")),
             Contains("63 axes"));
  CHECK_THAT(message({1u << 20, 1u << 20}, configuration("[1, 1]")), Contains("inner chunks"));
  CHECK_THAT(message({4}, configuration("[2]", "end", R"({"name": "raw"}, {"name": "trim"}, {"name": "sum"})")),
             Contains("fixed size") && Contains("\"trim\""));
}

TEST_CASE("wrong configurations are refused when created") {
  const auto message = [](const std::string& config, const char* name = "sharding_indexed") {
    const auto caught = failure([&] { Subject subject({4}, config, name); });
    CHECK(caught.status == ZEO_INVALID);
    return caught.message;
  };
  CHECK_THAT(message("{}"), Contains("chunk_shape"));
  CHECK_THAT(message(R"({"chunk_shape": [2], "codecs": [{"name": "raw"}]})"), Contains("index_codecs"));
  CHECK_THAT(message(R"({"chunk_shape": [2], "index_codecs": [{"name": "raw"}]})"), Contains("\"codecs\""));
  CHECK_THAT(message(configuration("[0]")), Contains("chunk_shape"));
  CHECK_THAT(message(configuration("[-2]")), Contains("chunk_shape"));
  CHECK_THAT(message(configuration("2")), Contains("chunk_shape"));
  CHECK_THAT(message(configuration("[2]", "middle")), Contains("index_location") && Contains("start"));
  CHECK_THAT(message(configuration("[2]", "end", "")), Contains("index_codecs"));
  CHECK_THAT(message(configuration("[2]", "end", R"({"name": "raw"})", "3")), Contains("codecs"));
  CHECK_THAT(message(R"({"chunk_shape": [2], "codecs": 1, "index_codecs": 1})"), Contains("codecs"));
  CHECK_THAT(message(R"({"chunk_shape": [2], "codecs": ["raw"], "index_codecs": ["raw"], "more": 1})"),
             Contains("more"));
  CHECK_THAT(message(R"({"chunk_shape": [2]})", "@shard"), Contains("\"codecs\""));
}

TEST_CASE("the role completes the configuration, and short-hand names are spelled out") {
  model::ModelCall call;
  model::ModelHost host;
  zeo_object* object = nullptr;
  const auto& factory = sdk::factory_of<ShardingIndexed>;
  const std::string given = R"({"chunk_shape": [2, 3], "codecs": ["raw", {"name": "zip", "configuration": {"a": 1}}]})";
  REQUIRE(factory.create(&factory, &host.abi, sdk::abi("@shard"), sdk::abi(given), &object, call) == ZEO_OK);
  const sdk::Owned<zeo_object> owned(object);
  std::string text(1000, ' ');
  zeo_out out{reinterpret_cast<std::uint8_t*>(text.data()), 0, text.size(), nullptr, nullptr};
  REQUIRE(object->v->to_json(object, &out, call) == ZEO_OK);
  text.resize(out.size);
  CHECK(sdk::json::parse(text) == sdk::json::parse(R"({"chunk_shape": [2, 3],
      "codecs": [{"name": "raw"}, {"name": "zip", "configuration": {"a": 1}}],
      "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
      "index_location": "end"})"));
}

TEST_CASE("a host that breaks the order of a plan is told so") {
  const Subject subject({4}, configuration("[2]"));
  const std::uint64_t origin = 0, shape = 1;
  const zeo_box box{&origin, &shape, nullptr};
  model::ModelCall call;
  zeo_plan* made = nullptr;
  REQUIRE(subject.bound->v->read_plan(subject.bound.get(), &box, &made, call) == ZEO_OK);
  const sdk::Owned<zeo_plan> plan(made);
  zeo_wants wants{};
  wants.struct_size = sizeof wants;
  const zeo_got got[2] = {};
  CHECK(plan->v->advance(plan.get(), got, 1, &wants, call) == ZEO_INTERNAL);
  REQUIRE(plan->v->advance(plan.get(), nullptr, 0, &wants, call) == ZEO_OK);
  REQUIRE(wants.kind == ZEO_WANTS_RANGES);
  CHECK(plan->v->advance(plan.get(), nullptr, 0, &wants, call) == ZEO_INTERNAL);
  CHECK(plan->v->advance(plan.get(), got, 2, &wants, call) == ZEO_INTERNAL);
  REQUIRE(plan->v->advance(plan.get(), got, 1, &wants, call) == ZEO_OK);  // not present: one piece of fill value
  REQUIRE(wants.kind == ZEO_WANTS_PIECES);
  REQUIRE(wants.n == 1);
  CHECK(wants.pieces[0].kind == ZEO_PIECE_FILL);
  REQUIRE(plan->v->advance(plan.get(), nullptr, 0, &wants, call) == ZEO_OK);
  REQUIRE(wants.kind == ZEO_WANTS_DONE);
  CHECK(plan->v->advance(plan.get(), nullptr, 0, &wants, call) == ZEO_INTERNAL);
  CHECK_THAT(call.message, Contains("ended"));
}

TEST_CASE("random bytes never do worse than an error") {
  std::mt19937 random(42);
  const Subject subject({4, 4}, configuration("[2, 1]", "end", R"({"name": "raw"})", R"({"name": "raw"})"));
  const auto driver = subject.driver();
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> value(random() % 200);
    // Mostly zeros and ones, or hardly any entry would pass the first check.
    for (auto& byte : value) byte = random() % 8 == 0 ? static_cast<std::uint8_t>(random()) : 0;
    const auto survive = [&](auto body) {
      try {
        body();
      } catch (const Failure& caught) {
        CHECK(caught.status == ZEO_CORRUPT);
      }
    };
    survive([&] { driver.read(value, all({4, 4})); });
    survive([&] { driver.read(value, {{1, 1}, {2, 2}, {}}); });
    survive([&] { driver.write(value, {{1, 1}, {2, 2}, {}}, Elements(4, 3)); });
  }
}

}  // namespace zeolite::sharding_indexed
