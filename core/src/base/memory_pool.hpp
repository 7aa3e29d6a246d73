// SPDX-License-Identifier: Apache-2.0
//
// Large pieces of memory that are used again: fresh ones cost more to touch for the first time than most chunks cost to
// decode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace zeolite {

/// Whether the system gives huge pages to who asks for them.
bool huge_pages_given();

/// Thread-safe.
class MemoryPool {
 public:
  /// Pieces smaller than this come from the heap, which is good at them.
  static constexpr std::size_t smallest_bytes = std::size_t{128} << 10;

  /// Keeps up to so many bytes that nobody uses.
  explicit MemoryPool(std::uint64_t keep_bytes) : keep_bytes_(keep_bytes) {}
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// The size of the piece that acquire() gives for `bytes`.
  static std::size_t piece_bytes(std::size_t bytes);

  /// Null when memory is short. `bytes` is a size of piece_bytes().
  void* acquire(std::size_t bytes) noexcept;
  void release(void* piece, std::size_t bytes) noexcept;

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;  // by size
  std::uint64_t free_bytes_ = 0;
  const std::uint64_t keep_bytes_;
};

}  // namespace zeolite
