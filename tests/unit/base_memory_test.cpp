// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/catch.hpp>

#include <cstring>

#include "base/buffer.hpp"
#include "base/memory_pool.hpp"

using namespace zeolite;

TEST_CASE("pieces of memory are used again, up to a limit", "[base]") {
  const auto bytes = MemoryPool::piece_bytes(1'000'000);
  CHECK(bytes >= 1'000'000);
  CHECK(bytes < 1'250'000);
  CHECK(MemoryPool::piece_bytes(bytes) == bytes);
  MemoryPool pool(2 * bytes);
  void* const first = pool.acquire(bytes);
  pool.release(first, bytes);
  REQUIRE(pool.acquire(bytes) == first);
  void* const others[] = {pool.acquire(bytes), pool.acquire(bytes)};
  for (auto* const other : others) pool.release(other, bytes);
  pool.release(first, bytes);  // the third finds no room and goes
  const auto large = MemoryPool::piece_bytes(std::size_t{1} << 28);
  void* const piece = pool.acquire(large);
  CHECK(piece != nullptr);
  pool.release(piece, large);  // too large to be kept
}

TEST_CASE("buffers of a pool keep what they hold when they grow and move", "[base]") {
  MemoryPool pool(64 << 20);
  for (int round = 0; round < 3; ++round) {
    Buffer buffer(UINT64_MAX, &pool);
    buffer.resize(1000);
    std::memset(buffer.data(), 7, 1000);
    buffer.resize(MemoryPool::smallest_bytes);
    buffer.resize(4 << 20);
    CHECK(buffer.data()[0] == 7);
    CHECK(buffer.data()[999] == 7);
    auto moved = std::move(buffer);
    CHECK(moved.size() == 4 << 20);
    CHECK(moved.data()[999] == 7);
    buffer = std::move(moved);
    buffer.resize(5 << 20);
    CHECK(buffer.data()[999] == 7);
    buffer = Buffer(UINT64_MAX, &pool);
    CHECK(buffer.size() == 0);
  }
  // What a store works with is a copy of the descriptor.
  Buffer target(8 << 20, &pool);
  auto copy = *target.abi();
  REQUIRE(copy.reserve(&copy, 1 << 20) == ZEO_OK);
  std::memset(copy.data, 9, 1 << 20);
  copy.size = 1 << 20;
  REQUIRE(copy.reserve(&copy, 3 << 20) == ZEO_OK);
  CHECK(copy.data[(1 << 20) - 1] == 9);
  CHECK(copy.reserve(&copy, 9 << 20) == ZEO_NO_MEMORY);
  *target.abi() = copy;
  CHECK(target.data()[0] == 9);
}
