// SPDX-License-Identifier: Apache-2.0
//
// What a store says of itself is heeded: long ranges are split, and no more is asked at once than is useful.
#include <zeolite/testing/catch.hpp>

#include <algorithm>
#include <future>

#include <zeolite/async_start.hpp>
#include <zeolite/sdk/store.hpp>

#include "engine/context_impl.hpp"
#include "engine/store_impl.hpp"
#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::failure_of;
using test::Fault;
using test::int32_array;

namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string digits(std::size_t n, char first = '0') {
  std::string text(n, ' ');
  for (std::size_t i = 0; i < n; ++i) text[i] = static_cast<char>(first + i % 10);
  return text;
}

/// A store that wants ranges split, and what it is asked for.
class Splitting {
 public:
  explicit Splitting(std::uint64_t longest, unsigned threads = 1) : values(threads) {
    values.properties.concurrency = 0;
    values.properties.max_range_bytes = longest;
    values.fault = [this](const zeo_store_op& operation) {
      const std::lock_guard lock(mutex_);
      if (operation.kind != ZEO_OP_GET) return Fault::none;
      const auto number = asked_.size();
      asked_.emplace_back(operation.ranges, operation.ranges + operation.n_ranges);
      return fault ? fault(number) : Fault::none;
    };
    store.emplace(Store::adopt(context, values.abi(), "async:"));
  }

  /// The ranges of each read since the last time; whole values have none.
  std::vector<std::vector<zeo_range>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }
  /// The lengths of single ranges, in the order of their offsets.
  std::vector<std::uint64_t> take_lengths() {
    auto asked = take();
    std::sort(asked.begin(), asked.end(), [](const auto& a, const auto& b) { return a.at(0).offset < b.at(0).offset; });
    std::vector<std::uint64_t> lengths;
    for (const auto& ranges : asked) {
      CHECK(ranges.size() == 1);
      lengths.push_back(ranges[0].length);
    }
    return lengths;
  }

  Context context;
  AsyncStore values;
  std::function<Fault(std::size_t number)> fault;  // of the reads since take()
  std::optional<Store> store;

 private:
  std::mutex mutex_;
  std::vector<std::vector<zeo_range>> asked_;
};

using Lengths = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("long ranges are asked for in parts, as far as their ends are known", "[engine]") {
  Splitting split(100);
  const auto value = digits(1000);
  split.values.values["v"] = value;
  const auto get = [&](zeo_range range) { return text_of(split.store->get("v", range).value()); };
  const auto before = split.context.counters().requests;
  CHECK(get({50, 730}) == value.substr(50, 730));
  CHECK(split.context.counters().requests - before == 8);
  CHECK(split.take_lengths() == Lengths{92, 92, 92, 92, 92, 92, 92, 86});
  CHECK(get({0, 1000}) == value);
  CHECK(split.take_lengths() == Lengths(10, 100));
  CHECK(get({899, 101}) == value.substr(899));
  CHECK(split.take_lengths() == Lengths{51, 50});
  CHECK(get({900, 100}) == value.substr(900));
  CHECK(split.take_lengths() == Lengths{100});
  CHECK(get({ZEOLITE_SUFFIX, 300}) == value.substr(700));
  CHECK(get({200, ZEOLITE_REST}) == value.substr(200));
  CHECK(split.take().size() == 2);
  CHECK(text_of(split.store->get("v").value()) == value);
  CHECK(split.take().size() == 1);
  CHECK_FALSE(split.store->get("none", {0, 1000}));
  CHECK(split.take().size() == 10);

  CHECK(failure_of([&] { get({950, 101}); }).code() == ErrorCode::corrupt);
  split.fault = [](std::size_t number) { return number == 3 ? Fault::fail : Fault::none; };
  (void)split.take();
  const auto failure = failure_of([&] { get({0, 1000}); });
  CHECK(failure.code() == ErrorCode::io);
  CHECK_THAT(failure.what(), Catch::Matchers::Contains("told to fail"));
}

