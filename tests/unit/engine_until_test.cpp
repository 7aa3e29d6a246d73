// SPDX-License-Identifier: Apache-2.0
//
// Every call that asks a store can be given up, wherever in it the store stalls.
#include <zeolite/testing/catch.hpp>

#include <utility>

#include <boost/asio/use_future.hpp>

#include <zeolite/async.hpp>
#include <zeolite/json.hpp>
#include <zeolite/sdk/store.hpp>

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

using Clock = std::chrono::steady_clock;

/// A store with a small hierarchy, one of whose requests stalls: until it is not wanted any more, or, so that a test
/// ends that finds a fault, for some seconds.
class Stalling {
 public:
  explicit Stalling(unsigned threads = 1) : context_(context_with(threads)) {
    values_.properties.flags |= ZEO_STORE_CONDITIONS | ZEO_STORE_CREATE_ONLY;
    const auto whole = store();
    create_group(whole, "g");
    create_array(whole, "g/a", int32_array({8}, {2})).write(box({0}, {8}), counted(8));
    create_group(whole, "g/b");
    whole.set("g/old/.zgroup", std::as_bytes(std::span(std::string_view(R"({"zarr_format": 2})"))));
    whole.set("g/bad/zarr.json", std::as_bytes(std::span(std::string_view("{"))));
    whole.set("g/.zmetadata", {});
    fresh_ = values_.values;
    values_.fault = [this](const zeo_store_op& operation) {
      return stalls(operation.cancelled) ? Fault::say_cancelled : Fault::none;
    };
    values_.listing_fault = [this](const zeo_call& call) { return stalls(call.cancelled) ? ZEO_CANCELLED : ZEO_OK; };
  }

  Store store() { return Store::adopt(context_, values_.abi(), "async:"); }
  const Context& context() const { return context_; }

  /// The first state again.
  void reset() {
    values_.values = fresh_;
    left_ = 0;
    reached_ = false;
    waited_for_ = false;
  }

  /// The same, and of the requests from now on this one stalls, after `stalled` was called.
  void stall(unsigned request, std::function<void()> stalled = nullptr) {
    reset();
    stalled_ = std::move(stalled);
    left_ = static_cast<int>(request) + 1;
  }
  /// Since stall().
  bool has_stalled() const { return reached_; }
  /// Nobody has told the request that stalled that it is not wanted any more.
  bool was_waited_for() const { return waited_for_; }

 private:
  static Context context_with(unsigned threads) {
    ContextOptions options;
    options.threads = threads;
    return Context(options);
  }

  /// Whether the answer is not wanted any more.
  bool stalls(const std::uint32_t* cancelled) {
    if (--left_ != 0) return false;
    reached_ = true;
    if (stalled_) stalled_();
    for (const auto end = Clock::now() + 5s; Clock::now() < end; std::this_thread::sleep_for(1ms)) {
      if (cancelled != nullptr && std::atomic_ref(const_cast<std::uint32_t&>(*cancelled)).load() != 0) return true;
    }
    waited_for_ = true;
    return false;
  }

  Context context_;
  std::function<void()> stalled_;
  std::atomic<int> left_ = 0;
  std::atomic<bool> reached_ = false;
  std::atomic<bool> waited_for_ = false;
  std::map<std::string, std::string> fresh_;
  AsyncStore values_{2};
};

struct Call {
  const char* name;
  std::function<void(const Store&, const Until&)> make;
};

std::span<const std::byte> some_bytes() { return std::as_bytes(std::span(std::string_view("some"))); }

std::vector<Call> store_calls() {
  return {
      {"get", [](const Store& s, const Until& until) { (void)s.within(until).get("g/zarr.json"); }},
      {"get range",
       [](const Store& s, const Until& until) {
         (void)s.within(until).get("g/zarr.json", {0, 1});
       }},
      {"exists", [](const Store& s, const Until& until) { (void)s.within(until).exists("none"); }},
      {"size", [](const Store& s, const Until& until) { (void)s.within(until).size("g/zarr.json"); }},
      {"set", [](const Store& s, const Until& until) { s.within(until).set("new", some_bytes()); }},
      {"set_if_absent", [](const Store& s, const Until& until) { s.within(until).set_if_absent("new", some_bytes()); }},
      {"remove", [](const Store& s, const Until& until) { s.within(until).remove("g/zarr.json"); }},
      {"remove_prefix", [](const Store& s, const Until& until) { s.within(until).remove_prefix("g/a/"); }},
      {"list", [](const Store& s, const Until& until) { s.within(until).list("", false, [](const StoreEntry&) {}); }},
  };
}

