// SPDX-License-Identifier: Apache-2.0
//
// Memory for elements that are about to be read: not filled beforehand, and in huge pages where it is large. First
// touching fresh memory in pages of 4 KiB costs more than reading what goes there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace zeolite {

/// Memory for at least `bytes` bytes, aligned to 64, large pieces in huge pages where the system gives them, unless
/// that is not wanted. Throws std::bad_alloc. Free it with release_memory(). Thread-safe.
void* acquire_memory(std::size_t bytes, bool huge_pages = true);
void release_memory(void* memory) noexcept;

/// Leaves elements as they come when no value is given for them.
template <class T>
struct ElementAllocator {
  using value_type = T;

  ElementAllocator() = default;
  template <class U>
  ElementAllocator(const ElementAllocator<U>&) noexcept {}

  T* allocate(std::size_t n) {
    if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(acquire_memory(n * sizeof(T)));
  }
  void deallocate(T* elements, std::size_t) noexcept { release_memory(elements); }

  template <class U>
  void construct(U* element) noexcept {
    ::new (static_cast<void*>(element)) U;
  }
  template <class U, class... Values>
  void construct(U* element, Values&&... values) {
    ::new (static_cast<void*>(element)) U(std::forward<Values>(values)...);
  }

  bool operator==(const ElementAllocator&) const = default;
};

/// A vector whose elements are not zeroed when it is made or grows. What Array::read returns.
template <class T>
using Elements = std::vector<T, ElementAllocator<T>>;

template <class T>
bool operator==(const Elements<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace zeolite
