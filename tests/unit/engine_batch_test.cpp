// SPDX-License-Identifier: Apache-2.0
//
// Several reads at once, and what is asked of the store for them.
#include <zeolite/testing/catch.hpp>

#include <array>

#include "base/call.hpp"
#include "engine/context_impl.hpp"
#include "engine/merge.hpp"
#include "engine_support.hpp"
#include "metadata/json.hpp"

using namespace zeolite;
using test::AsyncStore;
using test::counted;
using test::Fault;
using test::int32_array;

namespace {

/// Shards of 32 x 32 int32 in which there are shards, of compressed chunks of 4 x 4, behind `before`.
ArrayOptions nested_shards(const std::string& before = "") {
  auto options = int32_array({64, 64}, {32, 32});
  const auto codec = parse_json(R"({"chunk_shape": [16, 16], "codecs": [)" + before + R"(
    {"name": "sharding_indexed", "configuration": {"chunk_shape": [4, 4],
      "codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                 {"name": "gzip", "configuration": {"level": 1}}],
      "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}],
    "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]})");
  options.codecs.push_back(Extension("sharding_indexed", codec.as_object()));
  return options;
}

ArrayOptions compressed(ArrayOptions options, std::vector<Extension> codecs) {
  options.codecs = std::move(codecs);
  return options;
}

/// Each shard is compressed as a whole, so that what is wanted of it lies in several of its inner chunks.
ArrayOptions compressed_shards() {
  auto options = nested_shards();
  options.codecs.push_back(Extension("gzip", {{"level", 1}}));
  return options;
}

void check_batches(const Store& store) {
  test::Random random(11);
  std::vector<Array> arrays;
  std::vector<test::Model> models;
  const Extension gzip("gzip", {{"level", 1}}), transpose("transpose", {{"order", {1, 0}}});
  const std::vector<ArrayOptions> all = {int32_array({40, 30}, {7, 5}),
                                         int32_array({200}, {8}, {32}),
                                         int32_array({9, 8, 7}, {3, 8, 2}),
                                         compressed(int32_array({40, 30}, {40, 15}), {gzip}),
                                         compressed(int32_array({40, 30}, {20, 30}), {transpose, gzip}),
                                         compressed(int32_array({40, 30}, {10, 5}, {20, 15}), {transpose, gzip}),
                                         nested_shards(),
                                         nested_shards(R"({"name": "transpose", "configuration": {"order": [1, 0]}},)"),
                                         compressed_shards()};
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

TEST_CASE("what is compressed is decoded once for all boxes within it", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  const Extension gzip("gzip", {{"level", 1}});
  const std::vector<ArrayOptions> all = {compressed(int32_array({64, 64}, {64, 64}), {gzip}),
                                         compressed(int32_array({64, 64}, {8, 16}, {64, 64}), {gzip}),
                                         nested_shards()};
  test::Random random(5);
  for (const auto& options : all) {
    const auto array = create_array(store, "a" + std::to_string(&options - all.data()), options);
    const auto elements = counted(64 * 64);
    array.write(array.all(), elements);
    std::vector<std::int32_t> found(4000), expected(4000);
    std::vector<ReadRequest> requests;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto row = random.below(64), column = random.below(64);
      expected[i] = elements[row * 64 + column];
      requests.push_back({array, box({row, column}, {1, 1}), &found[i], {}});
    }
    const auto decoded_by = [&](auto read_it) {
      const auto before = context.counters().decoded_bytes;
      read_it();
      return context.counters().decoded_bytes - before;
    };
    const auto at_once = decoded_by([&] { CHECK(array.read<std::int32_t>().size() == elements.size()); });
    const auto in_parts = decoded_by([&] { read(requests); });
    CHECK(found == expected);
    CHECK(at_once >= 64 * 64 * 4);
    INFO(in_parts << " bytes decoded, " << at_once << " by one box");
    // A single piece is decoded by each of five runs; box by box it would be thousands of times. Of several pieces,
    // only those at the ends of runs are decoded again, and indexes for each piece.
    CHECK(in_parts <= (&options == all.data() ? 5 : 3) * at_once);
  }
}

TEST_CASE("an array without dimensions is decoded once, too", "[engine]") {
  const Context context;
  const auto store = Store::open(context, "memory:");
  const auto array = create_array(store, "a", compressed(int32_array({}, {}), {Extension("gzip", {{"level", 1}})}));
  array.write(array.all(), std::vector<std::int32_t>{7});
  std::vector<std::int32_t> found(100);
  std::vector<ReadRequest> requests;
  for (auto& element : found) requests.push_back({array, array.all(), &element, {}});
  const auto before = context.counters().decoded_bytes;
  read(requests);
  CHECK(found == std::vector<std::int32_t>(100, 7));
  CHECK(context.counters().decoded_bytes - before == 4);
}

TEST_CASE("boxes in any order, so far apart that their chunks have no common numbers, are read right", "[engine]") {
  test::Random random(3);
  const auto store = Store::open(Context(), "memory:");
  const auto far = std::uint64_t{1} << 62;
  const auto array = create_array(store, "a", int32_array({far, far, far}, {1, 1, 2}));
  std::vector<ReadRequest> requests;
  std::vector<std::int32_t> found(300), expected(300);
  for (std::size_t i = 0; i < found.size(); ++i) {
    Box one{{random.below(far), random.below(far), random.below(far)}, {1, 1, 1}, {}};
    if (i % 3 == 2) one = requests[i / 2].box;
    expected[i] = i % 3 == 2 ? expected[i / 2] : static_cast<std::int32_t>(i + 1);
    array.write(one, {expected[i]});
    requests.push_back({array, one, &found[i], {}});
  }
  read(requests);
  CHECK(found == expected);
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

TEST_CASE("what a store has no place for does not count as written", "[engine]") {
  AsyncStore values(1);
  const auto store = Store::adopt(Context(), values.abi(), "async:");
  const auto array = create_array(store, "a", int32_array({4}, {4}));
  values.fault = [](const zeo_store_op& operation) {
    return operation.kind == ZEO_OP_SET ? Fault::say_not_found : Fault::none;
  };
  const auto error = test::failure_of([&] { array.write(array.all(), counted(4)); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(std::string(error.what()).find("the test store was told to fail") != std::string::npos);
  CHECK(test::failure_of([&] { array.write_encoded({0}, {}); }).code() == ErrorCode::not_found);
}

TEST_CASE("of several boxes the wrong one is named", "[engine]") {
  const auto array = create_array(Store::open(Context(), "memory:"), "a", int32_array({4}, {4}));
  std::vector<std::int32_t> memory(4);
  std::vector<ReadRequest> requests(3, ReadRequest{array, array.all(), memory.data(), {}});
  requests[1].box.origin = {1};
  const auto error = test::failure_of([&] { read(requests); });
  CHECK(error.code() == ErrorCode::invalid);
  CHECK(std::string(error.what()).find("request 1") != std::string::npos);
  requests.erase(requests.begin());
  requests.pop_back();
  CHECK(std::string(test::failure_of([&] { read(requests); }).what()).find("request") == std::string::npos);
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

namespace {

/// A read as a task makes it, by hand, so that a batch has just the order that is wanted.
class Read {
 public:
  Read(std::string key, std::vector<zeo_range> ranges) : key_(std::move(key)), ranges_(std::move(ranges)) {
    for (auto& part : memory_) {
      outs_.push_back(
          {part.data(), 0, part.size(), [](zeo_out*, std::uint64_t) -> zeo_status { return ZEO_NO_MEMORY; }, nullptr});
    }
    operation.struct_size = sizeof operation;
    operation.kind = ZEO_OP_GET;
    operation.key = {key_.data(), key_.size()};
    operation.ranges = ranges_.data();
    operation.n_ranges = static_cast<std::uint32_t>(ranges_.size());
    operation.outs = outs_.data();
    operation.host = this;
    operation.done = [](zeo_store_op* self, const zeo_store_result* result) {
      auto& read = *static_cast<Read*>(self->host);
      ++read.answers;
      read.status = result->status;
    };
  }
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

  /// What came, range after range.
  std::vector<std::string> parts() const {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, ranges_.size()); ++i) {
      parts.emplace_back(reinterpret_cast<const char*>(outs_[i].data), outs_[i].size);
    }
    return parts;
  }

  zeo_store_op operation{};
  std::atomic<int> answers = 0;
  zeo_status status = -1;

 private:
  const std::string key_;
  const std::vector<zeo_range> ranges_;
  std::array<std::array<std::uint8_t, 16>, 2> memory_{};
  std::vector<zeo_out> outs_;
};

using Reads = std::deque<Read>;
/// The key of each request that a store was given, and how many ranges of its value, in order.
using Given = std::vector<std::pair<std::string, std::uint32_t>>;

/// Submits the batch and returns when all of it has been answered.
Given submit(const Context& context, Reads& reads, unsigned concurrency, Fault fault = Fault::none) {
  std::mutex mutex;
  Given given;
  {
    AsyncStore values(2);
    values.values = {{"a", "0123456789"}, {"ab", "abcdefghij"}};
    values.fault = [&](const zeo_store_op& operation) {
      const std::lock_guard lock(mutex);
      given.emplace_back(std::string(operation.key.data, operation.key.size), operation.n_ranges);
      return fault;
    };
    std::vector<zeo_store_op*> operations;
    for (auto& read : reads) operations.push_back(&read.operation);
    const auto resources = context.impl()->resources();
    Call call(resources.workers);
    submit_merged(resources, values.abi(), operations, false, concurrency, call);
    // With the store goes the last of its threads.
  }
  std::sort(given.begin(), given.end());
  return given;
}

}  // namespace

TEST_CASE("reads of one value are merged where they follow each other, and each is answered as if alone",
          "[engine][threads]") {
  const Context context;
  const auto counted_since = [&](const Counters& before) {
    const auto after = context.counters();
    return std::pair(after.requests - before.requests, after.joined - before.joined);
  };
  using Counts = std::pair<std::uint64_t, std::uint64_t>;
  const auto check = [](const Read& read, const std::vector<std::string>& parts) {
    CHECK(read.answers == 1);
    CHECK(read.status == ZEO_OK);
    CHECK(read.parts() == parts);
  };
  const auto before = context.counters();
  Reads reads;

  SECTION("in runs") {
    reads.emplace_back("a", std::vector<zeo_range>{{5, 1}, {0, 3}});
    reads.emplace_back("a", std::vector<zeo_range>{});
    reads.emplace_back("a", std::vector<zeo_range>{{1, 2}});
    reads.emplace_back("ab", std::vector<zeo_range>{{ZEOLITE_SUFFIX, 3}});
    reads.emplace_back("ab", std::vector<zeo_range>{{4, ZEOLITE_REST}});
    reads.emplace_back("a", std::vector<zeo_range>{{3, 3}});
    reads.emplace_back("ab", std::vector<zeo_range>{{0, 1}});
    reads.emplace_back("a", std::vector<zeo_range>{{9, 1}});
    CHECK(submit(context, reads, 1) == Given{{"a", 1}, {"a", 1}, {"a", 4}, {"ab", 1}, {"ab", 2}});
    CHECK(counted_since(before) == Counts(5, 3));
    check(reads[0], {"5", "012"});
    check(reads[1], {"0123456789"});
    check(reads[2], {"12"});
    check(reads[3], {"hij"});
    check(reads[4], {"efghij"});
    check(reads[5], {"345"});
    check(reads[6], {"a"});
    check(reads[7], {"9"});
  }
  SECTION("but for those that ask for more than bytes") {
    for (std::uint64_t i = 0; i < 8; ++i) reads.emplace_back("a", std::vector<zeo_range>{{i, 1}});
    reads[2].operation.kind = ZEO_OP_HEAD;
    reads[4].operation.if_match = {"1", 1};
    reads[5].operation.if_none_match = {"1", 1};
    reads[6].operation.range_done = [](zeo_store_op*, std::uint32_t) {};
    CHECK(submit(context, reads, 1) == Given{{"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 2}});
    CHECK(counted_since(before) == Counts(7, 1));
    for (std::size_t i = 0; i < 8; ++i) check(reads[i], {i == 2 ? "" : std::to_string(i)});
  }
  SECTION("but for few") {
    for (std::uint64_t i = 0; i < 7; ++i) reads.emplace_back("a", std::vector<zeo_range>{{i, 1}});
    CHECK(submit(context, reads, 1) == Given(7, {"a", 1}));
    CHECK(counted_since(before) == Counts(7, 0));
    for (std::size_t i = 0; i < 7; ++i) check(reads[i], {std::to_string(i)});
  }
  SECTION("so that several threads have work") {
    for (std::uint64_t i = 0; i < 16; ++i) reads.emplace_back("a", std::vector<zeo_range>{{i / 2, 1}});
    CHECK(submit(context, reads, 2) == Given(8, {"a", 2}));
    CHECK(counted_since(before) == Counts(8, 8));
    for (std::size_t i = 0; i < 16; ++i) check(reads[i], {std::to_string(i / 2)});
  }
  SECTION("also when the value is missing, or cannot be read") {
    const auto fault = GENERATE(Fault::none, Fault::fail);
    for (std::uint64_t i = 0; i < 8; ++i) reads.emplace_back("missing", std::vector<zeo_range>{{i, 1}});
    CHECK(submit(context, reads, 1, fault) == Given{{"missing", 8}});
    for (const auto& read : reads) {
      CHECK(read.answers == 1);
      CHECK(read.status == (fault == Fault::none ? ZEO_NOT_FOUND : ZEO_IO));
    }
  }
  SECTION("by a store that answers twice, too") {
    for (std::uint64_t i = 0; i < 8; ++i) reads.emplace_back("a", std::vector<zeo_range>{{i, 1}});
    CHECK(submit(context, reads, 1, Fault::answer_twice) == Given{{"a", 8}});
    for (std::size_t i = 0; i < 8; ++i) check(reads[i], {std::to_string(i)});
    CHECK(context.counters().stray_answers == 1);
  }
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
