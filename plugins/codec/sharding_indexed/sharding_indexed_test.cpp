// SPDX-License-Identifier: Apache-2.0
//
// Sharded arrays through the public interface, together with the codecs they are used with.
#include <algorithm>
#include <cstring>
#include <random>
#include <thread>

#include <boost/json/parse.hpp>

#include <zeolite/testing/catch.hpp>
#include <zeolite/zeolite.hpp>

namespace zeolite {
namespace {

using Catch::Contains;
using Values = std::vector<std::uint16_t>;
using Bytes = std::vector<std::byte>;

constexpr std::uint16_t fill = 7;
constexpr auto little = R"({"name": "bytes", "configuration": {"endian": "little"}})";
constexpr auto big = R"({"name": "bytes", "configuration": {"endian": "big"}})";
constexpr auto crc = R"({"name": "crc32c"})";
constexpr auto gzip = R"({"name": "gzip", "configuration": {"level": 1}})";

std::string join(const std::string& first) { return first; }
template <class... More>
std::string join(const std::string& first, const More&... more) {
  return first + ", " + join(more...);
}

std::string sharding(const std::string& chunk_shape, const std::string& codecs, const std::string& index_codecs,
                     const std::string& location = "end") {
  return R"({"name": "sharding_indexed", "configuration": {"chunk_shape": )" + chunk_shape + R"(, "codecs": [)" +
         codecs + R"(], "index_codecs": [)" + index_codecs + R"(], "index_location": ")" + location + "\"}}";
}

/// An array of uint16 in a new store in memory, cut into shards coded by `codecs`.
Array make_array(const Context& context, Shape shape, Shape shard_shape, const std::string& codecs) {
  ArrayOptions options{.shape = std::move(shape), .chunk_shape = std::move(shard_shape), .data_type = "uint16"};
  options.fill_value = fill;
  const auto list = boost::json::parse("[" + codecs + "]");
  for (const auto& codec : list.as_array()) options.codecs.push_back(parse_extension(codec, "/codecs"));
  return create_array(Store::open(context, "memory:"), "a", options);
}

/// What the array ought to hold.
struct Model {
  Shape shape;
  Values elements;

  explicit Model(Shape of) : shape(std::move(of)), elements(count_elements(shape), fill) {}

  /// Calls body(element of the model, index in the box) for all elements of a box.
  template <class Body>
  void each(const Box& box, Body body) {
    for (std::uint64_t i = 0; i < count_elements(box.shape); ++i) {
      std::uint64_t at = 0;
      auto rest = i;
      std::uint64_t stride = 1;
      for (auto axis = shape.size(); axis-- > 0;) {
        const auto k = rest % box.shape[axis];
        rest /= box.shape[axis];
        at += (box.origin[axis] + k * (box.step.empty() ? 1 : box.step[axis])) * stride;
        stride *= shape[axis];
      }
      body(elements[at], i);
    }
  }
};

/// One uint64 of a stored index.
std::uint64_t number_at(const Bytes& value, std::size_t offset) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = number << 8 | std::to_integer<std::uint64_t>(value.at(offset + i));
  return number;
}

void put_number(Bytes& value, std::size_t offset, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i) value.at(offset + i) = static_cast<std::byte>(number >> (8 * i));
}

/// The bytes of an inner chunk, in a shard whose little-endian index stands at `index`.
Bytes inner_chunk(const Bytes& value, std::size_t index, std::size_t number) {
  const auto offset = number_at(value, index + 16 * number);
  const auto nbytes = number_at(value, index + 16 * number + 8);
  REQUIRE(offset + nbytes <= value.size());
  const auto begin = value.begin() + static_cast<std::ptrdiff_t>(offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(nbytes)};
}

template <class Body>
Error failure(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return {ErrorCode::internal, ""};
}

}  // namespace