TEST_CASE("a read with long and short ranges comes to the right places", "[engine]") {
  Splitting split(7, 3);
  const auto array = create_array(*split.store, "a", int32_array({64, 3}, {1, 3}, {64, 3}));
  array.write(array.all(), counted(192));
  for (const auto& box : {box({0, 0}, {64, 3}), box({5, 0}, {20, 2}, {2, 1})}) {
    const auto found = array.read<std::int32_t>(box);
    test::Model model({64, 3});
    model.elements = counted(192);
    CHECK(found == model.read(box));
  }
  for (const auto& ranges : split.take()) {
    // What ends where the value ends cannot be split: nobody knows yet where that is.
    for (const auto& range : ranges) {
      CHECK((range.length <= 7 || range.length == ZEOLITE_REST || range.offset == ZEOLITE_SUFFIX));
    }
  }
}

TEST_CASE("a chunk whose size is known is asked for in parts, at the same time", "[engine]") {
  Splitting split(1000, 4);
  const auto array = create_array(*split.store, "a", int32_array({2000}, {1000}));
  array.write(array.all(), counted(2000));
  (void)split.take();
  split.values.most_under_way = 0;
  CHECK(array.read<std::int32_t>(box({0}, {1000})) == counted(1000));
  CHECK(split.take_lengths() == Lengths(4, 1000));
  CHECK(split.values.most_under_way == 4);

  SECTION("a part that comes short is found out") {
    split.fault = [](std::size_t number) { return number == 2 ? Fault::short_answer : Fault::none; };
    const auto failure = failure_of([&] { array.read<std::int32_t>(box({0}, {1000})); });
    CHECK(failure.code() == ErrorCode::internal);
    CHECK_THAT(failure.what(), Catch::Matchers::Contains("where 4000 were asked for"));
  }
  SECTION("a value that is too long or too short is found out") {
    for (const auto size : {4001U, 3999U}) {
      split.values.values["a/c/0"].resize(size);
      CHECK(failure_of([&] { array.read<std::int32_t>(); }).code() == ErrorCode::corrupt);
    }
  }
}

TEST_CASE("parts of two versions make no whole", "[engine]") {
  Splitting split(1000);
  const auto array = create_array(*split.store, "a", int32_array({1000}, {1000}));
  array.write(array.all(), counted(1000));
  const auto first = split.values.values.at("a/c/0");
  array.write(array.all(), counted(1000, 5000));
  const auto second = split.values.values.at("a/c/0");
  auto& value = split.values.values.at("a/c/0");
  value = first;
  (void)split.take();
  const auto part = GENERATE(0U, 1U, 2U, 3U);
  CAPTURE(part);
  const auto at_part = [&](const std::function<void()>& change) {
    // The store's one thread holds nothing while it calls this.
    split.fault = [&split, part, change](std::size_t number) {
      if (number == part) change();
      return Fault::none;
    };
  };
  const bool torn = part != 0;
  const auto conflict = [&](const auto& read) {
    if (!torn) return read();
    CHECK(failure_of(read).code() == ErrorCode::conflict);
  };
  const auto get = [&] { (void)split.store->get("a/c/0", {0, 4000}); };

  SECTION("replaced") {
    at_part([&] { value = second; });
    CHECK(array.read<std::int32_t>() == counted(1000, 5000));
    CHECK(split.take().size() == (torn ? 8 : 4));
    value = first;
    conflict(get);
  }
  SECTION("removed") {
    at_part([&] { split.values.values.erase("a/c/0"); });
    CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>(1000, 0));
    CHECK(split.take().size() == (torn ? 8 : 4));
    split.values.values["a/c/0"] = first;
    conflict(get);
  }
  SECTION("made shorter") {
    at_part([&] { value.resize(part * 1000); });
    (void)split.take();
    if (torn) CHECK(failure_of(get).code() == ErrorCode::conflict);
  }
}