ArrayOptions replacing() {
  auto options = int32_array({4}, {2});
  options.overwrite = true;
  return options;
}

std::vector<Call> hierarchy_calls() {
  return {
      {"open", [](const Store& s, const Until& until) { (void)open(s, "g/old", until); }},
      {"open within", [](const Store& s, const Until& until) { (void)open(s.within(until), "g/a"); }},
      {"open_array", [](const Store& s, const Until& until) { (void)open_array(s, "g/a", until); }},
      {"open_group", [](const Store& s, const Until& until) { (void)open_group(s, "g", until); }},
      {"create_array",
       [](const Store& s, const Until& until) { create_array(s, "x/y", int32_array({4}, {2}), until); }},
      {"create_array anew", [](const Store& s, const Until& until) { create_array(s, "g/a", replacing(), until); }},
      {"create_group", [](const Store& s, const Until& until) { create_group(s, "x/y", {}, until); }},
      {"create_node",
       [](const Store& s, const Until& until) { create_node(s, "g/x", to_document(GroupMetadata()), false, until); }},
      {"create_array of metadata",
       [](const Store& s, const Until& until) {
         static const auto metadata =
             create_array(Store::open(s.context(), "memory:"), "", int32_array({4}, {2})).metadata();
         create_node(s, "g/x", metadata, false, until);
       }},
      {"require_array",
       [](const Store& s, const Until& until) { require_array(s, "x", int32_array({4}, {2}), until); }},
      {"require_group", [](const Store& s, const Until& until) { require_group(s, "x", {}, until); }},
      {"erase_node", [](const Store& s, const Until& until) { erase_node(s, "g/a", until); }},
  };
}

/// Calls of a group.
std::vector<Call> group_calls(const Group& group) {
  return {
      {"members", [group](const Store&, const Until& until) { (void)group.members(until); }},
      {"open_members", [group](const Store&, const Until& until) { (void)group.open_members(until); }},
      {"Group::open", [group](const Store&, const Until& until) { (void)group.open("a", until); }},
      {"Group::open_array", [group](const Store&, const Until& until) { (void)group.open_array("a", until); }},
      {"Group::open_group", [group](const Store&, const Until& until) { (void)group.open_group("b", until); }},
      {"Group::create_array",
       [group](const Store&, const Until& until) { group.create_array("x", int32_array({4}, {2}), until); }},
      {"Group::create_group", [group](const Store&, const Until& until) { group.create_group("x", {}, until); }},
      {"Group::require_group", [group](const Store&, const Until& until) { group.require_group("x", {}, until); }},
      {"Group::erase", [group](const Store&, const Until& until) { group.erase("a", until); }},
      {"Group::set_attributes",
       [group](const Store&, const Until& until) {
         Group(group).set_attributes({{"a", 1}}, until);
       }},
  };
}

/// Calls of an array.
std::vector<Call> array_calls(const Array& array) {
  return {
      {"read_encoded", [array](const Store&, const Until& until) { (void)array.read_encoded({1}, until); }},
      {"write_encoded", [array](const Store&, const Until& until) { array.write_encoded({1}, some_bytes(), until); }},
      {"erase_chunk", [array](const Store&, const Until& until) { array.erase_chunk({1}, until); }},
      {"Array::set_attributes",
       [array](const Store&, const Until& until) {
         Array(array).set_attributes({{"a", 1}}, until);
       }},
      {"resize", [array](const Store&, const Until& until) { Array(array).resize({2}, until); }},
      {"resize from many",
       [array](const Store&, const Until& until) {
         auto grown = array;
         grown.resize({4000}, until);
         grown.resize({2}, until);  // these are too many to be asked for one by one
       }},
  };
}

