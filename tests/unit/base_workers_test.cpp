// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/catch.hpp>

#include <atomic>
#include <stdexcept>

#include "base/thread_pool.hpp"
#include "base/workers.hpp"

using zeolite::ThreadPool;
using zeolite::Workers;

TEST_CASE("loops inside loops inside loops end, with any number of threads", "[threads]") {
  for (unsigned threads = 0; threads < 4; ++threads) {
    Workers workers(std::make_shared<ThreadPool>(threads));
    std::atomic<std::uint64_t> count{0};
    workers.parallel_for(8, [&](std::uint64_t) {
      workers.parallel_for(8, [&](std::uint64_t) { workers.parallel_for(8, [&](std::uint64_t) { ++count; }); });
    });
    REQUIRE(count == 512);
  }
}

TEST_CASE("several callers share the same threads", "[threads]") {
  Workers workers(std::make_shared<ThreadPool>(2));
  std::atomic<std::uint64_t> count{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) workers.parallel_for(16, [&](std::uint64_t) { ++count; });
    });
  }
  for (auto& caller : callers) caller.join();
  REQUIRE(count == 4 * 50 * 16);
}

TEST_CASE("the first exception of a loop reaches the caller after all bodies have ended", "[threads]") {
  Workers workers(std::make_shared<ThreadPool>(3));
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> running{0};
    CHECK_THROWS_AS(workers.parallel_for(64,
                                         [&](std::uint64_t i) {
                                           ++running;
                                           if (i % 7 == 3) {
                                             --running;
                                             throw std::runtime_error("seven");
                                           }
                                           --running;
                                         }),
                    std::runtime_error);
    REQUIRE(running == 0);
  }
}
