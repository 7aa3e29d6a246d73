// SPDX-License-Identifier: Apache-2.0
//
// Writers of one chunk wait for each other, but only as long as they want to.
#include <zeolite/testing/catch.hpp>

#include <future>

#include <zeolite/async_start.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::Fault;
using test::int32_array;

namespace {

/// Lets the first write of a chunk wait until it is told to go on.
class Holding {
 public:
  explicit Holding(AsyncStore& values) {
    values.fault = [this](const zeo_store_op& operation) {
      if (operation.kind == ZEO_OP_SET && writes_++ == 0) {
        begun_.set_value();
        go_.get_future().wait();
      }
      return Fault::none;
    };
  }
  void wait_until_held() { begun_.get_future().wait(); }
  void let_go() { go_.set_value(); }
  int writes() const { return writes_; }

 private:
  std::atomic<int> writes_ = 0;
  std::promise<void> begun_, go_;
};

std::future<void> start_write(const Array& array, const std::vector<std::int32_t>& elements, const Until& until = {}) {
  auto ended = std::make_shared<std::promise<void>>();
  auto future = ended->get_future();
  WriteOptions options;
  options.until = until;
  detail::start_write(array, array.all(), elements.data(), {}, options, [ended](std::exception_ptr failure) {
    failure ? ended->set_exception(failure) : ended->set_value();
  });
  return future;
}

/// Whether it ends, and in time, since it was given up, and says `why`.
bool is_given_up(std::future<void>& call, const char* why) {
  if (call.wait_for(10s) != std::future_status::ready) return false;
  const auto failure = test::failure_of([&] { call.get(); });
  CHECK(failure.code() == ErrorCode::cancelled);
  CHECK_THAT(failure.what(), Catch::Matchers::Contains(why) && Catch::Matchers::Contains("array /a"));
  return true;
}

}  // namespace

TEST_CASE("who is given up does not wait for another writer of the chunk", "[engine][threads]") {
  for (const unsigned threads : {0u, 2u}) {
    CAPTURE(threads);
    ContextOptions options;
    options.threads = threads;
    const Context context(options);
    AsyncStore values(2);
    const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({100}, {100}));
    const auto first = counted(100), second = counted(100, 2), third = counted(100, 3), fourth = counted(100, 4);
    Holding holding(values);
    auto holder = start_write(array, first);
    holding.wait_until_held();
    std::stop_source stop;
    const Until soon{{}, std::chrono::steady_clock::now() + 20ms};
    auto late = start_write(array, second, soon);
    auto patient = start_write(array, third);
    auto stopped = start_write(array, fourth, {stop.get_token()});
    auto blocking = std::async(std::launch::async, [&] {
      WriteOptions until;
      until.until = soon;
      array.write(array.all(), second.data(), {}, until);
    });
    const bool late_ended = is_given_up(late, "the deadline has passed");
    const bool blocking_ended = is_given_up(blocking, "the deadline has passed");
    stop.request_stop();
    const bool stopped_ended = is_given_up(stopped, "does not want");
    CHECK(patient.wait_for(0s) != std::future_status::ready);
    CHECK(holder.wait_for(0s) != std::future_status::ready);
    holding.let_go();
    // All are waited for, whatever has gone wrong.
    holder.get();
    patient.get();
    CHECK(late_ended);
    CHECK(blocking_ended);
    CHECK(stopped_ended);
    CHECK(holding.writes() == 2);
    values.fault = nullptr;
    CHECK(array.read<std::int32_t>() == third);
  }
}

TEST_CASE("writers of one chunk that are given up at any moment leave the lock to the others", "[engine][threads]") {
  for (const unsigned threads : {0u, 2u}) {
    ContextOptions options;
    options.threads = threads;
    const Context context(options);
    AsyncStore values(2, 3);
    const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", int32_array({10}, {10}));
    test::Random random(threads);
    const auto elements = counted(10);
    for (int round = 0; round < 20; ++round) {
      std::vector<std::stop_source> stops(20);
      std::vector<std::future<void>> calls;
      for (auto& stop : stops) calls.push_back(start_write(array, elements, {stop.get_token()}));
      const std::jthread stopper([&, after = random.below(200)] {
        std::this_thread::sleep_for(std::chrono::microseconds(after));
        for (std::size_t i = 0; i < stops.size(); i += 2) stops[i].request_stop();
      });
      for (std::size_t i = 0; i < calls.size(); ++i) {
        REQUIRE(calls[i].wait_for(60s) == std::future_status::ready);
        if (i % 2 == 1) {
          calls[i].get();
          continue;
        }
        try {
          calls[i].get();
        } catch (const Error& error) {
          CHECK(error.code() == ErrorCode::cancelled);
        }
      }
    }
    // Nobody holds it.
    array.write(array.all(), elements);
    CHECK(array.read<std::int32_t>() == elements);
    CHECK(context.runtime().working_bytes_used == 0);
  }
}

TEST_CASE("attributes and shape that are changed at the same time are both changed", "[engine][threads]") {
  const Context first, second;
  // In one context, and as two programs would, in a store that compares versions in the same step.
  const auto check = [](const Store& here, const Store& there) {
    create_array(here, "a", int32_array({10}, {5}));
    auto described = open_array(here, "a");
    std::atomic<bool> done = false;
    auto resizing = std::async(std::launch::async, [&] {
      auto resized = open_array(there, "a");
      for (std::uint64_t i = 0; !done; ++i) {
        resized.resize({10 + i % 2});
        std::this_thread::sleep_for(1ms);
      }
    });
    int lost = 0;
    for (int i = 0; i < 100; ++i) {
      described.set_attributes({{"number", i}});
      lost += open_array(here, "a").metadata().attributes.at("number") == i ? 0 : 1;
    }
    done = true;
    resizing.get();
    CHECK(lost == 0);
    CHECK(described.metadata().attributes.at("number") == 99);
  };
  const auto memory = Store::open(first, "memory:");
  check(memory, memory);
  AsyncStore values(2);
  values.properties.flags |= ZEO_STORE_CONDITIONS | ZEO_STORE_CREATE_ONLY;
  check(Store::adopt(first, values.abi(), "shared:"), Store::adopt(second, values.abi(), "shared:"));
}
