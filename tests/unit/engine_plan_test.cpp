// SPDX-License-Identifier: Apache-2.0
//
// Chunks are named as they are needed: how many boxes of chunks a grid is asked for, and how soon it is told to stop.
#include <zeolite/testing/catch.hpp>

#include <chrono>

#include <zeolite/sdk/chunk_grid.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::failure_of;
using test::Fault;

namespace {

std::atomic<std::uint64_t> calls, emitted;

/// Chunks of one element along one axis, each a box of its own, and counted.
class Watched final : public sdk::ChunkGrid {
 public:
  static constexpr sdk::Names names{.name = "watched"};

  class Bound final : public sdk::BoundGrid {
   public:
    Bound(std::uint64_t length, bool sleeps, std::uint64_t forgets)
        : BoundGrid(1), length_(length), sleeps_(sleeps), forgets_(forgets) {}

    void counts(std::span<std::uint64_t> counts) const override { counts[0] = length_; }
    void chunk_box(sdk::Extents id, std::span<std::uint64_t> origin, std::span<std::uint64_t> shape) const override {
      origin[0] = id[0];
      shape[0] = 1;
    }
    void chunks_in(const zeo_box& box, sdk::Cursor cursor, const sdk::EmitChunks& emit,
                   const sdk::Call& call) const override {
      ++calls;
      for (auto& k = cursor[0]; k < box.shape[0]; ++k) {
        // As if nobody knew where to find the next chunk.
        while (sleeps_ && k == 100) {
          call.check_cancelled();
          std::this_thread::sleep_for(1ms);
        }
        const auto chunk = box.origin[0] + k * (box.step == nullptr ? 1 : box.step[0]);
        if (chunk == forgets_) continue;
        const std::uint64_t one = 1;
        emit({&chunk, 1}, {&one, 1});
        ++emitted;
      }
    }

   private:
    std::uint64_t length_;
    bool sleeps_;
    std::uint64_t forgets_;
  };

  void fields(sdk::Fields& f) override {
    f.optional("sleeps", sleeps_);
    f.optional("forgets", forgets_);
  }

  std::unique_ptr<sdk::BoundGrid> bind(sdk::Extents shape, const sdk::Call&) const override {
    return std::make_unique<Bound>(shape[0], sleeps_, forgets_);
  }

 private:
  bool sleeps_ = false;
  std::uint64_t forgets_ = UINT64_MAX;
};

constexpr zeo_plugin plugin = sdk::describe<Watched>("test.watched", "1.0.0", "Apache-2.0");

Context context_with(unsigned threads) {
  ContextOptions options;
  options.threads = threads;
  Context context(options);
  context.registry().add(plugin);
  return context;
}

Array create(const Store& store, Shape shape, Extension grid) {
  ArrayOptions options;
  options.shape = std::move(shape);
  options.data_type = "uint8";
  options.chunk_grid = std::move(grid);
  options.codecs = {"bytes"};
  const auto array = create_array(store, "a", options);
  REQUIRE(array.unusable() == "");
  calls = emitted = 0;
  return array;
}

Until within(std::chrono::milliseconds time) {
  Until until;
  until.deadline = std::chrono::steady_clock::now() + time;
  return until;
}

}  // namespace

TEST_CASE("a grid is asked for a few thousand boxes of chunks at a time", "[engine][threads]") {
  constexpr std::uint64_t n = 30'000;
  const auto context = context_with(2);
  AsyncStore values(2);
  std::atomic<std::uint64_t> asked = 0, most_ahead = 0;
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto array = create(store, {2 * n}, "watched");
  values.fault = [&](const zeo_store_op&) {
    const auto ahead = emitted - std::min(++asked, emitted.load());
    auto most = most_ahead.load();
    while (ahead > most && !most_ahead.compare_exchange_weak(most, ahead)) continue;
    return Fault::none;
  };
  const Box every_other{.origin = {0}, .shape = {n}, .step = {2}};
  CHECK(array.read<std::uint8_t>(every_other) == std::vector<std::uint8_t>(n, 0));
  CHECK(asked == n);
  CHECK(emitted == n);
  CHECK(most_ahead > 0);
  CHECK(most_ahead <= 3 * 4096);  // two runs under way, and the boxes of the next
}

