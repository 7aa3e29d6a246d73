// SPDX-License-Identifier: Apache-2.0
//
// Reading without a thread that waits, giving a call up, and working on the threads of a larger program.
#include <zeolite/async.hpp>
#include <zeolite/zeolite.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <numeric>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// [coroutine]
asio::awaitable<double> mean(zeolite::Array array) {
  const auto elements = co_await zeolite::async_read<float>(array, array.all(), asio::use_awaitable);
  co_return std::accumulate(elements.begin(), elements.end(), 0.0) / static_cast<double>(elements.size());
}
// [/coroutine]

int main() try {
  // [executor]
  asio::thread_pool threads(2);  // the program's own
  zeolite::ContextOptions options;
  options.executor = zeolite::make_executor(threads.get_executor(), 2);
  options.working_bytes = 64 << 20;  // for chunks under way, beside results
  const zeolite::Context context(options);
  // [/executor]

  const auto array = zeolite::create_array(
      context, "memory:", {.shape = {1000}, .chunk_shape = {100}, .data_type = "float32", .fill_value = 1.5});

  // [spawn]
  asio::io_context loop;
  double result = 0;
  asio::co_spawn(loop, mean(array), [&](std::exception_ptr failure, double value) {
    if (failure) std::rethrow_exception(failure);
    result = value;
  });
  loop.run();
  // [/spawn]
  std::printf("mean: %g\n", result);

  // [deadline]
  std::vector<float> elements(1000);
  try {
    array.read(array.all(), elements.data(), {}, {.deadline = std::chrono::steady_clock::now() + 10s});
  } catch (const zeolite::Error& error) {
    if (error.code() == zeolite::ErrorCode::cancelled) std::puts("too late");
    throw;
  }
  // [/deadline]

  // [call]
  std::vector<zeolite::NodeName> members;
  zeolite::async_call(
      context,
      [&](const zeolite::Until& until) {
        const auto group = zeolite::create_group(context, "memory:", {}, until);
        group.create_array("a", {.shape = {10}, .data_type = "int32"}, until);
        return group.members(until);
      },
      {.deadline = std::chrono::steady_clock::now() + 10s},
      asio::bind_executor(loop, [&](std::exception_ptr failure, std::vector<zeolite::NodeName> found) {
        if (failure) std::rethrow_exception(failure);
        members = std::move(found);
      }));
  loop.restart();
  loop.run();
  // [/call]
  for (const auto& member : members) std::printf("member: %s\n", member.name.c_str());

  // [within]
  const auto store = zeolite::Store::open(context, "memory:");
  const auto soon = store.within({.deadline = std::chrono::steady_clock::now() + 10s});
  const auto group = zeolite::create_group(soon, "results");  // may take ten seconds
  (void)group.members();                                      // may take as long as it takes
  // [/within]

  // [counters]
  const auto counters = context.counters();
  std::printf("%llu requests, %llu bytes read\n", static_cast<unsigned long long>(counters.requests),
              static_cast<unsigned long long>(counters.read_bytes));
  // [/counters]
  threads.join();
  return result == 1.5 && members.size() == 1 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
