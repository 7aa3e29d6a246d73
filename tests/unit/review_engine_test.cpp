// SPDX-License-Identifier: Apache-2.0
//
// What went wrong once in the engine when handles, writers, stores or plugins got in each other's way.
#include <zeolite/testing/catch.hpp>

#include <future>

#include <zeolite/sdk/store.hpp>

#include "engine/selection.hpp"
#include "engine/store_impl.hpp"
#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;
using test::counted;
using test::failure_of;
using test::Fault;
using test::int32_array;
using namespace std::chrono_literals;

namespace {

std::string_view text(zeo_str s) { return {s.data, s.size}; }

}  // namespace

TEST_CASE("a selection is cut at a box that ends at the end of all numbers", "[engine]") {
  std::vector<std::byte> memory(8);
  Selection selection(1);
  selection.origin()[0] = UINT64_MAX - 5;
  selection.shape()[0] = 4;
  selection.step()[0] = 1;
  selection.strides()[0] = 1;
  selection.data = memory.data();
  const auto part = selection.cut(Dims{UINT64_MAX - 3}, Dims{100});
  CHECK(part.shape()[0] == 2);
  CHECK(part.origin()[0] == 0);
  CHECK(part.data == memory.data() + 2);
}

TEST_CASE("setting attributes keeps what another handle has made of the array", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  auto first = create_array(store, "a", int32_array({4}, {2}));
  auto second = open_array(store, "a");
  first.resize({8});
  second.set_attributes({{"unit", "m"}});
  CHECK(open_array(store, "a").shape() == Shape{8});
  CHECK(second.shape() == Shape{8});
  first.resize({6});
  CHECK(open_array(store, "a").metadata().attributes.contains("unit"));
}

TEST_CASE("fill values of variable length outlive the chunk shapes they belong to", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  boost::json::array edges;
  std::uint64_t length = 0;
  for (int i = 1; i <= 600; ++i) {
    edges.emplace_back(i);
    length += static_cast<std::uint64_t>(i);
  }
  ArrayOptions options;
  options.shape = {length};
  options.data_type = "string";
  const std::string fill(100, 'x');
  options.fill_value = fill;
  options.chunk_grid =
      Extension("rectilinear", {{"kind", "inline"}, {"chunk_shapes", boost::json::array{std::move(edges)}}});
  const auto array = create_array(store, "a", options);
  REQUIRE(array.unusable() == "");
  const auto strings = array.read_strings(array.all());
  CHECK(std::count(strings.begin(), strings.end(), fill) == static_cast<std::ptrdiff_t>(length));
}

TEST_CASE("the first failure is told, not the cancelling it brings about", "[threads]") {
  AsyncStore slow(4);
  const Context context;
  const auto store = Store::adopt(context, slow.abi(), "slow:");
  const auto array = create_array(store, "a", int32_array({800}, {100}, {400}));
  array.write(array.all(), std::vector<std::int32_t>(800, 1));
  std::atomic<int> pieces{0};
  std::promise<void> cancelled;
  auto other_shard_ended = cancelled.get_future().share();
  slow.fault = [&](const zeo_store_op& operation) {
    if (operation.kind != ZEO_OP_GET) return Fault::none;
    if (text(operation.key) == "a/c/1") {
      while (std::atomic_ref(const_cast<std::uint32_t&>(*operation.cancelled)).load() == 0) {
        std::this_thread::sleep_for(1ms);
      }
      cancelled.set_value();
      return Fault::say_cancelled;
    }
    if (operation.ranges[0].offset == ZEOLITE_SUFFIX) return Fault::none;
    if (pieces++ == 0) return Fault::fail;
    other_shard_ended.wait();
    std::this_thread::sleep_for(50ms);
    return Fault::none;
  };
  const auto error = failure_of([&] { (void)array.read<std::int32_t>(box({0}, {3}, {200})); });
  CHECK(error.code() == ErrorCode::io);
}

TEST_CASE("a box outside the array is refused before memory is taken for it", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  const auto array = create_array(store, "a", int32_array({10}, {10}));
  const auto huge = box({0}, {std::uint64_t{1} << 60});
  CHECK(failure_of([&] { (void)array.read<std::int32_t>(huge); }).code() == ErrorCode::invalid);
  auto options = int32_array({10}, {10});
  options.data_type = "string";
  const auto strings = create_array(store, "s", options);
  CHECK(failure_of([&] { (void)strings.read_strings(huge); }).code() == ErrorCode::invalid);
}