TEST_CASE("any chain with shards in it holds what a model array holds after any writes") {
  const auto codecs = GENERATE_COPY(values<std::string>({
      sharding("[2, 3]", little, join(little, crc)),
      sharding("[2, 3]", join(little, gzip), join(little, crc), "start"),
      sharding("[8, 12]", big, big),
      sharding("[1, 1]", little, join(R"({"name": "transpose", "configuration": {"order": [2, 0, 1]}})", big)),
      join(sharding("[4, 4]", little, join(little, crc)), crc),
      join(sharding("[4, 4]", join(little, gzip), little, "start"), gzip, crc),
      join(R"({"name": "transpose", "configuration": {"order": [1, 0]}})",
           sharding("[3, 2]", join(little, gzip), join(little, crc))),
      sharding("[2, 6]", join(R"({"name": "transpose", "configuration": {"order": [1, 0]}})", little), little),
      sharding("[4, 6]", sharding("[2, 2]", join(little, gzip), join(big, crc)), join(little, crc)),
      sharding("[4, 6]", sharding("[2, 2]", little, join(little, crc), "start"), little, "start"),
      sharding("[4, 6]", join(sharding("[2, 2]", little, join(little, crc)), gzip), join(little, crc)),
      sharding("[4, 6]", sharding("[4, 3]", sharding("[1, 3]", little, little), join(little, crc), "start"), big),
  }));
  const auto threads = GENERATE(0u, 3u);
  ContextOptions options;
  options.threads = threads;
  const Context context(options);
  INFO(codecs);
  const Shape shape = {19, 25};  // neither is a multiple of the shard's: edges are tested too
  const auto array = make_array(context, shape, {8, 12}, codecs);
  Model model(shape);
  std::mt19937 random(static_cast<unsigned>(codecs.size()));
  const auto up_to = [&](std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(1, n)(random); };
  for (int round = 0; round < 12; ++round) {
    Box target = box({up_to(19) - 1, up_to(25) - 1}, {1, 1});
    for (std::size_t axis = 0; axis < 2; ++axis) target.shape[axis] = up_to(shape[axis] - target.origin[axis]);
    if (round == 6) target = array.all();
    Values elements(count_elements(target.shape), fill);
    if (round % 4 != 3) {
      for (auto& element : elements) element = static_cast<std::uint16_t>(up_to(9) - 1);
    }
    array.write(target, elements);
    model.each(target, [&](std::uint16_t& element, std::uint64_t i) { element = elements[i]; });
    REQUIRE(array.read<std::uint16_t>() == model.elements);

    Box stepped = box({up_to(19) - 1, up_to(25) - 1}, {1, 1}, {up_to(12), up_to(14)});
    for (std::size_t axis = 0; axis < 2; ++axis) {
      stepped.shape[axis] = up_to((shape[axis] - 1 - stepped.origin[axis]) / stepped.step[axis] + 1);
    }
    Values part(count_elements(stepped.shape));
    model.each(stepped, [&](std::uint16_t& element, std::uint64_t i) { part[i] = element; });
    REQUIRE(array.read<std::uint16_t>(stepped) == part);
  }
  array.write(array.all(), Values(model.elements.size(), fill));
  for (std::uint64_t i = 0; i < 9; ++i) CHECK_FALSE(array.read_encoded({i / 3, i % 3}));
}

TEST_CASE("shards of any rank and shape give back what was written") {
  const auto seed = GENERATE(range(0u, 24u));
  std::mt19937 random(seed);
  const auto up_to = [&](std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(1, n)(random); };
  const Context context;
  Shape shape, shard;
  std::string inner;
  for (std::size_t axis = 0; axis < seed % 5; ++axis) {
    const auto edge = up_to(3);
    inner += (inner.empty() ? "" : ", ") + std::to_string(edge);
    shard.push_back(edge * up_to(3));
    shape.push_back(up_to(2 * shard.back()));
  }
  const auto location = seed % 2 == 0 ? "end" : "start";
  const auto array =
      make_array(context, shape, shard, sharding("[" + inner + "]", join(little, gzip), join(little, crc), location));
  Values elements(count_elements(shape));
  for (auto& element : elements) element = static_cast<std::uint16_t>(up_to(1000));
  array.write(array.all(), elements);
  CHECK(array.read<std::uint16_t>() == elements);
  const auto again = open_array(array.store(), "a");
  CHECK(again.read<std::uint16_t>() == elements);
}

TEST_CASE("an array made with a shard shape gets this codec, its index completed") {
  const Context context;
  const auto array =
      create_array(Store::open(context, "memory:"), "",
                   {.shape = {100, 100}, .chunk_shape = {10, 20}, .shard_shape = {50, 40}, .data_type = "float32"});
  REQUIRE(array.metadata().codecs.size() == 1);
  const auto& codec = array.metadata().codecs[0];
  CHECK(codec.name == "sharding_indexed");
  CHECK(codec.configuration.at("chunk_shape") == boost::json::parse("[10, 20]"));
  CHECK(codec.configuration.at("index_codecs") ==
        boost::json::parse(R"([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}])"));
  CHECK(codec.configuration.at("index_location") == "end");
  array.write(box({45, 35}, {10, 10}), std::vector<float>(100, 1.5f));
  CHECK(array.read<float>(box({45, 35}, {10, 10})) == std::vector<float>(100, 1.5f));
  CHECK(array.read<float>(box({44, 35}, {1, 2})) == std::vector<float>(2, 0.f));
}

