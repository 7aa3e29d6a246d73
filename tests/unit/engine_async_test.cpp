// SPDX-License-Identifier: Apache-2.0
//
// Calls that do not wait, and calls that are given up.
#include <zeolite/testing/catch.hpp>

#include <future>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <zeolite/async.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::failure_of;
using test::Fault;
using test::int32_array;

namespace asio = boost::asio;

namespace {

Context context_with(unsigned threads) {
  ContextOptions options;
  options.threads = threads;
  return Context(options);
}

ErrorCode code_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error.code();
  }
}

ArrayOptions grid_of(std::uint64_t rows, std::uint64_t columns) { return int32_array({rows, columns}, {7, 11}); }
ArrayOptions three_strings() {
  auto options = int32_array({3}, {2});
  options.data_type = "string";
  return options;
}
Box row_of(std::uint64_t row, std::uint64_t columns) { return box({row, 0}, {1, columns}); }

// Lists in braces are no longer than an expression, which GCC 12 cannot have in a coroutine.
std::vector<std::string> some_strings() { return {"a", "bc", ""}; }

/// Calls all there are, one after the other, on a store of either kind.
asio::awaitable<void> round_trip(Store store) {
  const auto array = create_array(store, "a", grid_of(100, 90));
  const auto elements = counted(9000);
  co_await async_write(array, array.all(), elements.data(), asio::use_awaitable);
  const auto whole = co_await async_read<std::int32_t>(array, array.all(), asio::use_awaitable);
  CHECK(whole == elements);
  std::vector<std::int32_t> part(90);
  co_await async_read(array, row_of(3, 90), part.data(), asio::use_awaitable);
  CHECK(std::equal(part.begin(), part.end(), elements.begin() + 270));
  auto node = co_await async_open(store, "a", asio::use_awaitable);
  REQUIRE(node);
  CHECK(count_elements(std::get<Array>(*node).shape()) == 9000);
  std::optional<Error> error;
  try {
    (void)co_await async_read<float>(array, array.all(), asio::use_awaitable);
  } catch (const Error& failure) {
    error = failure;
  }
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::invalid);
  const auto strings = create_array(store, "s", three_strings());
  strings.write_strings(strings.all(), some_strings());
  const auto read = co_await async_read_strings(strings, strings.all(), Until{}, asio::use_awaitable);
  CHECK(read == some_strings());
}

}  // namespace

TEST_CASE("coroutines read and write, with stores and contexts of every kind", "[engine][threads]") {
  for (const unsigned threads : {0u, 1u, 3u}) {
    const auto context = context_with(threads);
    asio::io_context loop;
    AsyncStore values(2, 5, true);
    for (const auto& store : {Store::open(context, "memory:"), Store::adopt(context, values.abi(), "async:")}) {
      std::exception_ptr failure;
      asio::co_spawn(loop, round_trip(store), [&](std::exception_ptr thrown) { failure = thrown; });
      loop.restart();
      loop.run();
      CHECK_FALSE(failure);
    }
  }
}

TEST_CASE("a handler is never called from inside the call, and runs where it belongs", "[engine][threads]") {
  for (const unsigned threads : {0u, 2u}) {
    const auto context = context_with(threads);
    const auto array = create_array(Store::open(context, "memory:"), "a", int32_array({100}, {10}));
    asio::io_context loop;
    bool called = false;
    std::vector<std::int32_t> output(100, 7);
    async_read(array, array.all(), output.data(), asio::bind_executor(loop, [&](std::exception_ptr failure) {
                 CHECK_FALSE(failure);
                 CHECK(loop.get_executor().running_in_this_thread());
                 called = true;
               }));
    CHECK_FALSE(called);
    loop.run();  // waits for it: the call counts as work
    CHECK(called);
    CHECK(output == std::vector<std::int32_t>(100, 0));
  }
}

TEST_CASE("many calls are under way at once, and futures tell their end", "[engine][threads]") {
  const auto context = context_with(2);
  AsyncStore values(2, 3, true);
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({4000}, {10}));
  const auto elements = counted(4000);
  array.write(array.all(), elements);
  asio::thread_pool pool(1);
  std::vector<std::future<Elements<std::int32_t>>> futures;
  for (std::uint64_t i = 0; i < 40; ++i) {
    futures.push_back(
        async_read<std::int32_t>(array, box({i * 100}, {100}), asio::bind_executor(pool, asio::use_future)));
  }
  for (std::size_t i = 0; i < 40; ++i) {
    const auto part = futures[i].get();
    CHECK(std::equal(part.begin(), part.end(), elements.begin() + i * 100));
  }
  pool.join();
}

