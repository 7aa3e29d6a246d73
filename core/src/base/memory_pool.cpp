// SPDX-License-Identifier: Apache-2.0
#include "memory_pool.hpp"

#include <bit>
#include <new>

#include <zeolite/elements.hpp>

namespace zeolite {

MemoryPool::~MemoryPool() {
  for (auto& [bytes, pieces] : free_) {
    for (auto* const piece : pieces) release_memory(piece);
  }
}

std::size_t MemoryPool::piece_bytes(std::size_t bytes) {
  // Four sizes from one power of two to the next: sizes that differ a little, as those of compressed chunks do, share.
  const auto unit = std::bit_ceil(bytes) / 8;
  if (unit == 0 || bytes > SIZE_MAX - unit) return bytes;
  return (bytes + unit - 1) / unit * unit;
}

void* MemoryPool::acquire(std::size_t bytes) noexcept {
  {
    std::lock_guard lock(mutex_);
    used_bytes_ += bytes;
    const auto found = free_.find(bytes);
    if (found != free_.end() && !found->second.empty()) {
      auto* const piece = found->second.back();
      found->second.pop_back();
      free_bytes_ -= bytes;
      return piece;
    }
    make_room();
  }
  try {
    return acquire_memory(bytes, huge_pages_);
  } catch (const std::bad_alloc&) {
    std::lock_guard lock(mutex_);
    used_bytes_ -= bytes;
    return nullptr;
  }
}

void MemoryPool::make_room() noexcept {
  for (auto size = free_.rbegin(); size != free_.rend() && used_bytes_ + free_bytes_ > limit_bytes_; ++size) {
    auto& pieces = size->second;
    while (!pieces.empty() && used_bytes_ + free_bytes_ > limit_bytes_) {
      release_memory(pieces.back());
      pieces.pop_back();
      free_bytes_ -= size->first;
    }
  }
}

void MemoryPool::release(void* piece, std::size_t bytes) noexcept {
  try {
    std::lock_guard lock(mutex_);
    used_bytes_ -= bytes;
    if (used_bytes_ + free_bytes_ + bytes <= limit_bytes_) {
      free_[bytes].push_back(piece);
      free_bytes_ += bytes;
      return;
    }
  } catch (const std::bad_alloc&) {
    // Without memory for the list the piece goes back to the system.
  }
  release_memory(piece);
}

}  // namespace zeolite
