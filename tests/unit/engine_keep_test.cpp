// SPDX-License-Identifier: Apache-2.0
//
// Replacing parts of shards: what the store keeps by itself, and what happens when others write meanwhile.
#include <zeolite/testing/catch.hpp>

#include <future>

#include <boost/json/parse.hpp>

#include <zeolite/async_start.hpp>

#include "engine/context_impl.hpp"
#include "engine/pause.hpp"
#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;
using test::counted;
using test::Fault;
using test::int32_array;

namespace {

struct Fixture {
  explicit Fixture(std::uint32_t least_kept_bytes, unsigned threads = 0) : context(context_options(threads)) {
    values.properties.least_kept_bytes = least_kept_bytes;
  }

  static ContextOptions context_options(unsigned threads) {
    ContextOptions options;
    options.threads = threads;
    return options;
  }

  Store store() { return Store::adopt(context, values.abi(), "async:"); }

  /// Does something while the n-th set of a chunk is on its way.
  void before_set(unsigned n, std::function<void()> act) {
    values.fault = [this, n, act = std::move(act), seen = 0u](const zeo_store_op& operation) mutable {
      if (operation.kind == ZEO_OP_SET && ++seen <= n) act();
      return Fault::none;
    };
  }

  AsyncStore values{1};
  Context context;
};

const std::string chunk_key = "a/c/0";
constexpr std::uint64_t index_bytes = 16 * 16 + 4;  // of a shard of 16 inner chunks, with its checksum

}  // namespace

TEST_CASE("what stays of a shard is left to a store that can keep it", "[engine]") {
  Fixture keeping(64), plain(0);
  for (auto* const side : {&keeping, &plain}) {
    const auto array = create_array(side->store(), "a", int32_array({512}, {32}, {512}));
    array.write(array.all(), counted(512));
    const auto before = side->context.counters();
    array.write(box({64}, {32}), counted(32, 1000));
    const auto after = side->context.counters();
    CHECK(after.requests - before.requests == (side == &keeping ? 2 : 3));
    CHECK(after.kept_bytes - before.kept_bytes == (side == &keeping ? 15 * 128 : 0));
    CHECK(after.read_bytes - before.read_bytes == index_bytes + (side == &keeping ? 0 : 15 * 128));
    CHECK(after.written_bytes - before.written_bytes == 128 + index_bytes + (side == &keeping ? 0 : 15 * 128));
  }
  CHECK(keeping.values.values == plain.values.values);
}