std::vector<Call> all_calls(Stalling& stalling) {
  const auto store = stalling.store();
  auto calls = store_calls();
  for (auto& more : {hierarchy_calls(), group_calls(open_group(store, "g")), array_calls(open_array(store, "g/a"))}) {
    calls.insert(calls.end(), more.begin(), more.end());
  }
  return calls;
}

}  // namespace

TEST_CASE("every call is ended by a stop token, whichever of its requests stalls", "[engine][threads]") {
  for (const unsigned threads : {0u, 2u}) {
    Stalling stalling(threads);
    const auto store = stalling.store();
    for (const auto& call : all_calls(stalling)) {
      CAPTURE(threads, call.name);
      unsigned request = 0;
      for (;; ++request) {
        CAPTURE(request);
        std::stop_source stop;
        stalling.stall(request, [&] { stop.request_stop(); });
        std::optional<Error> failure;
        try {
          call.make(store, {stop.get_token()});
        } catch (const Error& error) {
          failure = error;
        }
        if (!stalling.has_stalled()) {
          if (failure) FAIL_CHECK(failure->what());
          break;
        }
        REQUIRE(failure);
        REQUIRE_FALSE(stalling.was_waited_for());
        CHECK(failure->code() == ErrorCode::cancelled);
        CHECK_THAT(failure->what(), Catch::Matchers::Contains("the caller does not want the result any more") &&
                                        Catch::Matchers::Contains("async:"));
      }
      CHECK(request > 0);
    }
  }
}

TEST_CASE("every call is ended by a deadline", "[engine][threads]") {
  Stalling stalling;
  const auto store = stalling.store();
  for (const auto& call : all_calls(stalling)) {
    CAPTURE(call.name);
    stalling.stall(0);
    const auto failure = failure_of([&] { call.make(store, {{}, Clock::now() + 5ms}); });
    REQUIRE_FALSE(stalling.was_waited_for());
    CHECK(failure.code() == ErrorCode::cancelled);
    CHECK_THAT(failure.what(), Catch::Matchers::Contains("the deadline has passed"));
  }
}

TEST_CASE("who does not want a result any more asks for nothing", "[engine][threads]") {
  Stalling stalling;
  const auto store = stalling.store();
  std::stop_source stop;
  stop.request_stop();
  for (const auto& call : all_calls(stalling)) {
    for (const auto& until : {Until{stop.get_token()}, Until{{}, Clock::now()}}) {
      CAPTURE(call.name);
      stalling.stall(0);
      CHECK(failure_of([&] { call.make(store, until); }).code() == ErrorCode::cancelled);
      CHECK_FALSE(stalling.has_stalled());
    }
  }
}

TEST_CASE("values that are read together and not wanted any more are not taken for bad ones", "[engine][threads]") {
  Stalling stalling;
  std::stop_source stop;
  stalling.stall(0, [&] { stop.request_stop(); });
  const std::vector<std::string> keys(300, "g/zarr.json");
  std::atomic<int> bad = 0;
  const auto visit = [&](std::size_t, const Store::Impl::Value& value) { bad += std::holds_alternative<Error>(value); };
  const auto failure =
      failure_of([&] { Store::Impl::get_each(stalling.store().within({stop.get_token()}), keys, 1000, visit); });
  CHECK(failure.code() == ErrorCode::cancelled);
  CHECK_THAT(failure.what(), Catch::Matchers::Contains("async:"));
  CHECK(bad == 0);
}

