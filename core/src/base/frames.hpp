// SPDX-License-Identifier: Apache-2.0
//
// Memory for the frames of coroutines. They come and go by the hundred thousand, in few sizes, and mostly on one
// thread: so each thread keeps some of those that were freed on it.
#pragma once

#include <array>
#include <cstddef>

namespace zeolite {

struct Frames {
  /// Throws std::bad_alloc.
  static void* take(std::size_t bytes);
  /// On any thread. `bytes` is what it was taken with.
  static void give_back(void* frame, std::size_t bytes) noexcept;
};

/// What one thread keeps. Frames of about the same size share a list.
class FrameShelf {
 public:
  /// Larger frames are not kept.
  static constexpr std::size_t largest_bytes = 4096;
  /// Enough for the tasks that one thread begins before it waits for their answers.
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  FrameShelf() = default;
  ~FrameShelf() { clear(); }
  FrameShelf(const FrameShelf&) = delete;
  FrameShelf& operator=(const FrameShelf&) = delete;

  void* take(std::size_t bytes);
  /// `frame` is from any shelf, or from allocate().
  void give_back(void* frame, std::size_t bytes) noexcept;
  void clear() noexcept;
  /// From the heap, as large as any frame that shares a list with one of so many bytes.
  static void* allocate(std::size_t bytes);
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  static constexpr std::size_t step = 64;

  struct Free {
    Free* next;
  };
  std::array<Free*, largest_bytes / step> lists_{};
  std::size_t kept_bytes_ = 0;
};

}  // namespace zeolite
