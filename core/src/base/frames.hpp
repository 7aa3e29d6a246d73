// SPDX-License-Identifier: Apache-2.0
//
// Memory for the frames of coroutines. They come and go by the hundred thousand, in few sizes, and mostly on one thread:
// so each thread keeps some of those that were freed on it.
#pragma once

#include <cstddef>

namespace zeolite {

struct Frames {
  /// Throws std::bad_alloc.
  static void* take(std::size_t bytes);
  /// On any thread. `bytes` is what it was taken with.
  static void give_back(void* frame, std::size_t bytes) noexcept;
};

}  // namespace zeolite