TEST_CASE("a deadline of opening does not bound what is opened", "[engine][threads]") {
  Stalling stalling;
  std::stop_source stop;
  const Until soon{stop.get_token(), Clock::now() + 1s};
  const auto bound = stalling.store().within(soon);
  const auto array = open_array(stalling.store(), "g/a", soon);
  const auto group = open_group(bound, "g");
  const auto created = create_array(bound, "new", int32_array({8}, {2}), soon);
  const auto members = group.open_members(soon);
  auto changed = open_array(bound, "g/a");
  changed.set_attributes({{"a", 1}}, soon);
  stop.request_stop();
  std::this_thread::sleep_until(soon.deadline);
  CHECK(failure_of([&] { (void)bound.exists("zarr.json"); }).code() == ErrorCode::cancelled);
  CHECK(array.read<std::int32_t>() == counted(8));
  for (const auto& opened : {array, changed, created}) CHECK(opened.store().exists("g/zarr.json"));
  CHECK(changed.read<std::int32_t>() == counted(8));
  created.write(created.all(), counted(8));
  CHECK(created.read_encoded({0}));
  CHECK(group.members().size() == 4);
  REQUIRE(members.at(0).node);
  CHECK(std::get<Array>(*members[0].node).read<std::int32_t>() == counted(8));
}

TEST_CASE("a handle that is bound twice heeds both", "[engine][threads]") {
  Stalling stalling;
  std::stop_source outer, middle, inner;
  for (auto* const stop : {&outer, &middle, &inner}) {
    *stop = std::stop_source();
    const auto store = stalling.store().within({outer.get_token()}).within({middle.get_token()});
    stalling.stall(0, [&] { stop->request_stop(); });
    CHECK(failure_of([&] { (void)open(store, "g/a", {inner.get_token()}); }).code() == ErrorCode::cancelled);
    *stop = std::stop_source();
  }
  const auto late = Clock::now() + 1h;
  for (const auto& [first, second] : {std::pair(Clock::now(), late), std::pair(late, Clock::now())}) {
    const auto store = stalling.store().within({outer.get_token(), first}).within({{}, second});
    CHECK(failure_of([&] { (void)store.exists("g"); }).code() == ErrorCode::cancelled);
  }
  // Without a new end the old one stays.
  const auto store = stalling.store().within({outer.get_token()}).within({});
  outer.request_stop();
  CHECK(failure_of([&] { (void)store.exists("g"); }).code() == ErrorCode::cancelled);
}

TEST_CASE("a resize that is stopped leaves the new shape and may leave chunks", "[engine][threads]") {
  Stalling stalling;
  auto array = open_array(stalling.store(), "g/a");
  bool removed_one = false;
  for (unsigned request = 0;; ++request) {
    std::stop_source stop;
    stalling.reset();
    auto resized = open_array(array.store(), "g/a");
    stalling.stall(request, [&] { stop.request_stop(); });
    try {
      resized.resize({2}, {stop.get_token()});
      break;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::cancelled);
    }
    const auto stored = open_array(array.store(), "g/a");
    CHECK(resized.shape() == stored.shape());
    if (stored.shape() == array.shape()) continue;
    removed_one = removed_one || !stored.store().exists("g/a/c/1");
    CHECK(stored.store().exists("g/a/c/3"));
    resized.resize({8});
    resized.resize({2});
    CHECK_FALSE(stored.store().exists("g/a/c/3"));
    CHECK(resized.read<std::int32_t>() == counted(2));
  }
  CHECK(removed_one);
}

namespace {

/// Lists many keys from a thread of its own, and takes its time to notice that nobody listens any more.
class Paging {
 public:
  ~Paging() {
    if (thread_.joinable()) thread_.join();
  }
  zeo_store* abi() { return &abi_.store; }

  zeo_status last_answer = ZEO_OK;  // to a page
  zeo_status end = ZEO_CANCELLED;   // what a listing that was stopped ends with
  std::atomic<bool> done = false;

 private:
  struct Abi {
    zeo_store store;
    Paging* self;
  };

  void list(zeo_list_request* request) {
    if (thread_.joinable()) thread_.join();
    done = false;
    thread_ = std::thread([this, request] {
      for (int i = 0; i < 1000 && last_answer == ZEO_OK; ++i) {
        const auto key = "k" + std::to_string(i);
        const zeo_list_entry entry{{key.data(), key.size()}, UINT64_MAX};
        last_answer = request->page(request, &entry, 1);
      }
      std::this_thread::sleep_for(20ms);
      const zeo_store_result result{
          sizeof result, std::exchange(last_answer, ZEO_OK) == ZEO_OK ? ZEO_OK : end, {}, UINT64_MAX, {}};
      done = true;
      request->done(request, &result);
    });
  }