TEST_CASE("a new shard is laid out as the specification says") {
  const Context context;
  const auto array = make_array(context, {6}, {6}, sharding("[2]", little, little));
  array.write(box({4}, {2}), Values{0x1122, 0x3344});
  array.write(box({1}, {1}), Values{0x5566});
  const auto value = array.read_encoded({0});
  REQUIRE(value);
  const Bytes chunks = {std::byte{7},    std::byte{0},    std::byte{0x66}, std::byte{0x55},
                        std::byte{0x22}, std::byte{0x11}, std::byte{0x44}, std::byte{0x33}};
  REQUIRE(value->size() == 8 + 48);
  CHECK(Bytes(value->begin(), value->begin() + 8) == chunks);
  const std::vector<std::uint64_t> index = {0, 4, UINT64_MAX, UINT64_MAX, 4, 4};
  for (std::size_t i = 0; i < 6; ++i) CHECK(number_at(*value, 8 + 8 * i) == index[i]);
}

TEST_CASE("untouched inner chunks are carried over byte for byte, even those nobody could decode") {
  const Context context;
  const auto location = GENERATE(as<std::string>{}, "end", "start");
  const auto array = make_array(context, {4, 4}, {4, 4}, sharding("[2, 2]", join(little, gzip), little, location));
  Values elements(16);
  for (std::size_t i = 0; i < 16; ++i) elements[i] = static_cast<std::uint16_t>(i * i);
  array.write(array.all(), elements);
  auto value = array.read_encoded({0, 0}).value();
  const auto index_of = [&](const Bytes& shard) { return location == "end" ? shard.size() - 64 : 0; };

  // Spoil inner chunk (1, 0); its neighbours are not concerned.
  const auto spoiled_at = number_at(value, index_of(value) + 32);
  for (std::size_t i = 0; i < number_at(value, index_of(value) + 40); ++i) value[spoiled_at + i] = std::byte{0x5a};
  array.write_encoded({0, 0}, value);
  array.write(box({0, 3}, {2, 1}), Values{1, 2});
  const auto changed = array.read_encoded({0, 0}).value();
  for (const std::size_t number : {0u, 2u, 3u}) {
    CHECK(inner_chunk(changed, index_of(changed), number) == inner_chunk(value, index_of(value), number));
  }
  CHECK(array.read<std::uint16_t>(box({0, 2}, {2, 2})) == Values{4, 1, 36, 2});
  CHECK(failure([&] { array.read<std::uint16_t>(box({2, 0}, {1, 1})); }).code() == ErrorCode::corrupt);
  // A part of what cannot be read cannot be replaced, all of it can.
  CHECK(failure([&] { array.write(box({2, 0}, {1, 1}), Values{1}); }).code() == ErrorCode::corrupt);
  CHECK(array.read_encoded({0, 0}).value() == changed);
  array.write(box({2, 0}, {2, 2}), Values{1, 2, 3, 4});
  CHECK(array.read<std::uint16_t>(box({2, 0}, {2, 2})) == Values{1, 2, 3, 4});
}

TEST_CASE("inner chunks of a nested shard are carried over as well") {
  const Context context;
  const auto array =
      make_array(context, {8}, {8}, sharding("[4]", sharding("[2]", join(little, gzip), little), little));
  array.write(array.all(), Values{1, 2, 3, 4, 5, 6, 7, 8});
  auto value = array.read_encoded({0}).value();
  // Spoil the gzip stream of elements 2 and 3: the second inner chunk of the first inner shard.
  const auto inner = inner_chunk(value, value.size() - 32, 0);
  const auto at = number_at(value, value.size() - 32) + number_at(inner, inner.size() - 16);
  value[at] = std::byte{0x5a};
  array.write_encoded({0}, value);
  array.write(box({1}, {1}), Values{20});
  CHECK(array.read<std::uint16_t>(box({0}, {2})) == Values{1, 20});
  CHECK(array.read<std::uint16_t>(box({4}, {4})) == Values{5, 6, 7, 8});
  CHECK(failure([&] { array.read<std::uint16_t>(box({2}, {1})); }).code() == ErrorCode::corrupt);
}