TEST_CASE("chunks are the same however many calls it takes to name them", "[engine]") {
  const auto context = context_with(0);
  const auto store = Store::open(context, "memory:");
  constexpr std::uint64_t n = 9000;
  const auto grid = GENERATE(Extension("watched"), Extension("regular", {{"chunk_shape", {2}}}));
  CAPTURE(grid.name);
  const auto array = create(store, {3 * n}, grid);
  std::vector<std::uint8_t> elements(n), expected(3 * n, 0);
  for (std::uint64_t i = 0; i < n; ++i) expected[3 * i + 1] = elements[i] = static_cast<std::uint8_t>(1 + i % 251);
  const Box every_third{.origin = {1}, .shape = {n}, .step = {3}};
  array.write(every_third, elements);
  CHECK(array.read<std::uint8_t>(every_third) == elements);
  CHECK(array.read<std::uint8_t>() == expected);
}

TEST_CASE("a request for one chunk asks the grid once", "[engine]") {
  const auto context = context_with(0);
  const auto array = create(Store::open(context, "memory:"), {10'000}, "watched");
  std::vector<std::uint8_t> output(10'000, 1);
  std::vector<ReadRequest> requests;
  for (std::uint64_t i = 0; i < output.size(); ++i) requests.push_back({array, box({i}, {1}), &output[i], {}});
  read(requests);
  CHECK(output == std::vector<std::uint8_t>(output.size(), 0));
  CHECK(calls == requests.size());
  CHECK(emitted == requests.size());
}

TEST_CASE("a deadline ends the naming of chunks without end", "[engine]") {
  const auto context = context_with(0);
  const auto store = Store::open(context, "memory:");
  // 30 million boxes of one chunk each; all elements go to the same place.
  const auto array = create(store, {600'000, 500'000}, Extension("regular", {{"chunk_shape", {64, 64}}}));
  const Box sparse{.origin = {0, 0}, .shape = {6000, 5000}, .step = {100, 100}};
  std::uint8_t element = 1;
  const auto begin = std::chrono::steady_clock::now();
  const auto failure = failure_of([&] { array.read(sparse, &element, {0, 0}, within(10ms)); });
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK(failure.code() == ErrorCode::cancelled);
  CHECK_THAT(failure.what(), Catch::Matchers::Contains("the deadline has passed"));
}

TEST_CASE("a grid that works without naming chunks is told to stop", "[engine][threads]") {
  const auto context = context_with(0);
  const auto array = create(Store::open(context, "memory:"), {10'000}, Extension("watched", {{"sleeps", true}}));
  const auto failure = failure_of([&] { array.read<std::uint8_t>(array.all(), within(100ms)); });
  CHECK(failure.code() == ErrorCode::cancelled);
  CHECK_THAT(failure.what(), Catch::Matchers::Contains("the deadline has passed"));
  CHECK(emitted == 100);
}

TEST_CASE("a grid that leaves out an element is blamed", "[engine]") {
  const auto context = context_with(0);
  const auto store = Store::open(context, "memory:");
  const auto array = create(store, {20'000}, Extension("watched", {{"forgets", 12'345}}));
  const auto blamed = [](auto&& body, std::string_view what) {
    const auto error = failure_of(body);
    INFO(error.what());
    CHECK(std::string_view(error.what()).find(what) != std::string_view::npos);
    CHECK(std::string_view(error.what()).find("watched") != std::string_view::npos);
  };
  blamed([&] { (void)array.read<std::uint8_t>(); }, "hold 19999 elements where 20000 are wanted");
  blamed([&] { array.write(array.all(), std::vector<std::uint8_t>(20'000, 1)); }, "hold 19999 elements where 20000");
  // No chunk at all, alone and behind a request that has some.
  std::uint8_t one = 0;
  blamed([&] { array.read(box({12'345}, {1}), &one); }, "hold 0 elements where 1 are wanted");
  CHECK(array.read<std::uint8_t>(box({0}, {12'345})).size() == 12'345);
  // Of many boxes, in whatever order, of two arrays.
  const auto whole = create_array(store, "b", ArrayOptions{.shape = {10}, .chunk_shape = {3}, .data_type = "uint8"});
  std::vector<std::uint8_t> output(10'010);
  std::vector<ReadRequest> requests{{whole, whole.all(), output.data() + 10'000, {}}};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    requests.push_back({array, box({(i * 7919) % 10'000}, {1}), output.data() + i, {}});
  }
  read(requests);
  requests.push_back({array, box({12'345}, {1}), output.data(), {}});
  requests.push_back(requests.front());
  blamed([&] { read(requests); }, "hold 10000 elements where 10001 are wanted");
  requests = {requests.front(), {array, box({12'345}, {1}), output.data(), {}}, requests.front()};
  blamed([&] { read(requests); }, "hold 0 elements where 1 are wanted");
}