  static constexpr zeo_store_vtable table = {
      {sizeof(zeo_store_vtable), 0, [](zeo_object*) {}, nullptr,
       [](const zeo_object*, zeo_out*, const zeo_call*) -> zeo_status { return ZEO_OK; }},
      [](const zeo_store*) -> const zeo_store_properties* {
        static constexpr zeo_store_properties properties = {
            sizeof(zeo_store_properties), ZEO_STORE_READABLE | ZEO_STORE_LISTABLE, 0, 0, 0, 1, 0};
        return &properties;
      },
      [](zeo_store*, zeo_store_op* const*, std::uint64_t, const zeo_call*) {},
      [](zeo_store* store, zeo_list_request* request, const zeo_call*) {
        reinterpret_cast<Abi*>(store)->self->list(request);
      },
      nullptr};

  std::thread thread_;
  Abi abi_{{&table}, this};
};

}  // namespace

TEST_CASE("a listing that is stopped midway visits no more, and waits for the store", "[engine][threads]") {
  const Context context;
  Paging paging;
  const auto store = Store::adopt(context, paging.abi(), "paging:");
  const auto list = [&](const Until& until, const std::function<void(int)>& visit) {
    int visited = 0;
    auto count = [&](const StoreEntry&) { visit(++visited); };
    std::optional<Error> failure;
    try {
      store.within(until).list("", false, count);
    } catch (const Error& error) {
      failure = error;
    }
    CHECK(paging.done);
    return std::pair(visited, failure ? std::optional(failure->code()) : std::nullopt);
  };
  using Told = std::pair<int, std::optional<ErrorCode>>;
  CHECK(list({}, [](int) {}) == Told(1000, std::nullopt));
  // Also when the store thinks that nothing is wrong with that.
  for (const auto end : {ZEO_CANCELLED, ZEO_OK, ZEO_NOT_FOUND}) {
    paging.end = end;
    std::stop_source stop;
    const auto told = list({stop.get_token()}, [&](int visited) {
      if (visited == 3) stop.request_stop();
    });
    CHECK(told == Told(3, ErrorCode::cancelled));
  }
  CHECK(list({}, [](int visited) {
          if (visited == 2) throw Error(ErrorCode::corrupt, "seen enough");
        }) == Told(2, ErrorCode::corrupt));
}

TEST_CASE("a deadline holds also for what goes on after a pause, and where there are no threads", "[engine][threads]") {
  // The first chunk meets others a while, in which whoever has begun the writing goes; the last ones take long.
  class Contended final : public sdk::BlockingStore {
   public:
    explicit Contended(std::atomic<int>& written) : written_(written) {}
    sdk::StoreProperties properties() const override {
      return {.writable = true, .deletable = true, .atomic_set = true, .conditions = true, .create_only = true};
    }
    bool get(std::string_view, sdk::Reading&) override { return false; }
    void set(std::string_view key, sdk::Writing&) override {
      if (!key.starts_with("a/c/")) return;
      if (key == "a/c/0" && conflicts_-- > 0) throw sdk::Error(ZEO_CONFLICT, "another was faster");
      if (std::stoi(std::string(key.substr(4))) >= 800) std::this_thread::sleep_for(10ms);
      ++written_;
    }
    void erase(std::string_view) override {}

   private:
    std::atomic<int>& written_;
    std::atomic<int> conflicts_ = 12;
  };
  std::atomic<int> written = 0;
  ContextOptions context_options;
  context_options.threads = 0;
  const Context context(context_options);
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Contended>(written)), "contended:");
  const auto array = create_array(store, "a", int32_array({1300}, {1}));
  const auto elements = counted(1300);
  WriteOptions options;
  options.until.deadline = Clock::now() + 2s;
  auto written_all = async_write(array, array.all(), elements.data(), {}, options, boost::asio::use_future);
  CHECK(failure_of([&] { written_all.get(); }).code() == ErrorCode::cancelled);
  CHECK(written < 1200);
}
