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

  /// Keeps pieces that nobody uses as long as they and those that are in use stay below so many bytes.
  explicit MemoryPool(std::uint64_t limit_bytes, bool huge_pages = true)
      : limit_bytes_(limit_bytes), huge_pages_(huge_pages) {}
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
  /// Gives free pieces back to the system until there is room for what is in use.
  void make_room() noexcept;

  std::map<std::size_t, std::vector<void*>> free_;  // by size; guarded by mutex_
  std::uint64_t free_bytes_ = 0;                    // guarded by mutex_
  std::uint64_t used_bytes_ = 0;                    // guarded by mutex_
  const std::uint64_t limit_bytes_;
  const bool huge_pages_;
};

}  // namespace zeolite
