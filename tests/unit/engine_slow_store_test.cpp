// SPDX-License-Identifier: Apache-2.0
//
// Stores that keep a thread waiting, stores that tell of ranges wrongly, and what a distant store is asked.
#include <zeolite/testing/catch.hpp>

#include <algorithm>
#include <future>
#include <set>

#include <zeolite/async_start.hpp>
#include <zeolite/sdk/store.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::int32_array;

namespace {

struct Seen {
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> values;
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<int> at_once = 0, most_at_once = 0;
};

/// Says that it takes long, and takes long enough for requests to meet.
class SlowStore final : public sdk::BlockingStore {
 public:
  explicit SlowStore(Seen& seen) : seen_(seen) {}

  sdk::StoreProperties properties() const override {
    return {.writable = true, .listable = true, .deletable = true, .latency_ns = 2'000'000, .concurrency = 8};
  }

  bool get(std::string_view key, sdk::Reading& reading) override {
    seen_.most_at_once = std::max<int>(seen_.most_at_once, ++seen_.at_once);
    std::this_thread::sleep_for(1ms);
    --seen_.at_once;
    const std::lock_guard lock(seen_.mutex);
    seen_.threads.insert(std::this_thread::get_id());
    const auto found = seen_.values.find(key);
    if (found == seen_.values.end()) return false;
    reading.answer(found->second);
    return true;
  }

  void set(std::string_view key, sdk::Writing& writing) override {
    const std::lock_guard lock(seen_.mutex);
    seen_.values[std::string(key)] = writing.joined();
  }
  void erase(std::string_view key) override {
    const std::lock_guard lock(seen_.mutex);
    seen_.values.erase(std::string(key));
  }
  void list(sdk::Listing& listing) override {
    const std::lock_guard lock(seen_.mutex);
    for (const auto& [key, value] : seen_.values) listing.add(key, value.size());
  }

 private:
  Seen& seen_;
};

Store open_slow(const Context& context, Seen& seen) {
  return Store::adopt(context, sdk::Store::make(std::make_unique<SlowStore>(seen)), "slow:");
}

}  // namespace

TEST_CASE("a store that blocks long waits on threads of its own, as many as it finds useful", "[engine][threads]") {
  for (const unsigned threads : {0u, 2u}) {
    ContextOptions options;
    options.threads = threads;
    const Context context(options);
    Seen seen;
    const auto store = open_slow(context, seen);
    CHECK((store.properties().flags & ZEO_STORE_BLOCKING) == 0);
    const auto array = create_array(store, "a", int32_array({640}, {10}));
    array.write(array.all(), counted(640));
    seen.threads.clear();
    seen.most_at_once = 0;
    CHECK(array.read<std::int32_t>() == counted(640));
    CHECK(seen.most_at_once > static_cast<int>(threads + 1));
    CHECK(seen.most_at_once <= 8);
    CHECK(seen.threads.count(std::this_thread::get_id()) == 0);
    CHECK(open_group(store, "").members().size() == 1);
    CHECK(store.place("a") != store.place("b"));
  }
}

TEST_CASE("the members of a group are asked for together, whatever threads there are", "[engine][threads]") {
  ContextOptions options;
  options.threads = 0;
  const Context context(options);
  Seen seen;
  const auto store = open_slow(context, seen);
  for (int i = 0; i < 40; ++i) create_group(store, fmt::format("{}", i));
  const std::string_view damaged = "{";
  store.set("7/zarr.json", std::as_bytes(std::span(damaged)));
  store.set("other/file", std::as_bytes(std::span(damaged)));
  seen.most_at_once = 0;
  const auto members = open_group(store).open_members();
  CHECK(seen.most_at_once > 4);
  CHECK(seen.most_at_once <= 8);
  REQUIRE(members.size() == 40);
  CHECK(std::is_sorted(members.begin(), members.end(), [](auto& a, auto& b) { return a.name < b.name; }));
  for (const auto& member : members) {
    CHECK(member.problem.empty() == (member.name != "7"));
    CHECK(member.node.has_value() == (member.name != "7"));
  }
  CHECK(open_group(store).members().size() == 40);
}

TEST_CASE("without such threads, those that compute wait", "[engine][threads]") {
  ContextOptions options;
  options.threads = 1;
  options.store_threads = 0;
  const Context context(options);
  Seen seen;
  const auto store = open_slow(context, seen);
  CHECK((store.properties().flags & ZEO_STORE_BLOCKING) != 0);
  const auto array = create_array(store, "a", int32_array({64}, {4}));
  array.write(array.all(), counted(64));
  CHECK(array.read<std::int32_t>() == counted(64));
  CHECK(seen.most_at_once <= 2);
}