TEST_CASE("parts of two versions make no whole where some say nothing of theirs", "[engine]") {
  Splitting split(1000);
  auto& value = split.values.values["v"];
  const auto get = [&] { return text_of(split.store->get("v", {0, 3000}).value()); };
  const auto unnamed = GENERATE(0U, 1U);
  CAPTURE(unnamed);
  value = digits(3000);
  split.fault = [&](std::size_t number) { return number == unnamed ? Fault::name_no_version : Fault::none; };
  CHECK(get() == value);
  (void)split.take();
  split.fault = [&](std::size_t number) {
    if (number == 2) value = digits(3000, 'a');
    return number == unnamed ? Fault::name_no_version : Fault::none;
  };
  CHECK(failure_of(get).code() == ErrorCode::conflict);
}

namespace {

/// Blocks, and has something to say.
class Blocking final : public sdk::BlockingStore {
 public:
  struct Seen {
    std::map<std::string, std::vector<std::uint8_t>, std::less<>> values;
    std::mutex mutex;
    std::atomic<int> gets = 0, at_once = 0, most_at_once = 0;
  };
  Blocking(Seen& seen, sdk::StoreProperties properties) : seen_(seen), properties_(properties) {}

  sdk::StoreProperties properties() const override { return properties_; }
  bool get(std::string_view key, sdk::Reading& reading) override {
    ++seen_.gets;
    const auto now = ++seen_.at_once;
    auto most = seen_.most_at_once.load();
    while (most < now && !seen_.most_at_once.compare_exchange_weak(most, now)) {
    }
    std::this_thread::sleep_for(2ms);
    --seen_.at_once;
    const std::lock_guard lock(seen_.mutex);
    const auto found = seen_.values.find(key);
    if (found == seen_.values.end()) return false;
    reading.answer(found->second);
    return true;
  }
  void set(std::string_view key, sdk::Writing& writing) override {
    const std::lock_guard lock(seen_.mutex);
    seen_.values[std::string(key)] = writing.joined();
  }
  void erase(std::string_view) override {}

 private:
  Seen& seen_;
  const sdk::StoreProperties properties_;
};

}  // namespace

TEST_CASE("a store that blocks gets its parts on several threads, however few it finds useful", "[engine][threads]") {
  ContextOptions options;
  options.threads = 3;
  const Context context(options);
  Blocking::Seen seen;
  const sdk::StoreProperties wishes{.writable = true, .deletable = true, .max_range_bytes = 500, .concurrency = 1};
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Blocking>(seen, wishes)), "blocking:");
  CHECK((store.properties().flags & ZEO_STORE_BLOCKING) != 0);
  const auto array = create_array(store, "a", int32_array({1000}, {1000}));
  array.write(array.all(), counted(1000));
  seen.gets = 0;
  seen.most_at_once = 0;
  CHECK(array.read<std::int32_t>() == counted(1000));
  CHECK(seen.gets == 8);
  CHECK(seen.most_at_once > 1);
}

TEST_CASE("a slow store that says no number gets as many threads as it may have", "[engine][threads]") {
  ContextOptions options;
  options.threads = 0;
  options.store_threads = 5;
  const Context context(options);
  Blocking::Seen seen;
  const sdk::StoreProperties wishes{.writable = true, .deletable = true, .latency_ns = 2'000'000};
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Blocking>(seen, wishes)), "blocking:");
  const auto array = create_array(store, "a", int32_array({100}, {1}));
  CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>(100, 0));
  CHECK(seen.most_at_once > 1);
  CHECK(seen.most_at_once <= 5);
}

namespace {

/// Answers when it is told to, or at once.
class Manual final : public sdk::Store {
 public:
  struct Seen {
    std::vector<std::string> given;
    std::deque<sdk::Operation> waiting;
    bool at_once = false;
    int inside = 0, deepest = 0;
    void answer(std::string_view key) {
      const auto found =
          std::find_if(waiting.begin(), waiting.end(), [&](const auto& operation) { return operation.key() == key; });
      REQUIRE(found != waiting.end());
      auto operation = std::move(*found);
      waiting.erase(found);
      operation.succeed();
    }
    std::string all() {
      std::string all;
      for (const auto& key : std::exchange(given, {})) all += key;
      return all;
    }
  };
  Manual(Seen& seen, std::uint32_t concurrency) : seen_(seen), concurrency_(concurrency) {}