TEST_CASE("errors of calls that do not wait name the array, also where no chunk has failed", "[engine][threads]") {
  const auto context = context_with(1);
  AsyncStore values(1);
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto array = create_array(store, "a", int32_array({4}, {4}));
  const auto strings = create_array(store, "s", three_strings());
  asio::thread_pool pool(1);
  auto token = asio::bind_executor(pool, asio::use_future);
  auto elements = counted(4);
  const auto check = [](const Error& failure, ErrorCode code, std::string_view name) {
    CHECK(failure.code() == code);
    CHECK_THAT(failure.what(), Catch::Matchers::Contains(std::string(name)) && Catch::Matchers::Contains("async:"));
  };

  // A chunk that fails names the array itself. What is given up before the first is begun leaves it to the call, and
  // elements of the other kind leave the store to it.
  std::stop_source stop;
  stop.request_stop();
  const Until until{stop.get_token()};
  WriteOptions options;
  options.until = until;
  const ReadRequest request{array, array.all(), elements.data(), {}};
  check(failure_of([&] { async_read({request}, until, token).get(); }), ErrorCode::cancelled, "array /a");
  check(failure_of([&] { async_write(array, array.all(), elements.data(), {}, options, token).get(); }),
        ErrorCode::cancelled, "array /a");
  check(failure_of([&] { async_read_strings(strings, strings.all(), until, token).get(); }), ErrorCode::cancelled,
        "array /s");
  check(failure_of([&] { async_read_strings(array, array.all(), Until{}, token).get(); }), ErrorCode::invalid,
        "array /a");

  values.fault = [](const zeo_store_op&) { return Fault::fail; };
  check(failure_of([&] { async_read(array, array.all(), elements.data(), token).get(); }), ErrorCode::io, "array /a");
  check(failure_of([&] { async_write(array, array.all(), elements.data(), token).get(); }), ErrorCode::io, "array /a");
  check(failure_of([&] { async_read_strings(strings, strings.all(), Until{}, token).get(); }), ErrorCode::io,
        "array /s");
  pool.join();
}

TEST_CASE("a call that does not wait and that its deadline stops says so, and where", "[engine][threads]") {
  const auto context = context_with(1);
  AsyncStore values(2);
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({400}, {2}));
  auto elements = counted(400);
  values.fault = [](const zeo_store_op&) { return Fault::wait; };
  asio::thread_pool pool(1);
  auto token = asio::bind_executor(pool, asio::use_future);
  const auto soon = [] { return Until{{}, std::chrono::steady_clock::now() + 20ms}; };
  const auto check = [](const Error& failure) {
    CHECK(failure.code() == ErrorCode::cancelled);
    CHECK_THAT(failure.what(),
               Catch::Matchers::Contains("the deadline has passed") && Catch::Matchers::Contains("array /a"));
  };
  check(failure_of([&] { async_read<std::int32_t>(array, array.all(), soon(), token).get(); }));
  check(failure_of([&] {
    WriteOptions options;
    options.until = soon();
    async_write(array, array.all(), elements.data(), {}, options, token).get();
  }));
  pool.join();
}

TEST_CASE("the last handle to a context may go with a handler", "[engine][threads]") {
  for (int round = 0; round < 20; ++round) {
    std::promise<void> ended;
    {
      const auto context = context_with(1);
      auto array = create_array(Store::open(context, "memory:"), "a", int32_array({100}, {10}));
      auto output = std::make_shared<std::vector<std::int32_t>>(100);
      detail::start_read({ReadRequest{array, array.all(), output->data(), {}}}, Until{},
                         [&ended, output](std::exception_ptr) { ended.set_value(); });
    }
    ended.get_future().wait();
  }
}

TEST_CASE("a cancelled call ends soon, whatever its store waits for", "[engine][threads]") {
  const auto context = context_with(1);
  AsyncStore values(2);
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({400}, {2}));
  array.write(array.all(), counted(400));
  values.fault = [](const zeo_store_op& operation) { return operation.kind == ZEO_OP_GET ? Fault::wait : Fault::none; };
  std::vector<std::int32_t> output(400);

  SECTION("by a cancellation slot") {
    asio::io_context loop;
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    async_read(array, array.all(), output.data(),
               asio::bind_cancellation_slot(
                   signal.slot(), asio::bind_executor(loop, [&](std::exception_ptr thrown) { failure = thrown; })));
    loop.run_for(20ms);
    CHECK_FALSE(failure);
    signal.emit(asio::cancellation_type::total);
    loop.run();
    REQUIRE(failure);
    CHECK(code_of(failure) == ErrorCode::cancelled);
  }
  SECTION("by a deadline") {
    Until until;
    until.deadline = std::chrono::steady_clock::now() + 20ms;
    const auto failure = failure_of([&] { array.read(array.all(), output.data(), {}, until); });
    CHECK(failure.code() == ErrorCode::cancelled);
    CHECK_THAT(failure.what(),
               Catch::Matchers::Contains("the deadline has passed") && Catch::Matchers::Contains("array /a"));
    CHECK(std::chrono::steady_clock::now() >= until.deadline);
  }
  SECTION("by a stop token, before and during the call") {
    std::stop_source stop;
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(20ms);
      stop.request_stop();
    });
    for (int round = 0; round < 2; ++round) {
      const auto failure = failure_of([&] { array.read(array.all(), output.data(), {}, {stop.get_token()}); });
      CHECK(failure.code() == ErrorCode::cancelled);
      CHECK_THAT(failure.what(), Catch::Matchers::Contains("does not want"));
    }
  }
  values.fault = nullptr;
  CHECK(array.read<std::int32_t>() == counted(400));
}