TEST_CASE("encoded chunks are written in order with elements", "[threads]") {
  AsyncStore slow(3);
  const Context context;
  const auto store = Store::adopt(context, slow.abi(), "slow:");
  const auto array = create_array(store, "a", int32_array({4}, {4}));
  array.write(array.all(), std::vector<std::int32_t>(4, 1));
  const std::vector<std::int32_t> nines(4, 9);
  std::future<void> encoded;
  slow.fault = [&](const zeo_store_op& operation) {
    if (operation.kind == ZEO_OP_GET && !encoded.valid()) {
      encoded = std::async(std::launch::async, [&] { array.write_encoded({0}, std::as_bytes(std::span(nines))); });
      encoded.wait_for(50ms);
    }
    return Fault::none;
  };
  array.write(box({0}, {1}), std::vector<std::int32_t>{5});
  encoded.get();
  slow.fault = nullptr;
  CHECK(array.read<std::int32_t>() == nines);
}

TEST_CASE("a shard that vanishes while it is rewritten is begun anew", "[threads]") {
  AsyncStore slow(1);
  const Context context;
  const auto store = Store::adopt(context, slow.abi(), "slow:");
  const auto array = create_array(store, "a", int32_array({400}, {100}, {400}));
  array.write(array.all(), std::vector<std::int32_t>(400, 1));
  int gets = 0;
  slow.fault = [&](const zeo_store_op& operation) {
    if (operation.kind == ZEO_OP_GET && ++gets == 2) slow.values.erase("a/c/0");
    return Fault::none;
  };
  array.write(box({0}, {100}), std::vector<std::int32_t>(100, 2));
  std::vector<std::int32_t> expected(400, 0);
  std::fill_n(expected.begin(), 100, 2);
  CHECK(array.read<std::int32_t>() == expected);
}

TEST_CASE("a shard that is replaced while it is read is read anew", "[threads]") {
  AsyncStore slow(1);
  const Context context;
  const auto store = Store::adopt(context, slow.abi(), "slow:");
  const auto array = create_array(store, "a", int32_array({400}, {100}, {400}));
  array.write(array.all(), counted(400));
  // The same but for the first inner chunk, which is gone: all others have moved.
  const auto whole = slow.values.at("a/c/0");
  array.write(box({0}, {100}), std::vector<std::int32_t>(100, 0));
  const auto shorter = slow.values.at("a/c/0");
  REQUIRE(shorter.size() < whole.size());
  int gets = 0;
  slow.fault = [&](const zeo_store_op& operation) {
    if (operation.kind == ZEO_OP_GET && ++gets == 2) slow.values.at("a/c/0") = whole;
    return Fault::none;
  };
  const auto rest = box({100}, {2}, {200});
  CHECK(array.read<std::int32_t>(rest) == std::vector<std::int32_t>{101, 301});
}

TEST_CASE("a shard that becomes shorter while it is read, or changed, is begun anew", "[threads]") {
  AsyncStore slow(1);
  const Context context;
  const auto store = Store::adopt(context, slow.abi(), "slow:");
  const auto array = create_array(store, "a", int32_array({400}, {100}, {400}));
  array.write(array.all(), counted(400));
  const auto whole = slow.values.at("a/c/0");
  array.write(box({0}, {300}), std::vector<std::int32_t>(300, 0));
  const auto shorter = slow.values.at("a/c/0");
  REQUIRE(shorter.size() < whole.size() - 100 * sizeof(std::int32_t));
  // Once the index is known, its last inner chunk lies past the end.
  int gets = 0;
  slow.fault = [&](const zeo_store_op& operation) {
    if (operation.kind == ZEO_OP_GET && ++gets == 2) slow.values.at("a/c/0") = shorter;
    return Fault::none;
  };
  slow.values.at("a/c/0") = whole;
  CHECK(array.read<std::int32_t>(box({350}, {2})) == std::vector<std::int32_t>{351, 352});
  gets = 0;
  slow.values.at("a/c/0") = whole;
  array.write(box({350}, {1}), std::vector<std::int32_t>{-1});
  CHECK(array.read<std::int32_t>(box({299}, {1})) == std::vector<std::int32_t>{0});
  CHECK(array.read<std::int32_t>(box({350}, {2})) == std::vector<std::int32_t>{-1, 352});
}

