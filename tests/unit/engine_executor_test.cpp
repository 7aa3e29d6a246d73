// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/catch.hpp>

#include <atomic>
#include <stdexcept>

#include "base/executor.hpp"

using zeolite::Executor;

TEST_CASE("loops inside loops inside loops end, with any number of threads", "[threads]") {
  for (unsigned threads = 0; threads < 4; ++threads) {
    Executor executor(threads);
    std::atomic<std::uint64_t> count{0};
    executor.parallel_for(8, [&](std::uint64_t) {
      executor.parallel_for(8, [&](std::uint64_t) { executor.parallel_for(8, [&](std::uint64_t) { ++count; }); });
    });
    REQUIRE(count == 512);
  }
}

TEST_CASE("several callers share one executor", "[threads]") {
  Executor executor(2);
  std::atomic<std::uint64_t> count{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) executor.parallel_for(16, [&](std::uint64_t) { ++count; });
    });
  }
  for (auto& caller : callers) caller.join();
  REQUIRE(count == 4 * 50 * 16);
}

TEST_CASE("the first exception of a loop reaches the caller after all bodies have ended", "[threads]") {
  Executor executor(3);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> running{0};
    CHECK_THROWS_AS(executor.parallel_for(64,
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