TEST_CASE("a distant store is asked for what is wanted and nothing else, in as few requests as there can be",
          "[engine]") {
  const Context context;
  AsyncStore values(4, 7);
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto plain = create_array(store, "plain", int32_array({1000}, {1}));
  plain.write(plain.all(), counted(1000));
  const auto asked = [&](const auto& read) {
    const auto before = context.counters();
    read();
    const auto after = context.counters();
    return std::pair(after.requests - before.requests, after.read_bytes - before.read_bytes);
  };
  CHECK(asked([&] { CHECK(plain.read<std::int32_t>() == counted(1000)); }) ==
        std::pair<std::uint64_t, std::uint64_t>(1000, 4000));

  const auto sharded = create_array(store, "sharded", int32_array({6400}, {1}, {64}));
  sharded.write(sharded.all(), counted(6400));
  const auto again = open_array(store, "sharded");
  std::vector<std::int32_t> output(100);
  // One inner chunk of each of 100 shards: 100 indexes of 64 entries and a checksum, and 100 inner chunks.
  const Box one_of_each = box({5}, {100}, {64});
  const auto read = [&] {
    again.read(one_of_each, output.data());
    for (std::size_t i = 0; i < 100; ++i) REQUIRE(output[i] == static_cast<std::int32_t>(i * 64 + 6));
  };
  CHECK(asked(read) == std::pair<std::uint64_t, std::uint64_t>(200, 100 * (64 * 16 + 4) + 400));
  // The indexes are still there.
  CHECK(asked(read) == std::pair<std::uint64_t, std::uint64_t>(100, 400));
}

namespace {

/// Says that it tells of ranges and does not.
class Liar final : public sdk::BlockingStore {
 public:
  sdk::StoreProperties properties() const override {
    return {.writable = true, .deletable = true, .progressive = true};
  }
  bool get(std::string_view key, sdk::Reading& reading) override {
    const auto found = values_.find(key);
    if (found == values_.end()) return false;
    if (reading.whole()) {
      reading.answer(found->second);
      return true;
    }
    // By hand: the host is told of nothing.
    for (std::size_t i = 0; i < reading.ranges().size(); ++i) {
      const auto range = reading.ranges()[i];
      reading.out(i).append(sdk::Bytes(found->second).subspan(range.offset, range.length));
    }
    return true;
  }
  void set(std::string_view key, sdk::Writing& writing) override { values_[std::string(key)] = writing.joined(); }
  void erase(std::string_view key) override { values_.erase(std::string(key)); }

 private:
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> values_;
};

}  // namespace

TEST_CASE("a store that does not tell of ranges as it has promised is found out", "[engine]") {
  const Context context;
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Liar>()), "liar:");
  const auto array = create_array(store, "a", int32_array({600, 300}, {600, 300}));
  array.write(array.all(), counted(180'000));
  // Rows of another length than the chunk's, so that it comes in slabs.
  std::vector<std::int32_t> output(600 * 400);
  const auto failure = test::failure_of([&] { array.read(array.all(), output.data(), {1600, 4}); });
  CHECK(failure.code() == ErrorCode::internal);
  CHECK_THAT(failure.what(), Catch::Matchers::Contains("told of 0 ranges"));
}

namespace {

/// Blocks, and looks at itself after its answers, when its work is done but the call is not.
class Lingering final : public sdk::Store {
 public:
  struct Seen {
    std::promise<void> go_on, released;
    std::atomic<bool> held = false;       // the next get waits for go_on
    std::atomic<int> in_submit = 0;       // calls that have not returned
    std::atomic<bool> too_early = false;  // released while there were some
  };

  explicit Lingering(Seen& seen) : seen_(&seen) {}
  ~Lingering() override {
    seen_->too_early = seen_->in_submit != 0;
    seen_->released.set_value();
  }

  sdk::StoreProperties properties() const override {
    return {.writable = true, .deletable = true, .latency_ns = 2'000'000, .concurrency = 2};
  }
  bool blocking() const override { return true; }

  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    ++seen_->in_submit;
    if (seen_->held.exchange(false)) seen_->go_on.get_future().wait();
    for (auto& operation : operations) {
      const bool asks = operation.kind() == ZEO_OP_GET || operation.kind() == ZEO_OP_HEAD;
      asks ? operation.not_found() : operation.succeed();
    }
    std::this_thread::sleep_for(10ms);
    --seen_->in_submit;
  }

 private:
  Seen* seen_;
};

/// Has operations answered by threads of its own, before the call that has brought them returns; counts these calls.
class Queued final : public sdk::Store {
 public:
  /// On any of the threads, several at once. What it leaves unanswered succeeds.
  using Answer = std::function<void(sdk::Operation&)>;

  Queued(std::atomic<int>& calls, unsigned threads, std::uint32_t concurrency, Answer answer)
      : calls_(calls), concurrency_(concurrency), answer_(std::move(answer)) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Queued() override {
    CHECK(calls_ == 0);
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }
  sdk::StoreProperties properties() const override {
    return {.writable = true, .deletable = true, .concurrency = concurrency_};
  }
  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    ++calls_;
    {
      const std::lock_guard lock(mutex_);
      for (auto& operation : operations) queue_.push_back(std::move(operation));
    }
    changed_.notify_all();
    std::this_thread::sleep_for(2ms);
    --calls_;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      {
        auto operation = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        answer_(operation);
        if (operation) operation.succeed();
      }
      lock.lock();
    }
  }

  std::atomic<int>& calls_;
  const std::uint32_t concurrency_;
  const Answer answer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<sdk::Operation> queue_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

