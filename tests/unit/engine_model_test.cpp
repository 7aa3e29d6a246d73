// SPDX-License-Identifier: Apache-2.0
//
// Random arrays, random boxes: what the engine reads and writes is what a plain array in memory would hold.
#include <zeolite/testing/catch.hpp>

#include <boost/json/parse.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using test::Model;
using test::Random;

namespace {

boost::json::value json(std::string_view text) { return boost::json::parse({text.data(), text.size()}); }

/// Codec lists that between them use every way the engine has.
std::vector<Extension> random_codecs(Random& random, std::size_t ndim) {
  std::vector<Extension> codecs;
  if (ndim > 1 && random.chance(30)) {
    boost::json::array order;
    for (std::size_t i = ndim; i-- > 0;) order.emplace_back(static_cast<std::int64_t>(i));
    codecs.emplace_back("transpose", boost::json::object{{"order", order}});
  }
  codecs.emplace_back("bytes", boost::json::object{{"endian", random.chance(50) ? "little" : "big"}});
  if (random.chance(30)) codecs.emplace_back("gzip", boost::json::object{{"level", 1}});
  if (random.chance(30)) codecs.emplace_back("crc32c");
  return codecs;
}

struct Case {
  Shape shape;
  ArrayOptions options;
};

Case random_case(Random& random) {
  Case c;
  const auto ndim = random.below(4);
  ArrayOptions options;
  for (std::size_t i = 0; i < ndim; ++i) {
    const auto length = random.chance(5) ? 0 : random.between(1, 24);
    options.shape.push_back(length);
    const auto chunk = random.between(1, 7);
    options.chunk_shape.push_back(chunk);
    options.shard_shape.push_back(chunk * random.between(1, 3));
  }
  if (random.chance(50)) options.shard_shape.clear();
  options.data_type = "int32";
  options.fill_value = random.chance(50) ? -7 : 0;
  options.codecs = random_codecs(random, ndim);
  c.shape = options.shape;
  c.options = options;
  return c;
}

std::vector<std::int32_t> random_values(Random& random, std::uint64_t n, std::int32_t fill) {
  std::vector<std::int32_t> values(n);
  const bool mostly_fill = random.chance(20);
  for (auto& value : values) value = mostly_fill ? fill : static_cast<std::int32_t>(random.below(1000));
  return values;
}

void play(const Store& store, unsigned seed, int operations) {
  Random random(seed);
  auto c = random_case(random);
  INFO("seed " << seed << "\n"
               << [&] {
                    std::string text;
                    for (const auto& codec : c.options.codecs) text += codec.name + " ";
                    return text;
                  }());
  const auto fill = static_cast<std::int32_t>(c.options.fill_value.to_number<std::int64_t>());
  const auto path = "array" + std::to_string(seed);
  const auto array = create_array(store, path, c.options);
  REQUIRE(array.unusable() == "");
  Model model(c.shape, fill);
  for (int i = 0; i < operations; ++i) {
    const auto box = random.box_in(c.shape);
    if (random.chance(50)) {
      const auto values = random_values(random, count_elements(box.shape), fill);
      array.write(box, values);
      model.write(box, values);
    } else {
      REQUIRE(array.read<std::int32_t>(box) == model.read(box));
    }
  }
  const auto reopened = open_array(store, path);
  REQUIRE(reopened.read<std::int32_t>() == model.elements);
}

}  // namespace

TEST_CASE("reading and writing random boxes of random arrays equals a plain array", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  for (unsigned seed = 0; seed < 150; ++seed) play(store, seed, 30);
}

TEST_CASE("the same without helper threads, and with small batches", "[engine]") {
  ContextOptions options;
  options.threads = 0;
  options.working_bytes = 64;
  const Context context(options);
  const auto store = Store::open(context, "memory:");
  for (unsigned seed = 1000; seed < 1040; ++seed) play(store, seed, 20);
}

TEST_CASE("the same through a store that answers late, out of order, on its own threads", "[threads]") {
  const Context context;
  for (unsigned seed = 2000; seed < 2025; ++seed) {
    test::AsyncStore values(3, seed);
    const auto store = Store::adopt(context, values.abi(), "async:");
    play(store, seed, 15);
  }
}

TEST_CASE("caller's strides are respected, negative ones too", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  const auto array = create_array(store, "a", test::int32_array({4, 6}, {3, 4}));
  const auto values = test::counted(24, 0);
  // The memory holds the transposed array, last row first.
  std::vector<std::int32_t> memory(24);
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 6; ++c) memory[c * 4 + (3 - r)] = values[r * 6 + c];
  }
  array.write(array.all(), memory.data() + 3, {-4, 16});
  CHECK(array.read<std::int32_t>() == values);
  std::vector<std::int32_t> back(24, -1);
  array.read(array.all(), back.data() + 3, {-4, 16});
  CHECK(back == memory);
}

