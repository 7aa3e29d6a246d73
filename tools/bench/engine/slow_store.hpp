// SPDX-License-Identifier: Apache-2.0
//
// A store as far away as a network: every request takes a while, and only so many are worked on at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <zeolite/abi/store.h>

namespace zeolite::bench {

struct SlowStoreOptions {
  std::string path;  ///< of the files it reads
  std::chrono::duration<double> latency{0};
  unsigned at_once = 1;
  std::shared_ptr<std::atomic<std::uint64_t>> requests;  ///< counts them
};

/// Answers reads on threads of its own after the latency, in the order they were asked in. Not writable.
zeo_store* make_slow_store(const SlowStoreOptions& options);

}  // namespace zeolite::bench
