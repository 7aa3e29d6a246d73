// SPDX-License-Identifier: Apache-2.0
//
// The memory that chunks under way may take.
#include <zeolite/testing/catch.hpp>

#include <algorithm>

#include <zeolite/sdk/codec.hpp>
#include <zeolite/sdk/store.hpp>

#include "base/budget.hpp"
#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;
using test::counted;
using test::int32_array;

namespace {

struct Waiter final : Budget::Waiter {
  int told = 0;
  bool wants = true;
  bool may_ask_again() noexcept override {
    ++told;
    return wants;
  }
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

TEST_CASE("who stands in the queue and wants nothing any more lets others pass", "[engine]") {
  Budget budget(100);
  const auto first = std::make_shared<Waiter>(), second = std::make_shared<Waiter>(),
             third = std::make_shared<Waiter>();
  CHECK(budget.take(100, first));
  CHECK_FALSE(budget.take(10, first));
  CHECK_FALSE(budget.take(10, second));
  CHECK_FALSE(budget.take(10, third));
  first->wants = second->wants = false;
  budget.give_back(100);
  // Told once more after it has left: what it came to want in between has not been queued.
  CHECK(first->told == 2);
  CHECK(second->told == 2);
  CHECK(third->told == 1);
  CHECK_FALSE(budget.take(10, first));
  CHECK(budget.take(10, third));
  CHECK(first->told == 4);
  CHECK(budget.take(10, first));
  budget.give_back(20);
}

TEST_CASE("no more is asked of a store than fits into memory", "[engine][threads]") {
  AsyncStore values(2, 3, true);
  values.properties.concurrency = 1000;
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

TEST_CASE("strided parts of chunks that are fetched whole are counted as what is fetched", "[engine][threads]") {
  AsyncStore values(2, 3, true);
  const auto elements = counted(6400 * 64);
  {
    const Context context;
    auto described = int32_array({6400, 64}, {64, 64});
    described.codecs = {"bytes"};
    const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", described);
    array.write(array.all(), elements);
  }
  for (const unsigned threads : {0u, 2u}) {
    ContextOptions options;
    options.threads = threads;
    options.working_bytes = 64 << 10;
    const Context context(options);
    const auto array = open_array(Store::adopt(context, values.abi(), "async:"), "a");
    values.most_under_way = 0;
    // 256 bytes of each chunk, but 16 KiB are fetched for them, and nothing is decoded to memory of its own.
    const auto column = array.read<std::int32_t>(box({0, 5}, {6400, 1}));
    for (std::size_t i = 0; i < 6400; ++i) REQUIRE(column[i] == elements[i * 64 + 5]);
    CHECK(values.most_under_way <= 4);
    // One thread alone begins what fits before it asks for anything.
    if (threads == 0) CHECK(values.most_under_way == 4);
    CHECK(context.runtime().working_bytes_used == 0);
  }
}

namespace {

/// Changes nothing. It shows an array as it is, but says where a box went only if it is told to.
class Shy : public sdk::ArrayCodec {
 public:
  static constexpr sdk::Names names{.name = "test.shy"};

  class Bound final : public sdk::BoundArray {
   public:
    Bound(const sdk::Representation& decoded, bool tells) : tells_(tells) {
      encode_to_same(decoded);
      properties.coded = false;
      properties.viewed = true;
    }

    void view(const sdk::Array& decoded, View& encoded) const override {
      encoded.ndim = static_cast<std::uint32_t>(decoded.ndim());
      std::ranges::copy(decoded.shape(), encoded.shape);
      std::ranges::copy(decoded.strides_bytes(), encoded.strides_bytes);
    }

    bool map_box(const sdk::Region& decoded, const Box& encoded) const override {
      for (std::size_t i = 0; tells_ && i < this->encoded.shape.size(); ++i) {
        encoded.origin[i] = decoded.origin(i);
        encoded.shape[i] = decoded.shape(i);
        encoded.step[i] = decoded.step(i);
      }
      return tells_;
    }

   private:
    bool tells_;
  };

  void fields(sdk::Fields& f) override { f.optional("tells", tells_); }

  std::unique_ptr<sdk::BoundArray> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    return std::make_unique<Bound>(decoded, tells_);
  }

 private:
  bool tells_ = false;
};

constexpr zeo_plugin shy_plugin = sdk::describe<Shy>("test.shy", "1.0.0", "Apache-2.0");

}  // namespace

TEST_CASE("what a codec needs that does not say where boxes go is counted, too", "[engine][threads]") {
  const bool tells = GENERATE(false, true);
  CAPTURE(tells);
  AsyncStore values(2, 3, true);
  const auto elements = counted(6400 * 64);
  ContextOptions options;
  options.threads = 0;  // what fits is begun before anything is asked for
  options.working_bytes = 100 << 10;
  const Context context(options);
  context.registry().add(shy_plugin);
  auto described = int32_array({6400, 64}, {64, 64});
  described.codecs = {Extension("test.shy", {{"tells", tells}}), "bytes"};
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", described);
  array.write(array.all(), elements);
  values.most_under_way = 0;
  const auto column = array.read<std::int32_t>(box({0, 5}, {6400, 1}));
  for (std::size_t i = 0; i < 6400; ++i) REQUIRE(column[i] == elements[i * 64 + 5]);
  // 16 KiB are fetched of each chunk; decoding it by steps takes them twice more.
  CHECK(values.most_under_way == (tells ? 6 : 2));
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("a shard that is wanted whole and larger than the budget is worked on alone", "[engine][threads]") {
  AsyncStore values(2, 3, true);
  const auto elements = counted(20 * 25600);
  {
    const Context context;
    // 100 KiB a shard.
    const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a",
                                    int32_array({20, 25600}, {1, 1024}, {1, 25600}));
    array.write(array.all(), elements);
  }
  ContextOptions options;
  options.threads = 2;
  options.working_bytes = 64 << 10;
  const Context context(options);
  const auto array = open_array(Store::adopt(context, values.abi(), "async:"), "a");
  values.most_under_way = 0;
  CHECK((array.read<std::int32_t>() == elements));
  CHECK(values.most_under_way == 1);
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("what a plan or a piece begins when it holds a share takes none of its own", "[engine][threads]") {
  // More than a plan fetches as it is, so that pieces are asked for.
  constexpr std::uint64_t inner = std::uint64_t{1} << 20, length = 129 * inner;
  AsyncStore values(2, 3, true);
  {
    const Context context;
    auto described = int32_array({2, length}, {1, inner}, {1, length});
    described.data_type = "uint8";
    described.codecs = {"bytes", Extension("gzip", {{"level", 1}})};
    const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", described);
    for (std::uint64_t row = 0; row < 2; ++row) array.write(box({row, 5}, {1, 1}), std::vector<std::uint8_t>{7});
  }
  // In the first the index takes a share, in which all that follows has room; the second is for indexes that take none:
  // there each piece takes one.
  const std::uint64_t working_bytes = GENERATE(1, 1 << 20);
  CAPTURE(working_bytes);
  ContextOptions options;
  options.threads = 2;
  options.working_bytes = working_bytes;
  const Context context(options);
  const auto array = open_array(Store::adopt(context, values.abi(), "async:"), "a");
  std::vector<std::uint8_t> expected(2 * 129), output(2 * 129, 1);
  expected[0] = expected[129] = 7;
  const auto requests = context.counters().requests;
  // Who waits for a share while holding one waits until then.
  const Until until{{}, std::chrono::steady_clock::now() + std::chrono::seconds(20)};
  // Something of every inner chunk, in little memory.
  array.read(box({0, 5}, {2, 129}, {1, inner}), output.data(), {}, until);
  CHECK((output == expected));
  // The index and the piece that is stored, of either shard.
  CHECK(context.counters().requests - requests == 4);
  CHECK(context.runtime().working_bytes_used == 0);
}

namespace {

/// One shard of many large inner chunks, made up when it is read. Two threads that ask for them are kept in step: who
/// is far ahead waits for the other, though not forever.
class LargeShard final : public sdk::BlockingStore {
 public:
  static constexpr std::uint64_t inner_bytes = std::uint64_t{1} << 20, pieces = 81;

  struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::thread::id, std::uint64_t> pieces;
    bool apart = false;  // one has waited in vain
  };

  explicit LargeShard(Seen& seen) : seen_(seen) {}

  sdk::StoreProperties properties() const override { return {.writable = true, .deletable = true}; }

  bool get(std::string_view key, sdk::Reading& reading) override {
    if (key == "a/c/0/0") {
      reading.each_range(pieces * piece_bytes + index_bytes, [&](std::uint64_t offset, std::span<std::uint8_t> to) {
        if (offset == pieces * piece_bytes) return put_index(to);
        keep_in_step();
        std::memset(to.data(), static_cast<int>(offset / piece_bytes + 1), to.size());
      });
      return true;
    }
    const auto found = documents_.find(key);
    if (found != documents_.end()) reading.answer(found->second);
    return found != documents_.end();
  }
  void set(std::string_view key, sdk::Writing& writing) override { documents_[std::string(key)] = writing.joined(); }
  void erase(std::string_view key) override { documents_.erase(std::string(key)); }

 private:
  // A gap keeps pieces from being fetched together.
  static constexpr std::uint64_t piece_bytes = inner_bytes + 1, index_bytes = pieces * 16;

  static void put_index(std::span<std::uint8_t> to) {
    for (std::uint64_t i = 0; i < pieces; ++i) {
      const std::uint64_t entry[] = {i * piece_bytes, inner_bytes};
      std::memcpy(to.data() + i * sizeof entry, entry, sizeof entry);
    }
  }

  void keep_in_step() {
    std::unique_lock lock(seen_.mutex);
    const auto mine = ++seen_.pieces[std::this_thread::get_id()];
    seen_.changed.notify_all();
    const auto in_step = [&] {
      std::uint64_t all = 0;
      for (const auto& [thread, count] : seen_.pieces) all += count;
      return seen_.apart || mine <= all - mine + 8;
    };
    if (!seen_.changed.wait_for(lock, std::chrono::seconds(5), in_step)) seen_.apart = true;
  }

  Seen& seen_;
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> documents_;
};

}  // namespace

TEST_CASE("large pieces of one shard are shared among the threads, one by one", "[engine][threads]") {
  ContextOptions options;
  options.threads = 1;
  const Context context(options);
  LargeShard::Seen seen;
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<LargeShard>(seen)), "large:");
  // 9 x 9 inner chunks of 512 x 512: more than one batch would take.
  constexpr std::uint64_t edge = 512;
  auto described = int32_array({9 * edge, 9 * edge}, {9 * edge, 9 * edge});
  const boost::json::object little{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  const auto sharding = sharding_json(edge, little);
  described.codecs = {Extension("sharding_indexed", sharding.at("configuration").as_object())};
  const auto array = create_array(store, "a", described);
  // An element of each inner chunk but those of the last column, so that the shard is read in part.
  const auto before = context.counters();
  const auto part = array.read<std::int32_t>(box({3, 3}, {9, 8}, {edge, edge}));
  for (std::size_t i = 0; i < 72; ++i)
    REQUIRE(part[i] == static_cast<std::int32_t>((i / 8 * 9 + i % 8 + 1) * 0x01010101));
  // The index, and one request for each: in a batch, whoever ends its part first would wait for the other.
  CHECK(context.counters().requests - before.requests == 73);
  CHECK(context.counters().joined == before.joined);
  REQUIRE(seen.pieces.size() == 2);
  for (const auto& [thread, count] : seen.pieces) CHECK(count >= 72 / 3);
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