TEST_CASE("what is damaged is not called something else by a store that cannot look again", "[engine]") {
  // It names versions, but has no HEAD.
  class Bare final : public sdk::BlockingStore {
   public:
    explicit Bare(std::map<std::string, std::vector<std::uint8_t>, std::less<>>& values) : values_(values) {}
    sdk::StoreProperties properties() const override { return {.writable = true, .deletable = true}; }
    bool get(std::string_view key, sdk::Reading& reading) override {
      const auto found = values_.find(key);
      if (found == values_.end()) return false;
      reading.answer(found->second);
      reading.info.generation = "1";
      return true;
    }
    std::optional<sdk::ValueInfo> head(std::string_view) override { throw sdk::Error(ZEO_DENIED, "not allowed"); }
    void set(std::string_view key, sdk::Writing& writing) override { values_[std::string(key)] = writing.joined(); }
    void erase(std::string_view key) override { values_.erase(std::string(key)); }

   private:
    std::map<std::string, std::vector<std::uint8_t>, std::less<>>& values_;
  };
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> values;
  const Context context;
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Bare>(values)), "bare:");
  AsyncStore elsewhere(1);
  {
    const auto array = create_array(Store::adopt(context, elsewhere.abi(), "async:"), "a",
                                    int32_array({200}, {100}, {200}));
    array.write(array.all(), counted(200));
  }
  for (const auto& [key, value] : elsewhere.values) values[key].assign(value.begin(), value.end());
  const auto array = open_array(store, "a");
  REQUIRE(array.read<std::int32_t>(box({150}, {1})) == std::vector<std::int32_t>{151});
  // The index, which is kept, leads past the end.
  values["a/c/0"].resize(500);
  const auto error = failure_of([&] { (void)array.read<std::int32_t>(box({150}, {1})); });
  CHECK(error.code() == ErrorCode::corrupt);
}

TEST_CASE("of reads that are joined, those fail alone that ask for what there is not", "[engine]") {
  ContextOptions options;
  options.threads = 0;
  const Context context(options);
  const auto store = Store::open(context, "memory:");
  const auto array = create_array(store, "a", int32_array({65536}, {1024}, {65536}));
  array.write(array.all(), std::vector<std::int32_t>(65536, 5));
  // The index is kept, and does not hold any more when the shard has become shorter.
  CHECK(array.read<std::int32_t>(box({0}, {1})) == std::vector<std::int32_t>{5});
  array.write(box({1024}, {64512}), std::vector<std::int32_t>(64512, 0));
  std::vector<std::int32_t> all(65536), single(40, -1);
  std::vector<ReadRequest> requests{{array, array.all(), all.data(), {}}};
  for (std::size_t i = 0; i < single.size(); ++i) requests.push_back({array, box({60000 + i}, {1}), &single[i], {}});
  read(requests);
  CHECK(all[1023] == 5);
  CHECK(all[1024] == 0);
  CHECK(single == std::vector<std::int32_t>(40, 0));
}

TEST_CASE("an array of very many chunks is shrunk by what is stored", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  auto array = create_array(store, "a", int32_array({std::uint64_t{1} << 40, 4}, {1, 2}));
  for (const std::uint64_t row : {0ull, 1ull, 77ull, (1ull << 40) - 1}) {
    array.write(box({row, 0}, {1, 4}), std::vector<std::int32_t>(4, 1));
  }
  array.resize({2, 2});
  std::vector<std::string> keys;
  store.list("a/c/", false, [&](const StoreEntry& entry) { keys.push_back(entry.key); });
  std::sort(keys.begin(), keys.end());
  CHECK(keys == std::vector<std::string>{"a/c/0/0", "a/c/1/0"});
}

TEST_CASE("elements pass through JSON to the last bit", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  ArrayOptions options;
  options.shape = {1};
  options.chunk_shape = {1};
  options.data_type = "float64";
  const auto array = create_array(store, "a", options);
  CHECK(array.unusable() == "");
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto bits = random() >> 2;
    const auto element = std::as_bytes(std::span(&bits, 1));
    const auto back = array.element_from_json(array.element_to_json(element));
    REQUIRE(std::equal(back.begin(), back.end(), element.begin(), element.end()));
  }
}
