// SPDX-License-Identifier: Apache-2.0
//
// Memory for the payload of variable-length elements, freed all at once.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include <zeolite/abi/types.h>

namespace zeolite {

/// Thread-safe: chunks that are decoded at the same time share one.
class Heap {
 public:
  explicit Heap(std::uint64_t limit_bytes) : abi_{&allocate, this}, left_(limit_bytes) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  zeo_heap* abi() { return &abi_; }

  /// Keeps alive what elements point to besides the heap's own memory.
  void keep(std::shared_ptr<const void> owner) {
    std::lock_guard lock(mutex_);
    if (kept_.empty() || kept_.back() != owner) kept_.push_back(std::move(owner));
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  static void* allocate(zeo_heap* heap, std::uint64_t bytes) {
    auto& self = *static_cast<Heap*>(heap->host);
    std::lock_guard lock(self.mutex_);
    if (bytes > self.left_) return nullptr;
    try {
      std::unique_ptr<void, Free> block(std::malloc(bytes == 0 ? 1 : bytes));
      if (!block) return nullptr;
      self.blocks_.push_back(std::move(block));
    } catch (...) {
      return nullptr;
    }
    self.left_ -= bytes;
    return self.blocks_.back().get();
  }

  zeo_heap abi_;
  std::mutex mutex_;
  std::uint64_t left_;
  std::vector<std::unique_ptr<void, Free>> blocks_;
  std::vector<std::shared_ptr<const void>> kept_;
};

}  // namespace zeolite