  sdk::StoreProperties properties() const override { return {.concurrency = concurrency_}; }
  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    seen_.deepest = std::max(seen_.deepest, ++seen_.inside);
    for (auto& operation : operations) {
      seen_.given.emplace_back(operation.key());
      seen_.at_once ? operation.succeed() : seen_.waiting.push_back(std::move(operation));
    }
    --seen_.inside;
  }

 private:
  Seen& seen_;
  const std::uint32_t concurrency_;
};

/// Operations as the engine makes them, by hand.
class Asking {
 public:
  Asking(const Context& context, zeo_store* store) : call_(context.impl()->workers), store_(store) {}

  void ask(std::initializer_list<const char*> keys, const std::uint32_t* cancelled = nullptr) {
    std::vector<zeo_store_op*> batch;
    for (const auto* const key : keys) batch.push_back(&make(key, cancelled).operation);
    store_->v->submit(store_, batch.data(), batch.size(), call_);
  }
  void ask_often(const char* key, int n) {
    std::vector<zeo_store_op*> batch;
    for (int i = 0; i < n; ++i) batch.push_back(&make(key, nullptr).operation);
    store_->v->submit(store_, batch.data(), batch.size(), call_);
  }
  /// Answered since the last time, in order; those that were cancelled in parentheses.
  std::string answered() { return std::exchange(answered_, {}); }

 private:
  struct One {
    zeo_store_op operation;
    std::string key;
  };
  One& make(const char* key, const std::uint32_t* cancelled) {
    auto& one = asked_.emplace_back(One{{}, key});
    one.operation.struct_size = sizeof one.operation;
    one.operation.kind = ZEO_OP_HEAD;
    one.operation.key = {one.key.data(), one.key.size()};
    one.operation.cancelled = cancelled;
    one.operation.host = this;
    one.operation.done = [](zeo_store_op* self, const zeo_store_result* result) {
      const std::string key(self->key.data, self->key.size);
      static_cast<Asking*>(self->host)->answered_ += result->status == ZEO_CANCELLED ? "(" + key + ")" : key;
    };
    return one;
  }

  Call call_;
  zeo_store* const store_;
  std::deque<One> asked_;
  std::string answered_;
};

}  // namespace