TEST_CASE("many threads write parts of the same chunks and lose nothing", "[threads]") {
  const Context context;
  test::AsyncStore values(2);
  for (const bool async : {false, true}) {
    const auto store = async ? Store::adopt(context, values.abi(), "async:") : Store::open(context, "memory:");
    const auto array = create_array(store, "a", test::int32_array({64}, {8}, {32}));
    std::vector<std::thread> writers;
    for (std::uint64_t t = 0; t < 8; ++t) {
      writers.emplace_back([&, t] {
        for (std::uint64_t i = t; i < 64; i += 8) array.write(box({i}, {1}), std::vector<std::int32_t>{int(i) + 1});
      });
    }
    for (auto& writer : writers) writer.join();
    CHECK(array.read<std::int32_t>() == test::counted(64));
  }
}

TEST_CASE("a store that fails gives an error that names array, chunk and store", "[threads]") {
  const Context context;
  using test::Fault;
  for (const auto fault : {Fault::fail, Fault::say_corrupt, Fault::short_answer, Fault::unknown_status}) {
    test::AsyncStore values(2);
    const auto store = Store::adopt(context, values.abi(), "async:");
    const auto array = create_array(store, "g/a", test::int32_array({100}, {10}));
    array.write(array.all(), std::vector<std::int32_t>(100, 3));
    values.fault = [&](const zeo_store_op& operation) {
      return std::string_view(operation.key.data, operation.key.size) == "g/a/c/7" ? fault : Fault::none;
    };
    try {
      (void)array.read<std::int32_t>();
      FAIL("no error");
    } catch (const Error& error) {
      const std::string text = error.what();
      CHECK(text.find("chunk g/a/c/7") != std::string::npos);
      CHECK(text.find("array /g/a") != std::string::npos);
      CHECK(text.find("store async:") != std::string::npos);
    }
    values.fault = nullptr;
    CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>(100, 3));
  }
}

TEST_CASE("one inner chunk of a shard is read with two requests, and rewritten without decoding the others",
          "[engine]") {
  const Context context;
  test::AsyncStore values(1);
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto array = create_array(store, "a", test::int32_array({1024}, {16}, {1024}));
  const auto elements = test::counted(1024);
  array.write(array.all(), elements);
  REQUIRE(values.sets == 3);  // the documents of the root and the array, and the shard

  values.gets = 0;
  values.bytes_read = 0;
  CHECK(array.read<std::int32_t>(box({160}, {16}))[3] == 164);
  CHECK(values.gets == 2);  // the index, the inner chunk
  CHECK(values.bytes_read == 64 * 16 + 4 + 16 * 4);

  values.gets = 0;
  CHECK(array.read<std::int32_t>() == elements);
  CHECK(values.gets == 1);  // the whole shard

  // A damaged inner chunk elsewhere is carried over as it is: nobody looks at it.
  const auto before = values.values.at("a/c/0");
  array.write(box({160}, {16}), std::vector<std::int32_t>(16, -1));
  const auto after = values.values.at("a/c/0");
  CHECK(before.substr(0, 160 * 4) == after.substr(0, 160 * 4));
}

TEST_CASE("chunks that hold only the fill value are not stored, unless asked for", "[engine]") {
  const Context context;
  test::AsyncStore values(1);
  const auto store = Store::adopt(context, values.abi(), "async:");
  ArrayOptions options;
  options.shape = {8};
  options.chunk_shape = {4};
  options.data_type = "float64";
  options.fill_value = json(R"("NaN")");
  const auto array = create_array(store, "a", options);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  array.write(box({0}, {4}), std::vector<double>(4, nan));
  CHECK(values.values.count("a/c/0") == 0);
  array.write(box({0}, {4}), std::vector<double>{1, nan, nan, nan});
  CHECK(values.values.count("a/c/0") == 1);
  array.write(box({0}, {1}), std::vector<double>{nan});
  CHECK(values.values.count("a/c/0") == 0);
  WriteOptions keep;
  keep.store_fill_chunks = true;
  array.write(box({0}, {4}), std::vector<double>(4, nan), keep);
  CHECK(values.values.count("a/c/0") == 1);
}

