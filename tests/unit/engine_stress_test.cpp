// SPDX-License-Identifier: Apache-2.0
//
// Stores that do whatever they like, while calls are given up at any moment: each call ends, with an error or with what
// is right, and leaves nothing behind.
#include <zeolite/testing/catch.hpp>

#include <future>

#include <zeolite/async.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::Fault;
using test::int32_array;

namespace {

/// One call, which keeps this thread waiting or not; true: it has given what is right, or an error.
bool ends_well(const Array& array, const std::vector<std::int32_t>& expected, test::Random& random) {
  std::stop_source stop;
  std::jthread stopper;
  if (random.chance(30)) {
    stopper = std::jthread([&, after = random.below(300)] {
      std::this_thread::sleep_for(std::chrono::microseconds(after));
      stop.request_stop();
    });
  }
  Until until{stop.get_token(), std::chrono::steady_clock::time_point::max()};
  if (random.chance(30)) {
    until.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(500));
  }
  std::vector<std::int32_t> output(expected.size());
  try {
    if (random.chance(50)) {
      array.read(array.all(), output.data(), {}, until);
    } else {
      std::promise<std::exception_ptr> ended;
      detail::start_read({ReadRequest{array, array.all(), output.data(), {}}}, until,
                         [&](std::exception_ptr failure) { ended.set_value(failure); });
      if (const auto failure = ended.get_future().get()) std::rethrow_exception(failure);
    }
    return output == expected;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

TEST_CASE("whatever a store does, and whoever gives up, every call ends", "[engine][threads]") {
  for (unsigned seed = 0; seed < 12; ++seed) {
    test::Random random(seed);
    ContextOptions options;
    options.threads = static_cast<unsigned>(random.below(4));
    if (random.chance(50)) options.working_bytes = random.below(50'000);
    if (random.chance(30)) options.index_cache_bytes = 0;
    const Context context(options);
    AsyncStore values(2, seed, random.chance(50));
    const auto store = Store::adopt(context, values.abi(), "async:");
    auto described = int32_array({120, 64}, {6, 8}, random.chance(50) ? Shape{30, 32} : Shape{});
    if (random.chance(50)) described.codecs = {"bytes", Extension("gzip", {{"level", 1}})};
    const auto array = create_array(store, "a", described);
    const auto expected = counted(120 * 64);
    array.write(array.all(), expected);
    std::mutex mutex;
    test::Random mood(seed + 100);
    values.fault = [&](const zeo_store_op&) {
      std::lock_guard lock(mutex);
      if (!mood.chance(2)) return Fault::none;
      constexpr Fault all[] = {Fault::fail, Fault::say_corrupt, Fault::say_cancelled, Fault::unknown_status,
                               Fault::answer_twice};
      return all[mood.below(std::size(all))];
    };
    for (int round = 0; round < 20; ++round) CHECK(ends_well(array, expected, random));
    values.fault = nullptr;
    CHECK(array.read<std::int32_t>() == expected);
    CHECK(context.runtime().working_bytes_used == 0);
    CHECK(values.under_way == 0);
  }
}

TEST_CASE("answers to what was answered already are counted, and change nothing", "[engine][threads]") {
  const bool transformed = GENERATE(false, true);
  const Context context;
  // So few operations that none is used again, which would take a late answer for its own.
  std::atomic<std::uint64_t> answered = 0;
  {
    AsyncStore values(2, 13);
    auto options = int32_array({100}, {1});
    if (transformed) options.storage_transformers = {Extension("prefix", {{"prefix", "p/"}})};
    const auto array = create_array(Store::adopt(context, values.abi(), "async:"), "a", options);
    CHECK(context.counters().stray_answers == 0);
    values.fault = [&](const zeo_store_op&) {
      ++answered;
      return Fault::answer_twice;
    };
    array.write(array.all(), counted(100));
    CHECK(array.read<std::int32_t>() == counted(100));
    // The store's threads end with it: the second answer may come when the call has ended.
  }
  CHECK(answered >= 200);
  CHECK(context.counters().stray_answers == answered);
}

TEST_CASE("a write that fails or is given up leaves chunks as they were or as they should be", "[engine][threads]") {
  for (unsigned seed = 0; seed < 6; ++seed) {
    test::Random random(seed);
    ContextOptions options;
    options.threads = 2;
    options.working_bytes = random.chance(50) ? 3000 : 1 << 20;
    const Context context(options);
    AsyncStore values(2, seed, true);
    const auto store = Store::adopt(context, values.abi(), "async:");
    const auto array = create_array(store, "a", int32_array({64}, {4}, random.chance(50) ? Shape{16} : Shape{}));
    std::atomic<int> asked = 0;
    const std::vector<std::int32_t> ones(64, 1), twos(64, 2);
    array.write(array.all(), ones);
    values.fault = [&](const zeo_store_op&) { return ++asked % 5 == 4 ? Fault::fail : Fault::none; };
    CHECK_THROWS_AS(array.write(array.all(), twos), Error);
    values.fault = nullptr;
    for (const auto element : array.read<std::int32_t>()) CHECK((element == 1 || element == 2));
    array.write(array.all(), twos);
    CHECK(array.read<std::int32_t>() == twos);
  }
}