namespace {

/// Starts call(token) on a store that stalls, cancels it by its slot, and says what it ends with; a slot that is not
/// heeded does not end it, but `fallback` does.
template <class Call>
std::exception_ptr cancel_by_slot(asio::cancellation_type type, Call call, std::stop_source fallback = {}) {
  asio::io_context loop;
  asio::cancellation_signal signal;
  std::optional<std::exception_ptr> failure;
  const auto handler = [&](std::exception_ptr thrown, auto&&...) { failure = thrown; };
  call(asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(loop, handler)));
  loop.run_for(20ms);
  CHECK_FALSE(failure);
  signal.emit(type);
  loop.run_for(fallback.stop_possible() ? 50ms : 5s);
  if (!failure) {
    CHECK(fallback.request_stop());
    loop.run();
  }
  return *failure;
}

}  // namespace

TEST_CASE("opening and other calls that block are cancelled by a slot and by their deadline", "[engine][threads]") {
  const auto context = context_with(1);
  AsyncStore values(2);
  const auto store = Store::adopt(context, values.abi(), "async:");
  const auto group = create_group(store, "g");
  (void)group.create_array("a", int32_array({4}, {2}));
  values.fault = [](const zeo_store_op&) { return Fault::wait; };
  const auto list = [group](const Until& until) { return group.members(until); };
  using Type = asio::cancellation_type;

  for (const auto type : {Type::terminal, Type::partial, Type::total}) {
    std::stop_source fallback;
    const Until until{fallback.get_token()};
    CHECK(code_of(cancel_by_slot(
              type, [&](auto token) { async_open(store, "g/a", until, token); }, fallback)) == ErrorCode::cancelled);
    CHECK(fallback.stop_requested() == false);
    CHECK(code_of(cancel_by_slot(
              type, [&](auto token) { async_call(context, list, until, token); }, fallback)) == ErrorCode::cancelled);
    // What may change something cannot promise to have changed nothing.
    CHECK(fallback.stop_requested() == (type == Type::total));
  }

  asio::thread_pool pool(1);
  auto token = asio::bind_executor(pool, asio::use_future);
  const auto soon = [] { return Until{{}, std::chrono::steady_clock::now() + 20ms}; };
  for (const auto& failure : {failure_of([&] { async_open(store, "g/a", soon(), token).get(); }),
                              failure_of([&] { async_call(context, list, soon(), token).get(); })}) {
    CHECK(failure.code() == ErrorCode::cancelled);
    CHECK_THAT(failure.what(), Catch::Matchers::Contains("the deadline has passed"));
  }
  values.fault = nullptr;
  CHECK(async_open(store, "g/a", soon(), token).get());
  pool.join();
}

TEST_CASE("results of any kind and failures are handed over", "[engine][threads]") {
  for (const unsigned threads : {0u, 1u}) {
    const auto context = context_with(threads);
    const auto group = create_group(context, "memory:");
    asio::thread_pool pool(1);
    auto token = asio::bind_executor(pool, asio::use_future);
    const auto until = Until{{}, std::chrono::steady_clock::now() + 1h};
    const auto call = [&](auto function) { return async_call(context, std::move(function), until, token).get(); };

    std::optional<Array> array =
        call([group](const Until& wanted) { return group.create_array("a", int32_array({4}, {2}), wanted); });
    REQUIRE(array);
    std::vector<NodeName> members = call([group](const Until& wanted) { return group.members(wanted); });
    REQUIRE(members.size() == 1);
    CHECK(members[0].name == "a");
    static_assert(std::is_void_v<decltype(call([](const Until&) {}))>);
    call([array](const Until& wanted) { Array(*array).resize({2}, wanted); });
    CHECK(std::get<Array>(*async_open(group.store(), "a", token).get()).shape() == Shape{2});
    // What can only be moved, on either side, and what is called without an end.
    auto owned = std::make_unique<int>(7);
    std::unique_ptr<int> same = call([owned = std::move(owned)](const Until&) mutable { return std::move(owned); });
    REQUIRE(same);
    CHECK(*same == 7);
    CHECK(async_call(
              context, [](const Until& wanted) { return wanted.deadline; }, token)
              .get() == std::chrono::steady_clock::time_point::max());
    CHECK(call([](const Until& wanted) { return wanted.deadline; }) == until.deadline);
    CHECK(failure_of([&] { call([group](const Until& wanted) { return group.open_group("none", wanted); }); }).code() ==
          ErrorCode::not_found);
    CHECK_THROWS_AS(call([](const Until&) { throw std::domain_error("not ours"); }), std::domain_error);
    pool.join();
  }
}

