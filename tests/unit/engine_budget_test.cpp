// SPDX-License-Identifier: Apache-2.0
//
// The memory that chunks under way may take.
#include <zeolite/testing/catch.hpp>

#include "base/budget.hpp"
#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;
using test::counted;
using test::int32_array;

namespace {

struct Waiter final : Budget::Waiter {
  int told = 0;
  void may_ask_again() noexcept override { ++told; }
};

/// Shards of square inner chunks, coded by `codec`.
boost::json::value sharding_json(std::int64_t edge, boost::json::value codec) {
  const boost::json::object little{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  const boost::json::array codecs{std::move(codec)}, index{little};
  const boost::json::array shape{edge, edge};
  return boost::json::object{
      {"name", "sharding_indexed"},
      {"configuration", boost::json::object{{"chunk_shape", shape}, {"codecs", codecs}, {"index_codecs", index}}}};
}

}  // namespace

TEST_CASE("shares are granted in the order in which they were asked for", "[engine]") {
  Budget budget(100);
  const auto first = std::make_shared<Waiter>(), second = std::make_shared<Waiter>();
  CHECK(budget.take(60, first));
  CHECK_FALSE(budget.take(50, second));
  // There would be room, but not before the one who waits.
  CHECK_FALSE(budget.take(10, first));
  budget.give_back(60);
  CHECK(second->told == 1);
  CHECK(first->told == 0);
  CHECK_FALSE(budget.take(10, first));
  CHECK(budget.take(50, second));
  CHECK(first->told == 1);
  CHECK(budget.take(10, first));
  CHECK(budget.used_bytes() == 60);
  budget.give_back(60);
}

TEST_CASE("a share larger than the budget is granted alone, and who leaves the queue lets others pass", "[engine]") {
  Budget budget(100);
  const auto large = std::make_shared<Waiter>(), small = std::make_shared<Waiter>();
  CHECK(budget.take(1, small));
  CHECK_FALSE(budget.take(1000, large));
  CHECK_FALSE(budget.take(1, small));
  budget.leave(*large);
  CHECK(small->told == 1);
  CHECK(budget.take(1, small));
  budget.give_back(2);
  CHECK(budget.take(1000, large));
  CHECK_FALSE(budget.take(1, small));
  budget.give_back(1000);
  CHECK(budget.take(1, small));
  CHECK(budget.take(0, large));
}

TEST_CASE("no more is asked of a store than fits into memory", "[engine][threads]") {
  AsyncStore values(2, 3, true);
  // 4 KiB a chunk.
  const auto gzipped = [] {
    auto options = int32_array({200, 1024}, {1, 1024});
    options.codecs = {"bytes", Extension("gzip", {{"level", 1}})};
    return options;
  };
  const auto most_at_once = [&](std::optional<std::uint64_t> working_bytes) {
    ContextOptions options;
    options.threads = 2;
    options.working_bytes = working_bytes;
    const Context context(options);
    const auto array = open_array(Store::adopt(context, values.abi(), "async:"), "a");
    values.most_under_way = 0;
    CHECK(array.read<std::int32_t>() == counted(200 * 1024));
    CHECK(context.runtime().working_bytes_used == 0);
    return values.most_under_way.load();
  };
  {
    const Context context;
    create_array(Store::adopt(context, values.abi(), "async:"), "a", gzipped())
        .write(box({0, 0}, {200, 1024}), counted(200 * 1024));
  }
  CHECK(most_at_once({}) > 60);
  // A chunk takes its decoded size and what it may be encoded to.
  CHECK(most_at_once(80 << 10) <= 20);
  CHECK(most_at_once(1) == 1);
}

TEST_CASE("with less memory than a chunk takes, all is read and written, one chunk after the other",
          "[engine][threads]") {
  for (const unsigned threads : {0u, 1u, 3u}) {
    ContextOptions options;
    options.threads = threads;
    options.working_bytes = 1;
    const Context context(options);
    AsyncStore values(2, 4, true);
    for (const auto& store : {Store::open(context, "memory:"), Store::adopt(context, values.abi(), "async:")}) {
      for (const auto& shard : {Shape{}, Shape{30, 20}}) {
        auto options = int32_array({60, 60}, {3, 4}, shard);
        options.codecs = {"bytes", Extension("gzip", {{"level", 1}})};
        options.overwrite = true;
        const auto array = create_array(store, "a", options);
        array.write(array.all(), counted(3600));
        CHECK(array.read<std::int32_t>() == counted(3600));
        array.write(box({5, 5}, {20, 20}), counted(400));
        CHECK(array.read<std::int32_t>(box({5, 5}, {20, 20})) == counted(400));
      }
    }
    CHECK(context.runtime().working_bytes_used == 0);
  }
}

TEST_CASE("several callers share little memory, and each ends", "[engine][threads]") {
  ContextOptions options;
  options.threads = 2;
  options.working_bytes = 20'000;
  const Context context(options);
  AsyncStore values(2, 4, true);
  const auto store = Store::adopt(context, values.abi(), "async:");
  std::vector<std::jthread> callers;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&, i] {
      // Of very different sizes: none may starve.
      const std::uint64_t length = i % 2 == 0 ? 16 : 8192;
      auto options = int32_array({16384}, {length});
      options.codecs = {"bytes", Extension("gzip", {{"level", 1}})};
      const auto array = create_array(store, "a" + std::to_string(i), options);
      for (int round = 0; round < 3; ++round) {
        array.write(array.all(), counted(16384));
        if (array.read<std::int32_t>() != counted(16384)) ++wrong;
      }
    });
  }
  callers.clear();
  CHECK(wrong == 0);
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("shards that are wanted whole are counted, too", "[engine][threads]") {
  AsyncStore values(2, 3, true);
  {
    const Context context;
    // 16 KiB a shard.
    const auto array =
        create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({200, 4096}, {1, 256}, {1, 4096}));
    array.write(array.all(), counted(200 * 4096));
  }
  ContextOptions options;
  options.threads = 2;
  options.working_bytes = 200 << 10;
  const Context context(options);
  const auto array = open_array(Store::adopt(context, values.abi(), "async:"), "a");
  values.most_under_way = 0;
  CHECK(array.read<std::int32_t>() == counted(200 * 4096));
  CHECK(values.most_under_way <= 13);
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("shards in shards, some inner ones whole and some in part, share little memory", "[engine][threads]") {
  ContextOptions options;
  options.threads = 2;
  options.working_bytes = 64 << 10;
  const Context context(options);
  AsyncStore values(2, 3, true);
  auto described = int32_array({2048, 64}, {64, 64});
  const boost::json::object little{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  const auto outer = sharding_json(16, sharding_json(4, little));
  described.codecs = {Extension("sharding_indexed", outer.at("configuration").as_object())};
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", described);
  array.write(array.all(), counted(2048 * 64));
  const auto part = array.read<std::int32_t>(box({0, 0}, {2048, 40}));
  for (std::size_t i = 0; i < 2048; ++i) REQUIRE(part[i * 40 + 39] == static_cast<std::int32_t>(i * 64 + 40));
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("pieces of a shard that is counted as a whole take no shares of their own", "[engine]") {
  // More than a plan fetches as it is, so that pieces are asked for. For one of these budgets there is room for a shard
  // as the engine counts it, but none for a piece beside it.
  constexpr std::uint64_t length = std::uint64_t{159} << 20;
  const auto room = GENERATE(160, 192, 224);
  CAPTURE(room);
  ContextOptions options;
  options.threads = 1;
  options.working_bytes = (static_cast<std::uint64_t>(room) << 20) + (std::uint64_t{512} << 10);
  const Context context(options);
  auto described = int32_array({2, length}, {1, 1 << 20}, {1, length});
  described.data_type = "uint8";
  const auto array = create_array(Store::open(context, "memory:"), "a", described);
  for (std::uint64_t row = 0; row < 2; ++row) array.write(box({row, 5}, {1, 1}), std::vector<std::uint8_t>{7});
  std::vector<std::uint8_t> expected(2 * length);
  expected[5] = expected[length + 5] = 7;
  CHECK((array.read<std::uint8_t>() == expected));
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("a chunk whose shape a codec refuses fails alone, also where its share is asked for", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  const std::string document = R"({"zarr_format":3,"node_type":"array","shape":[10],"data_type":"int32",
    "chunk_grid":{"name":"rectilinear","configuration":{"kind":"inline","chunk_shapes":[[4,6]]}},
    "chunk_key_encoding":{"name":"default"},"fill_value":0,"attributes":{},
    "codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[4],
      "codecs":[{"name":"bytes","configuration":{"endian":"little"}}],
      "index_codecs":[{"name":"bytes","configuration":{"endian":"little"}}]}}]})";
  store.set("a/zarr.json", std::as_bytes(std::span(document)));
  const auto array = open_array(store, "a");
  CHECK(array.read<std::int32_t>(box({0}, {4})) == std::vector<std::int32_t>(4, 0));
  CHECK_THROWS_AS(array.read<std::int32_t>(), Error);
  CHECK_THROWS_AS(array.write(array.all(), counted(10)), Error);
}