TEST_CASE("a store gets no more operations than it finds useful, in their order", "[engine]") {
  const Context context;
  Manual::Seen seen;
  const auto resources = context.impl()->resources();
  const auto make = [&](std::uint32_t concurrency) {
    auto* const manual = sdk::Store::make(std::make_unique<Manual>(seen, concurrency));
    return make_limited_store(resources, Owned<zeo_store>(manual));
  };

  SECTION("one after the other") {
    const auto store = make(2);
    Asking asking(context, store.get());
    asking.ask({"a", "b", "c"});
    asking.ask({"d", "e"});
    CHECK(seen.all() == "ab");
    seen.answer("b");
    CHECK(seen.all() == "c");
    seen.answer("a");
    CHECK(seen.all() == "d");
    seen.answer("c");
    seen.answer("d");
    CHECK(seen.all() == "e");
    seen.answer("e");
    CHECK(asking.answered() == "bacde");
    asking.ask({"f"});
    CHECK(seen.all() == "f");
    seen.answer("f");
  }
  SECTION("without those that are not wanted any more") {
    const auto store = make(1);
    Asking asking(context, store.get());
    std::uint32_t no = 0, also_no = 0;
    asking.ask({"a"});
    asking.ask({"b", "c"}, &no);
    asking.ask({"d"}, &also_no);
    asking.ask({"e"});
    no = 1;
    resources.held_back.dismiss();
    const auto gone = asking.answered();
    CHECK((gone == "(b)(c)" || gone == "(c)(b)"));
    asking.ask({"f"}, &no);
    CHECK(asking.answered() == "(f)");
    also_no = 1;
    seen.answer("a");
    CHECK(seen.all() == "ae");
    seen.answer("e");
    CHECK(asking.answered() == "(d)ae");
  }
  SECTION("on no deeper a stack, if it answers at once") {
    seen.at_once = true;
    const auto store = make(3);
    Asking asking(context, store.get());
    asking.ask_often("a", 50'000);
    CHECK(asking.answered().size() == 50'000);
    CHECK(seen.deepest == 1);
    seen.at_once = false;
    asking.ask_often("b", 5'000);
    seen.at_once = true;
    seen.answer("b");
    seen.answer("b");
    seen.answer("b");
    CHECK(asking.answered().size() == 5'000);
    CHECK(seen.deepest <= 2);
  }
}

TEST_CASE("reads and writes of many threads get through a narrow store", "[engine][threads]") {
  for (const unsigned threads : {0U, 2U}) {
    ContextOptions options;
    options.threads = threads;
    options.working_bytes = 2 << 10;  // fewer chunks than the store would take
    const Context context(options);
    AsyncStore values(4, 3, true);
    values.properties.concurrency = 3;
    values.properties.max_range_bytes = 13;
    const auto store = Store::adopt(context, values.abi(), "async:");
    auto shape = int32_array({60, 60}, {3, 4}, {30, 20});
    shape.codecs = {"bytes", "crc32c"};
    const auto write_and_read = [&](const std::string& name) {
      const auto array = create_array(store, name, shape);
      array.write(array.all(), counted(3600));
      CHECK(array.read<std::int32_t>() == counted(3600));
      array.write(box({7, 9}, {2, 2}), {1, 2, 3, 4});
      CHECK(array.read<std::int32_t>(box({7, 9}, {2, 2})) == std::vector<std::int32_t>{1, 2, 3, 4});
    };
    std::vector<std::thread> callers;
    for (const auto* const name : {"a", "b", "c"}) callers.emplace_back([&, name] { write_and_read(name); });
    for (auto& caller : callers) caller.join();
    CHECK(values.most_under_way == 3);
    CHECK(context.runtime().working_bytes_used == 0);
  }
}

TEST_CASE("who gives up does not wait for others in front of a narrow store", "[engine][threads]") {
  for (const unsigned threads : {0U, 2U}) {
    CAPTURE(threads);
    ContextOptions options;
    options.threads = threads;
    const Context context(options);
    AsyncStore values(2);
    values.properties.concurrency = 2;
    const auto store = Store::adopt(context, values.abi(), "async:");
    const auto stuck = create_array(store, "stuck", int32_array({4}, {1}));
    const auto other = create_array(store, "other", int32_array({4}, {1}));
    std::promise<void> go_on;
    const auto gate = go_on.get_future().share();
    std::atomic<int> arrived = 0;
    values.fault = [&](const zeo_store_op&) {
      ++arrived;
      gate.wait();
      return Fault::none;
    };
    std::promise<void> first, second;
    std::vector<std::int32_t> output(8);
    const auto end = [](std::promise<void>& promise) {
      return [&promise](std::exception_ptr failure) {
        failure ? promise.set_exception(std::move(failure)) : promise.set_value();
      };
    };
    detail::start_read({ReadRequest{stuck, stuck.all(), output.data(), {}}}, {}, end(first));
    while (arrived != 2) std::this_thread::yield();
    std::stop_source stop;
    detail::start_read({ReadRequest{other, other.all(), output.data() + 4, {}}}, {.stopped = stop.get_token()},
                       end(second));
    stop.request_stop();
    auto given_up = second.get_future();
    const bool in_time = given_up.wait_for(20s) == std::future_status::ready;
    go_on.set_value();
    CHECK(in_time);
    CHECK(failure_of([&] { given_up.get(); }).code() == ErrorCode::cancelled);
    CHECK_NOTHROW(first.get_future().get());
    CHECK(arrived == 4);
  }
}
