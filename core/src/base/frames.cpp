// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZEOLITE_KEEPS_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZEOLITE_KEEPS_FRAMES 0
#endif
#endif
#ifndef ZEOLITE_KEEPS_FRAMES
#define ZEOLITE_KEEPS_FRAMES 1
#endif

namespace zeolite {

void* FrameShelf::allocate(std::size_t bytes) { return ::operator new((bytes + step - 1) / step * step); }

void* FrameShelf::take(std::size_t bytes) {
  if (bytes > largest_bytes) return allocate(bytes);
  const auto list = (bytes - 1) / step;
  auto* const frame = lists_[list];
  if (frame == nullptr) return allocate(bytes);
  lists_[list] = frame->next;
  kept_bytes_ -= (list + 1) * step;
  return frame;
}

void FrameShelf::give_back(void* frame, std::size_t bytes) noexcept {
  if (bytes > largest_bytes) return ::operator delete(frame);
  const auto list = (bytes - 1) / step;
  // What a full shelf holds may be of sizes that nobody takes any more.
  if (kept_bytes_ + (list + 1) * step > most_bytes) clear();
  kept_bytes_ += (list + 1) * step;
  lists_[list] = new (frame) Free{lists_[list]};
}

void FrameShelf::clear() noexcept {
  for (auto& first : lists_) {
    while (first != nullptr) ::operator delete(std::exchange(first, first->next));
  }
  kept_bytes_ = 0;
}

#if ZEOLITE_KEEPS_FRAMES

namespace {

constinit thread_local FrameShelf* shelf = nullptr;
constinit thread_local bool thread_ends = false;

/// Null while the thread ends: frames that its other objects end with go to the heap.
FrameShelf* shelf_of_thread() noexcept {
  if (shelf != nullptr || thread_ends) return shelf;
  thread_local struct Owner {
    FrameShelf owned;
    ~Owner() {
      shelf = nullptr;
      thread_ends = true;
    }
  } owner;
  return shelf = &owner.owned;
}

}  // namespace

void* Frames::take(std::size_t bytes) {
  auto* const kept = shelf_of_thread();
  return kept != nullptr ? kept->take(bytes) : FrameShelf::allocate(bytes);
}

void Frames::give_back(void* frame, std::size_t bytes) noexcept {
  if (auto* const kept = shelf_of_thread()) return kept->give_back(frame, bytes);
  ::operator delete(frame);
}

#else

// Whoever touches a frame that has ended is to be found out.
void* Frames::take(std::size_t bytes) { return ::operator new(bytes); }
void Frames::give_back(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#endif

}  // namespace zeolite