bool asks(const sdk::Operation& operation) { return operation.kind() == ZEO_OP_GET || operation.kind() == ZEO_OP_HEAD; }

}  // namespace

TEST_CASE("a store is not released while a thread of the engine's has not returned from it", "[engine][threads]") {
  const auto nothing = [](sdk::Operation& operation) {
    if (asks(operation)) operation.not_found();
  };
  for (const unsigned threads : {0u, 2u}) {
    CAPTURE(threads);
    std::atomic<int> calls = 0;
    ContextOptions options;
    options.threads = threads;
    const Context context(options);
    for (int round = 0; round < 10; ++round) {
      std::promise<void> ended;
      auto output = std::make_shared<std::vector<std::int32_t>>(40);
      {
        auto queued = std::make_unique<Queued>(calls, 1, 0, nothing);
        const auto store = Store::adopt(context, sdk::Store::make(std::move(queued)), "quick:");
        const auto array = create_array(store, "a", int32_array({40}, {4}));
        CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>(40, 0));
        if (threads == 0) continue;  // its own thread would end the call, and cannot wait for itself
        detail::start_read({ReadRequest{array, array.all(), output->data(), {}}}, Until{},
                           [&ended, output](std::exception_ptr) { ended.set_value(); });
      }
      ended.get_future().wait();
    }
  }
}

TEST_CASE("a store that blocks is not released before its threads have left it", "[engine][threads]") {
  // Where there are no other threads, the store's end what they answer, and drop the last handle.
  for (const unsigned threads : {0u, 2u}) {
    CAPTURE(threads);
    Lingering::Seen seen;
    std::promise<void> ended;
    {
      ContextOptions options;
      options.threads = threads;
      const Context context(options);
      const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Lingering>(seen)), "lingering:");
      const auto array = create_array(store, "a", int32_array({4}, {4}));
      seen.held = true;
      auto output = std::make_shared<std::vector<std::int32_t>>(4);
      detail::start_read({ReadRequest{array, array.all(), output->data(), {}}}, Until{},
                         [&ended, output](std::exception_ptr) { ended.set_value(); });
    }
    seen.go_on.set_value();
    ended.get_future().wait();
    seen.released.get_future().wait();
    CHECK_FALSE(seen.too_early);
  }
}

TEST_CASE("of joined reads that failed, none is asked anew on a thread that nobody waits for", "[engine][threads]") {
  std::atomic<int> calls = 0, joined = 0;
  std::mutex mutex;
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> values;
  // A read of several ranges fails by one of them.
  const auto damaged = [&](sdk::Operation& operation) {
    sdk::ValueInfo info;
    bool found = true;
    operation.attempt([&] {
      const std::lock_guard lock(mutex);
      if (!asks(operation)) {
        values[std::string(operation.key())] = operation.writing().joined();
        return;
      }
      const auto value = values.find(operation.key());
      found = value != values.end();
      if (!found) return;
      if (operation.ranges().size() > 1) {
        ++joined;
        throw sdk::corrupt("one of them is not there");
      }
      if (operation.kind() == ZEO_OP_GET) operation.reading().answer(value->second);
      info.value_bytes = value->second.size();
    });
    if (operation) found ? operation.succeed(info) : operation.not_found();
  };
  std::vector<std::int32_t> found(20, -1);
  {
    ContextOptions options;
    options.threads = 0;
    const Context context(options);
    auto queued = std::make_unique<Queued>(calls, 3, 4, damaged);
    const auto store = Store::adopt(context, sdk::Store::make(std::move(queued)), "damaged:");
    const auto array = create_array(store, "a", int32_array({4096}, {4096}));
    array.write(array.all(), counted(4096));
    std::vector<ReadRequest> requests;
    for (std::size_t i = 0; i < found.size(); ++i) requests.push_back({array, box({i * 50}, {1}), &found[i], {}});
    read(requests);
  }
  CHECK(joined != 0);
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == static_cast<std::int32_t>(i * 50 + 1));
}
