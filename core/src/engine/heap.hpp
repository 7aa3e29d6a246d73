// SPDX-License-Identifier: Apache-2.0
//
// Memory for the payload of variable-length elements, freed all at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <zeolite/abi/types.h>
#include <zeolite/error.hpp>

namespace zeolite {

/// Thread-safe: chunks that are decoded at the same time share one.
class Heap {
 public:
  Heap() = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Null where there is no memory.
  void* allocate(std::uint64_t bytes) noexcept {
    std::lock_guard lock(mutex_);
    try {
      std::unique_ptr<void, Free> block(std::malloc(bytes == 0 ? 1 : bytes));
      if (!block) return nullptr;
      blocks_.push_back(std::move(block));
    } catch (...) {
      return nullptr;
    }
    return blocks_.back().get();
  }

  /// Keeps alive what elements point to besides the heap's own memory.
  void keep(std::shared_ptr<const void> owner) {
    std::lock_guard lock(mutex_);
    if (kept_.empty() || kept_.back() != owner) kept_.push_back(std::move(owner));
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  std::mutex mutex_;
  std::vector<std::unique_ptr<void, Free>> blocks_;
  std::vector<std::shared_ptr<const void>> kept_;
};

/// What one chunk may put into a heap. Thread-safe, but for renew().
class ChunkHeap {
 public:
  /// The heap outlives it.
  ChunkHeap(Heap& heap, std::uint64_t limit_bytes)
      : abi_{&allocate, this}, heap_(heap), limit_bytes_(limit_bytes), left_(limit_bytes) {}
  ChunkHeap(const ChunkHeap&) = delete;
  ChunkHeap& operator=(const ChunkHeap&) = delete;

  zeo_heap* abi() { return &abi_; }

  /// The chunk is decoded from the beginning.
  void renew() {
    left_ = limit_bytes_;
    refused_ = false;
  }

  /// Whoever was refused memory knows no reason: here it is.
  void explain(Error& error) const {
    if (!refused_ || error.code() != ErrorCode::no_memory) return;
    error = error.reworded(
        fmt::format("its elements take more than the {} bytes that max_chunk_bytes allows", limit_bytes_));
  }

 private:
  static void* allocate(zeo_heap* heap, std::uint64_t bytes) {
    auto& self = *static_cast<ChunkHeap*>(heap->host);
    auto left = self.left_.load();
    while (bytes <= left) {
      if (self.left_.compare_exchange_weak(left, left - bytes)) return self.heap_.allocate(bytes);
    }
    self.refused_ = true;
    return nullptr;
  }

  zeo_heap abi_;
  Heap& heap_;
  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> left_;
  std::atomic<bool> refused_ = false;
};

}  // namespace zeolite
