// SPDX-License-Identifier: Apache-2.0
//
// Reading without a thread that waits, giving a call up, and working on the threads of a larger program.
#include <zeolite/async.hpp>
#include <zeolite/zeolite.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <numeric>

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

  // [counters]
  const auto counters = context.counters();
  std::printf("%llu requests, %llu bytes read\n", static_cast<unsigned long long>(counters.requests),
              static_cast<unsigned long long>(counters.read_bytes));
  // [/counters]
  threads.join();
  return result == 1.5 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