TEST_CASE("short ranges are read, and long ones left to the store", "[engine]") {
  // Some inner chunks of the first half are empty and take no bytes; writing cuts what is there into runs.
  for (const std::uint32_t least : {1u, 128u, 129u, 8u * 128, 8u * 128 + 1, 100'000u}) {
    INFO(least);
    Fixture keeping(least), plain(0);
    for (auto* const side : {&keeping, &plain}) {
      const auto array = create_array(side->store(), "a", int32_array({512}, {32}, {512}));
      auto elements = counted(512);
      for (std::size_t chunk = 0; chunk < 8; chunk += 2) std::fill_n(elements.begin() + chunk * 32, 32, 0);
      array.write(array.all(), elements);
      for (const std::uint64_t chunk : {15, 0, 2, 1}) array.write(box({chunk * 32 + 3}, {20}), counted(20, 77));
      for (std::size_t i = 0; i < 20; ++i) {
        for (const std::size_t chunk : {15, 0, 2, 1}) elements[chunk * 32 + 3 + i] = 77 + static_cast<int>(i);
      }
      CHECK(array.read<std::int32_t>(array.all()) == elements);
    }
    CHECK(keeping.values.values == plain.values.values);
    CHECK((keeping.context.counters().kept_bytes != 0) == (least < 100'000));
  }
}

TEST_CASE("a range as long as the least that pays is kept", "[engine]") {
  // Two inner chunks stay in front of the one that is written, and thirteen behind it.
  for (const auto& [least, kept] : {std::pair(2u * 128, 15u * 128), std::pair(2u * 128 + 1, 13u * 128)}) {
    Fixture keeping(least);
    const auto array = create_array(keeping.store(), "a", int32_array({512}, {32}, {512}));
    array.write(array.all(), counted(512));
    array.write(box({64}, {32}), counted(32, 1000));
    CHECK(keeping.context.counters().kept_bytes == kept);
  }
}

TEST_CASE("random writes leave the same bytes, whoever keeps what stays", "[engine]") {
  for (const std::uint32_t least : {1u, 300u}) {
    Fixture keeping(least, 2), plain(0, 2);
    test::Random random(5);
    auto options = int32_array({60, 50}, {6, 5}, {30, 20});
    const auto kept = create_array(keeping.store(), "a", options);
    const auto read = create_array(plain.store(), "a", options);
    test::Model model(options.shape);
    for (int round = 0; round < 60; ++round) {
      const auto region = random.box_in(options.shape);
      const auto n = count_elements(region.shape);
      auto elements = counted(n, round * 10'000);
      if (random.chance(20)) std::fill(elements.begin(), elements.end(), 0);
      kept.write(region, elements);
      read.write(region, elements);
      model.write(region, elements);
    }
    CHECK(kept.read<std::int32_t>(kept.all()) == model.elements);
    CHECK(keeping.values.values == plain.values.values);
    CHECK(keeping.context.counters().kept_bytes > 0);
    CHECK(plain.context.counters().kept_bytes == 0);
  }
}

TEST_CASE("inner shards are rewritten within shards that the store keeps", "[engine]") {
  Fixture keeping(1), plain(0);
  auto options = int32_array({256}, {64}, {256});
  const auto inner = boost::json::parse(R"({"chunk_shape": [16],
      "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
      "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]})");
  options.codecs = {Extension("sharding_indexed", inner.as_object())};
  for (auto* const side : {&keeping, &plain}) {
    const auto array = create_array(side->store(), "a", options);
    auto elements = counted(256);
    array.write(array.all(), elements);
    array.write(box({70}, {5}), counted(5, 900));
    std::iota(elements.begin() + 70, elements.begin() + 75, 900);
    CHECK(array.read<std::int32_t>(array.all()) == elements);
  }
  CHECK(keeping.values.values == plain.values.values);
  CHECK(keeping.context.counters().kept_bytes > 0);
}

TEST_CASE("a shard that another writer replaces meanwhile is read anew, and both changes stay", "[engine]") {
  Fixture here(64);
  auto array = create_array(here.store(), "a", int32_array({512}, {32}, {512}));
  auto elements = counted(512);
  array.write(array.all(), elements);
  // What the other writer puts there has its chunks in other places.
  std::fill_n(elements.begin(), 64, 0);
  Fixture other(0);
  create_array(other.store(), "a", int32_array({512}, {32}, {512})).write(array.all(), elements);
  here.before_set(1, [&] { here.values.values[chunk_key] = other.values.values.at(chunk_key); });
  array.write(box({64}, {40}), counted(40, 1000));
  here.values.fault = nullptr;
  std::iota(elements.begin() + 64, elements.begin() + 104, 1000);
  CHECK(array.read<std::int32_t>(array.all()) == elements);
}

TEST_CASE("what a damaged index names is neither read nor kept past the end", "[engine]") {
  for (const std::uint32_t least : {0u, 64u}) {
    Fixture side(least);
    const auto array = create_array(side.store(), "a", int32_array({512}, {32}, {512}));
    array.write(array.all(), counted(512));
    // The shard loses the bytes of its first inner chunks; the index at its end stays.
    auto& shard = side.values.values.at(chunk_key);
    const auto before = shard.erase(0, 3 * 128);
    const auto error = test::failure_of([&] { array.write(box({64}, {32}), counted(32)); });
    CHECK(error.code() == ErrorCode::corrupt);
    CHECK(side.values.values.at(chunk_key) == before);
  }
}

TEST_CASE("a store that knows conditions loses no change of another writer", "[engine]") {
  Fixture here(0);
  // To create only what is not there is enough for a chunk that appears.
  here.values.properties.flags |= ZEO_STORE_CREATE_ONLY;
  const auto array = create_array(here.store(), "a", int32_array({8}, {8}));
  const auto as_value = [](const std::vector<std::int32_t>& elements) {
    return std::string(reinterpret_cast<const char*>(elements.data()), elements.size() * 4);
  };
  SECTION("to a chunk that is there") {
    here.values.properties.flags |= ZEO_STORE_CONDITIONS;
    array.write(array.all(), counted(8));
  }
  SECTION("to a chunk that appears meanwhile") {}
  here.before_set(1, [&] { here.values.values[chunk_key] = as_value({9, 9, 9, 9, 9, 9, 9, 9}); });
  array.write(box({2}, {3}), counted(3));
  here.values.fault = nullptr;
  CHECK(array.read<std::int32_t>(array.all()) == std::vector<std::int32_t>{9, 9, 1, 2, 3, 9, 9, 9});
}

TEST_CASE("a chunk that becomes empty is not removed when another writer has filled it", "[engine]") {
  Fixture here(0);
  here.values.properties.flags |= ZEO_STORE_CONDITIONS | ZEO_STORE_CREATE_ONLY;
  const auto array = create_array(here.store(), "a", int32_array({4}, {4}));
  array.write(array.all(), {1, 0, 0, 0});
  const std::vector<std::int32_t> theirs = {7, 8, 8, 8};
  here.values.fault = [&, done = false](const zeo_store_op& operation) mutable {
    if (operation.kind == ZEO_OP_DELETE && !std::exchange(done, true)) {
      here.values.values[chunk_key].assign(reinterpret_cast<const char*>(theirs.data()), 16);
    }
    return Fault::none;
  };
  array.write(box({0}, {1}), {0});
  here.values.fault = nullptr;
  CHECK(array.read<std::int32_t>(array.all()) == std::vector<std::int32_t>{0, 8, 8, 8});
}

TEST_CASE("a chunk that is not there and stays empty is not removed", "[engine]") {
  Fixture here(0);
  const auto array = create_array(here.store(), "a", int32_array({4}, {4}));
  const auto before = here.context.counters().requests;
  array.write(box({0}, {2}), {0, 0});
  CHECK(here.context.counters().requests - before == 1);  // whether it is there
}

TEST_CASE("who never gets a turn is told so", "[engine]") {
  Fixture here(64);
  const auto array = create_array(here.store(), "a", int32_array({512}, {32}, {512}));
  array.write(array.all(), counted(512));
  here.before_set(1000, [&] { here.values.values[chunk_key].front()++; });
  const auto error = test::failure_of([&] { array.write(box({64}, {32}), counted(32)); });
  CHECK(error.code() == ErrorCode::conflict);
  CHECK_THAT(error.what(), Catch::Matchers::Contains(chunk_key));
}

TEST_CASE("who waits for another turn can be given up", "[engine][threads]") {
  using Clock = std::chrono::steady_clock;
  for (const unsigned threads : {0u, 2u}) {
    CAPTURE(threads);
    Fixture here(64, threads);
    const auto array = create_array(here.store(), "a", int32_array({512}, {32}, {512}));
    array.write(array.all(), counted(512));
    here.before_set(1000, [&] { here.values.values[chunk_key].front()++; });
    const auto elements = counted(32);
    const auto soon = [] { return Until{{}, Clock::now() + std::chrono::milliseconds(20)}; };
    // A thread that waits for the end, and none.
    CHECK(test::failure_of([&] { array.write(box({64}, {32}), elements, {.until = soon()}); }).code() ==
          ErrorCode::cancelled);
    std::promise<void> ended;
    detail::start_write(array, box({64}, {32}), elements.data(), {}, {.until = soon()},
                        [&](std::exception_ptr failure) { ended.set_exception(failure); });
    CHECK(test::failure_of([&] { ended.get_future().get(); }).code() == ErrorCode::cancelled);
    std::stop_source stop;
    std::atomic<int> sets = 0;
    here.before_set(1000, [&] {
      here.values.values[chunk_key].front()++;
      if (++sets == 10) stop.request_stop();
    });
    CHECK(test::failure_of([&] { array.write(box({64}, {32}), elements, {.until = {stop.get_token()}}); }).code() ==
          ErrorCode::cancelled);
    CHECK(sets == 10);
    // Whoever is let in meanwhile has not been forgotten.
    here.values.fault = nullptr;
    array.write(box({64}, {32}), elements);
    CHECK(array.read<std::int32_t>(box({64}, {32})) == elements);
    CHECK(here.context.runtime().working_bytes_used == 0);
  }
}

TEST_CASE("a pause ends when it is called off", "[engine][threads]") {
  const Fixture here(0, 0);
  const auto resources = here.context.impl()->resources();
  const auto begun = std::chrono::steady_clock::now();
  int called_off = 0;
  const auto pause = [](Operation& operation) -> Task<void> { co_await Pause(operation, 12); };
  for (int round = 0; round < 60; ++round) {
    std::stop_source stop;
    const auto operation = Operation::make(resources, {stop.get_token()});
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(round * 5));
      stop.request_stop();
    });
    try {
      operation->run(pause(*operation));  // may be over before
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::cancelled);
      ++called_off;
    }
  }
  CHECK(called_off > 30);
  // Three seconds, if each came to its end.
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(1500));
}
