// SPDX-License-Identifier: Apache-2.0
//
// Memory for values and tables, in large pages where it is large: whoever looks up values here and there in many pages
// waits longer for the addresses of the pages than for the values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <new>

#include <sys/mman.h>

namespace zeolite::memory {

/// Memory as by operator new; pieces of 2 MiB and more begin at a large page, and ask for such.
class LargePages final : public std::pmr::memory_resource {
 public:
  static LargePages* get() {
    static auto& resource = *new LargePages;  // never destroyed: values may outlive the destruction of static objects
    return &resource;
  }

 private:
  static constexpr std::size_t page = std::size_t{2} << 20;

  static std::size_t alignment_of(std::size_t bytes, std::size_t alignment) {
    return bytes >= page && alignment < page ? page : alignment;
  }

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (bytes > PTRDIFF_MAX) throw std::bad_alloc();  // it would be rounded up to next to nothing
    void* const memory = ::operator new(bytes, std::align_val_t(alignment_of(bytes, alignment)));
    // A wish: small pages do, too. The last page is not asked for unless it is whole, or it would be taken as a whole.
    if (bytes >= page) ::madvise(memory, bytes / page * page, MADV_HUGEPAGE);
    return memory;
  }

  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    ::operator delete(memory, bytes, std::align_val_t(alignment_of(bytes, alignment)));
  }

  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

/// Small pieces side by side in pages of their own. What is given back is used again, and returned to the system at the
/// end. Thread-safe.
class Pool {
 public:
  void* allocate(std::size_t bytes) {
    if (bytes > largest) return LargePages::get()->allocate(bytes);
    const std::lock_guard lock(mutex_);
    return small_.allocate(bytes);
  }

  void deallocate(void* memory, std::size_t bytes) noexcept {
    if (bytes > largest) return LargePages::get()->deallocate(memory, bytes);
    const std::lock_guard lock(mutex_);
    small_.deallocate(memory, bytes);
  }

 private:
  static constexpr std::size_t largest = 4096;
  std::mutex mutex_;
  std::pmr::unsynchronized_pool_resource small_{{0, largest}, LargePages::get()};
};

}  // namespace zeolite::memory