TEST_CASE("a store that cannot delete keeps chunks of nothing but the fill value", "[engine]") {
  const Context context;
  test::AsyncStore values(1);
  values.properties.flags &= ~std::uint32_t{ZEO_STORE_DELETABLE};
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto array = create_array(store, "a", test::int32_array({8}, {4}));
  array.write(array.all(), std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8});
  array.write(box({0}, {4}), std::vector<std::int32_t>(4, 0));
  CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>{0, 0, 0, 0, 5, 6, 7, 8});
}

TEST_CASE("boxes that do not fit are refused, saying along which dimension", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  const auto array = create_array(store, "a", test::int32_array({4, 6}, {2, 2}));
  const auto refuses = [&](const Box& box, std::string_view fragment) {
    std::vector<std::int32_t> memory(100);
    const auto error = test::failure_of([&] { array.read(box, memory.data()); });
    CHECK(error.code() == ErrorCode::invalid);
    INFO(error.what());
    CHECK(std::string_view(error.what()).find(fragment) != std::string_view::npos);
  };
  refuses(box({0, 0}, {4, 7}), "dimension 1");
  refuses(box({4, 0}, {1, 1}), "dimension 0");
  refuses(box({0}, {1}), "dimensions");
  refuses(box({0, 0}, {1, 1}, {0, 1}), "step 0");
  refuses(box({0, 0}, {2, 2}, {UINT64_MAX, 1}), "dimension 0");
  refuses(box({UINT64_MAX, 0}, {1, 1}), "dimension 0");
  refuses(box({0, 0}, {UINT64_MAX, 1}), "dimension 0");
  CHECK_THROWS_AS(array.read<float>(array.all()), Error);
  CHECK_THROWS_AS(array.read_strings(array.all()), Error);
}

TEST_CASE("elements of another type are refused, saying which they are", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  auto options = test::int32_array({4}, {4});
  const auto integers = create_array(store, "integers", options);
  const auto error = test::failure_of([&] { (void)integers.read<float>(); });
  CHECK(error.message() ==
        "the caller's floating-point numbers, of 4 bytes, are not of the array's type int32, of 4 bytes");
  options.data_type = "float16";
  const auto halves = create_array(store, "halves", options);
  // The bits may be had, but nobody takes them for a number by mistake.
  CHECK(test::failure_of([&] { (void)halves.read<std::int16_t>(); }).code() == ErrorCode::invalid);
  CHECK(halves.read<std::uint16_t>() == std::vector<std::uint16_t>(4, 0));
}

TEST_CASE("resizing removes chunks that fall outside and keeps the rest", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  auto array = create_array(store, "a", test::int32_array({6, 6}, {2, 2}));
  std::vector<std::int32_t> ones(36, 1);
  array.write(array.all(), ones);
  array.resize({4, 2});
  CHECK(array.shape() == Shape{4, 2});
  int chunks = 0;
  store.list("a/c/", false, [&](const StoreEntry&) { ++chunks; });
  CHECK(chunks == 2);
  array.resize({4, 6});
  CHECK(open_array(store, "a").read<std::int32_t>(box({0, 0}, {1, 6})) == std::vector<std::int32_t>{1, 1, 0, 0, 0, 0});
}

TEST_CASE("a box without memory for it, or of mixed ranks, is refused", "[engine]") {
  const Context context;
  const auto array = create_array(context, "memory:", test::int32_array({4, 4}, {2, 2}));
  const auto refusal = [&](const Box& box, void* memory) {
    return test::failure_of([&] { array.read(box, memory); }).message();
  };
  CHECK_THAT(refusal(box({0, 0}, {2, 2}), nullptr), Catch::Contains("no memory is given"));
  const void* const nothing = nullptr;
  CHECK_THROWS_WITH(array.write(array.all(), nothing), Catch::Contains("no memory is given"));
  array.read(box({0, 0}, {2, 0}), nullptr);
  std::vector<std::int32_t> elements(16);
  CHECK_THAT(refusal({{0}, {2, 2}, {}}, elements.data()), Catch::Contains("origin has 1 dimensions"));
  CHECK_THAT(refusal({{0, 0}, {2}, {}}, elements.data()), Catch::Contains("shape has 1 dimensions"));
  CHECK_THAT(refusal({{0, 0}, {2, 2}, {1}}, elements.data()), Catch::Contains("step has 1 dimensions"));
}

TEST_CASE("a store whose properties are too short to be read is refused", "[engine]") {
  const Context context;
  test::AsyncStore values(1);
  values.properties.struct_size = 8;
  CHECK_THROWS_WITH(Store::adopt(context, values.abi(), "async:"), Catch::Contains("its properties are too short"));
}
