// SPDX-License-Identifier: Apache-2.0
//
// Several reads at once, and what is asked of the store for them.
#include <zeolite/testing/catch.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;
using test::counted;
using test::int32_array;

namespace {

void check_batches(const Store& store) {
  test::Random random(11);
  std::vector<Array> arrays;
  std::vector<test::Model> models;
  const std::vector<ArrayOptions> all = {int32_array({40, 30}, {7, 5}), int32_array({200}, {8}, {32}),
                                         int32_array({9, 8, 7}, {3, 8, 2})};
  for (const auto& options : all) {
    arrays.push_back(create_array(store, "a" + std::to_string(arrays.size()), options));
    models.emplace_back(options.shape);
    const auto elements = counted(models.back().elements.size());
    arrays.back().write(arrays.back().all(), elements);
    models.back().elements = elements;
  }
  for (int round = 0; round < 20; ++round) {
    std::vector<ReadRequest> requests;
    std::vector<std::vector<std::int32_t>> outputs, expected;
    outputs.reserve(300);
    for (std::uint64_t i = random.below(300); i > 0; --i) {
      const auto which = random.below(arrays.size());
      const auto box = random.box_in(models[which].shape);
      expected.push_back(models[which].read(box));
      outputs.emplace_back(expected.back().size(), -1);
      requests.push_back({arrays[which], box, outputs.back().data(), {}});
    }
    read(requests);
    CHECK(outputs == expected);
  }
}

}  // namespace

TEST_CASE("several boxes of several arrays are read as they would be alone", "[engine][threads]") {
  ContextOptions options;
  options.threads = 2;
  const Context context(options);
  check_batches(Store::open(context, "memory:"));
  AsyncStore values(2, 3);
  check_batches(Store::adopt(context, values.abi(), "async:"));
}

TEST_CASE("arrays of two contexts are not read together", "[engine]") {
  const Context one, two;
  const auto a = create_array(Store::open(one, "memory:"), "a", int32_array({4}, {4}));
  const auto b = create_array(Store::open(two, "memory:"), "b", int32_array({4}, {4}));
  std::vector<std::int32_t> memory(4);
  const std::vector<ReadRequest> requests = {{a, a.all(), memory.data(), {}}, {b, b.all(), memory.data(), {}}};
  CHECK_THROWS_AS(read(requests), Error);
  CHECK_NOTHROW(read({}));
}

TEST_CASE("reads of one value in a batch are one request", "[engine]") {
  ContextOptions options;
  options.threads = 0;
  const Context context(options);
  AsyncStore values(1);
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto array = create_array(store, "a", int32_array({64, 16}, {32, 16}));
  const auto elements = counted(64 * 16);
  array.write(array.all(), elements);
  values.gets = 0;
  std::vector<std::int32_t> output(64 * 16);
  std::vector<ReadRequest> requests;
  for (std::uint64_t row = 0; row < 64; ++row) {
    // In an order that visits both chunks in turn.
    const auto at = row % 2 * 32 + row / 2;
    requests.push_back({array, box({at, 0}, {1, 16}), output.data() + at * 16, {}});
  }
  const auto before = context.counters();
  read(requests);
  CHECK(output == elements);
  CHECK(values.gets == 2);
  const auto after = context.counters();
  CHECK(after.requests - before.requests == 2);
  CHECK(after.joined - before.joined == 62);
  CHECK(after.read_bytes - before.read_bytes == 64 * 16 * 4);
  CHECK(after.written_bytes == before.written_bytes);
}

TEST_CASE("the index of a shard is asked for once, and again when the shard has changed", "[engine]") {
  const Context context;
  AsyncStore values(1);
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto array = create_array(store, "a", int32_array({64}, {4}, {64}));
  array.write(box({0}, {32}), counted(32));
  const auto read_at = [&](std::uint64_t at) {
    values.gets = 0;
    return array.read<std::int32_t>(box({at}, {4}));
  };
  CHECK(read_at(4) == counted(4, 5));
  CHECK(values.gets == 2);
  CHECK(read_at(8) == counted(4, 9));
  CHECK(values.gets == 1);
  CHECK(context.counters().indexes_asked == 1);
  CHECK(context.counters().indexes_kept == 1);
  // A part that is not stored is told by the index alone, which is confirmed.
  CHECK(read_at(40) == std::vector<std::int32_t>(4, 0));
  CHECK(values.gets == 0);

  // Somebody else replaces the shard: what was kept is not believed, whatever it would lead to.
  const auto other = create_array(store, "b", int32_array({64}, {4}, {64}));
  other.write(box({32}, {32}), counted(32, 100));
  const auto replacement = values.values.at("b/c/0");
  const auto replace = [&] { store.set("a/c/0", std::as_bytes(std::span(replacement))); };
  const auto original = values.values.at("a/c/0");
  replace();
  CHECK(read_at(40) == counted(4, 108));
  store.set("a/c/0", std::as_bytes(std::span(original)));
  CHECK(read_at(40) == std::vector<std::int32_t>(4, 0));
  CHECK(read_at(0) == counted(4));
  replace();
  CHECK(read_at(0) == std::vector<std::int32_t>(4, 0));
  store.remove("a/c/0");
  CHECK(read_at(40) == std::vector<std::int32_t>(4, 0));

  ContextOptions without;
  without.index_cache_bytes = 0;
  const Context forgetful(without);
  const auto again = open_array(Store::adopt(forgetful, values.abi(), "async:"), "b");
  for (int round = 0; round < 2; ++round) {
    values.gets = 0;
    CHECK(again.read<std::int32_t>(box({32}, {4})) == counted(4, 100));
    CHECK(values.gets == 2);
  }
}

TEST_CASE("elements come in memory of their own kind of vector", "[engine]") {
  const Context context;
  const auto array = create_array(Store::open(context, "memory:"), "a", int32_array({1 << 20}, {1 << 18}));
  auto elements = array.read<std::int32_t>();
  static_assert(std::is_same_v<decltype(elements), Elements<std::int32_t>>);
  CHECK(elements.size() == std::size_t{1} << 20);
  CHECK(elements == std::vector<std::int32_t>(1 << 20, 0));
  elements[5] = 7;
  elements.resize((1 << 20) + 3, 9);
  CHECK(elements.back() == 9);
  elements.resize(1 << 20);
  array.write(array.all(), elements);
  CHECK(array.read<std::int32_t>(box({5}, {1})) == std::vector<std::int32_t>{7});
  array.write(box({6}, {2}), {1, 2});
  CHECK(array.read<std::int32_t>(box({5}, {3})) == std::vector<std::int32_t>{7, 1, 2});
}