TEST_CASE("a call that is given up in the middle of many chunks leaves the rest alone", "[engine][threads]") {
  const auto context = context_with(1);
  AsyncStore values(1);
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({100'000}, {2}));
  std::stop_source stop;
  std::atomic<int> asked = 0;
  values.fault = [&](const zeo_store_op&) {
    if (++asked == 1000) stop.request_stop();
    return Fault::none;
  };
  std::vector<std::int32_t> output(100'000);
  const auto failure = failure_of([&] { array.read(array.all(), output.data(), {}, {stop.get_token()}); });
  CHECK(failure.code() == ErrorCode::cancelled);
  CHECK(asked < 20'000);
}

TEST_CASE("a call that only the clock's thread can end is ended by it", "[engine][threads]") {
  ContextOptions options;
  options.threads = 0;
  options.working_bytes = 1;  // one chunk at a time: the others have not begun
  const Context context(options);
  AsyncStore values(1);
  const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({40}, {2}));
  array.write(array.all(), counted(40));
  values.fault = [](const zeo_store_op& operation) { return operation.kind == ZEO_OP_GET ? Fault::wait : Fault::none; };
  std::vector<std::int32_t> output(40);
  for (int round = 0; round < 5; ++round) {
    std::promise<std::exception_ptr> ended;
    const Until until{{}, std::chrono::steady_clock::now() + 5ms};
    detail::start_read({ReadRequest{array, array.all(), output.data(), {}}}, until,
                       [&](std::exception_ptr failure) { ended.set_value(failure); });
    CHECK(code_of(ended.get_future().get()) == ErrorCode::cancelled);
  }
}

TEST_CASE("a deadline that is met changes nothing", "[engine][threads]") {
  const auto context = context_with(1);
  const auto array = create_array(Store::open(context, "memory:"), "a", int32_array({400}, {20}));
  const Until until{{}, std::chrono::steady_clock::now() + 1h};
  array.write(array.all(), counted(400).data(), {}, {.until = until});
  CHECK(array.read<std::int32_t>(array.all(), until) == counted(400));
}

namespace {

/// Does what executors are allowed to: refuses some of the work, runs some late.
class Moody final : public Executor {
 public:
  explicit Moody(unsigned refused_percent) : refused_percent_(refused_percent) {}
  ~Moody() override { pool_.join(); }
  unsigned threads() const override { return 2; }
  void post(std::function<void()> work) override {
    std::lock_guard lock(mutex_);
    if (random_.chance(refused_percent_)) throw std::runtime_error("not now");
    const auto late = random_.chance(30);
    asio::post(pool_, [work = std::move(work), late] {
      if (late) std::this_thread::sleep_for(1ms);
      work();
    });
  }

 private:
  const unsigned refused_percent_;
  std::mutex mutex_;
  test::Random random_{17};
  asio::thread_pool pool_{2};
};

}  // namespace

TEST_CASE("an executor of the embedder's runs the work, as far as it wants to", "[engine][threads]") {
  for (const unsigned refused : {0u, 50u, 100u}) {
    ContextOptions options;
    options.executor = std::make_shared<Moody>(refused);
    const Context context(options);
    CHECK(context.runtime().threads == 2);
    AsyncStore values(2, 9, true);
    for (const auto& store : {Store::open(context, "memory:"), Store::adopt(context, values.abi(), "async:")}) {
      const auto array = create_array(store, "a", int32_array({60, 60}, {3, 4}, {30, 20}));
      array.write(array.all(), counted(3600));
      CHECK(array.read<std::int32_t>() == counted(3600));
      asio::io_context loop;
      bool ended = false;
      asio::co_spawn(loop, round_trip(Store::open(context, "memory:")), [&](std::exception_ptr failure) {
        CHECK_FALSE(failure);
        ended = true;
      });
      loop.run();
      CHECK(ended);
    }
  }
}

TEST_CASE("Boost.Asio's threads serve a context", "[engine][threads]") {
  asio::thread_pool pool(2);
  ContextOptions options;
  options.executor = make_executor(pool.get_executor(), 2);
  {
    const Context context(options);
    const auto array = create_array(Store::open(context, "memory:"), "a", int32_array({60, 60}, {3, 4}, {30, 20}));
    array.write(array.all(), counted(3600));
    CHECK(array.read<std::int32_t>() == counted(3600));
  }
  pool.join();
}