TEST_CASE("unused space in a foreign shard is no mistake, inside an outer codec either") {
  const Context context;
  const auto array = make_array(context, {4}, {4}, sharding("[2]", little, little, "start"));
  Bytes value(500, std::byte{0x77});
  const std::uint64_t index[] = {400, 4, 404, 4};
  for (std::size_t i = 0; i < 4; ++i) put_number(value, 8 * i, index[i]);
  for (std::size_t i = 0; i < 8; ++i) value[400 + i] = static_cast<std::byte>(i % 2 == 0 ? i : 0);
  array.write_encoded({0}, value);
  CHECK(array.read<std::uint16_t>() == Values{0, 2, 4, 6});

  // The same bytes through a codec around the shard.
  const auto bytes = create_array(
      array.store(), "b", {.shape = {500}, .chunk_shape = {500}, .data_type = "uint8", .codecs = {"bytes", "gzip"}});
  std::vector<std::uint8_t> plain(500);
  std::memcpy(plain.data(), value.data(), 500);
  bytes.write(bytes.all(), plain);
  const auto outer = make_array(context, {4}, {4}, join(sharding("[2]", little, little, "start"), gzip));
  outer.write_encoded({0}, bytes.read_encoded({0}).value());
  CHECK(outer.read<std::uint16_t>() == Values{0, 2, 4, 6});
  outer.write(box({1}, {1}), Values{9});
  CHECK(outer.read<std::uint16_t>() == Values{0, 9, 4, 6});
}

TEST_CASE("a wrong index is corrupt, and the error says of which array, chunk and codec") {
  const Context context;
  const auto array = make_array(context, {4, 4}, {4, 4}, sharding("[2, 2]", little, little));
  array.write(array.all(), Values(16, 1));
  const auto good = array.read_encoded({0, 0}).value();
  REQUIRE(good.size() == 32 + 64);
  const auto check = [&](const Bytes& value, const std::string& text) {
    array.write_encoded({0, 0}, value);
    for (const auto& where : {array.all(), box({2, 0}, {1, 1})}) {
      const auto error = failure([&] { array.read<std::uint16_t>(where); });
      CHECK(error.code() == ErrorCode::corrupt);
      CHECK_THAT(error.what(), Contains(text) && Contains("a/c/0/0") && Contains("/a") && Contains("sharding_indexed"));
    }
    CHECK(failure([&] { array.write(box({2, 0}, {1, 1}), Values{1}); }).code() == ErrorCode::corrupt);
    CHECK(array.read_encoded({0, 0}).value() == value);
  };
  for (const auto& [offset, nbytes] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {UINT64_MAX, 8}, {8, UINT64_MAX}, {90, 8}, {UINT64_MAX - 4, 8}, {97, 0}, {0, UINT64_MAX - 1}}) {
    auto value = good;
    put_number(value, 32 + 32, offset);
    put_number(value, 32 + 40, nbytes);
    check(value, "inner chunk (1, 0)");
  }
  for (const std::size_t size : {0u, 1u, 63u}) check(Bytes(size), "64 of its index");
}

TEST_CASE("a wrong checksum of the index is corrupt") {
  const Context context;
  const auto array = make_array(context, {4}, {4}, sharding("[2]", little, join(little, crc)));
  array.write(array.all(), Values{1, 2, 3, 4});
  auto value = array.read_encoded({0}).value();
  value[value.size() - 5] ^= std::byte{1};
  array.write_encoded({0}, value);
  CHECK(failure([&] { array.read<std::uint16_t>(); }).code() == ErrorCode::corrupt);
  CHECK(failure([&] { array.read<std::uint16_t>(box({1}, {1})); }).code() == ErrorCode::corrupt);
  CHECK(failure([&] { array.write(box({1}, {1}), Values{1}); }).code() == ErrorCode::corrupt);
  array.write(array.all(), Values{5, 6, 7, 8});
  CHECK(array.read<std::uint16_t>() == Values{5, 6, 7, 8});
}

TEST_CASE("index codecs whose size varies are refused by name") {
  const Context context;
  const auto error = failure([&] { make_array(context, {4}, {4}, sharding("[2]", little, join(little, gzip, crc))); });
  CHECK(error.code() == ErrorCode::invalid);
  CHECK_THAT(error.what(), Contains("fixed size") && Contains("gzip"));
}

TEST_CASE("inner chunks of one shard can be written at once", "[threads]") {
  const Context context;
  const auto array = make_array(context, {64}, {64}, sharding("[4]", join(little, gzip), join(little, crc)));
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 16; ++i) {
    threads.emplace_back([&array, i] { array.write(box({4 * i}, {4}), Values(4, static_cast<std::uint16_t>(i))); });
  }
  for (auto& thread : threads) thread.join();
  const auto elements = array.read<std::uint16_t>();
  for (std::size_t i = 0; i < 64; ++i) CHECK(elements[i] == i / 4);
}

}  // namespace zeolite
