// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <array>
#include <memory>
#include <new>
#include <utility>

namespace zeolite {

#ifdef __SANITIZE_ADDRESS__

// Whoever touches a frame that has ended is to be found out.
void* Frames::take(std::size_t bytes) { return ::operator new(bytes); }
void Frames::give_back(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#else

namespace {

/// Of one thread. Frames of about the same size share a list.
class Shelf {
 public:
  Shelf() = default;
  ~Shelf() {
    for (auto& first : lists_) {
      while (first != nullptr) ::operator delete(std::exchange(first, first->next));
    }
  }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  void* take(std::size_t list) noexcept {
    auto* const frame = lists_[list];
    if (frame == nullptr) return nullptr;
    lists_[list] = frame->next;
    kept_bytes_ -= size_of(list);
    return frame;
  }

  bool keep(void* memory, std::size_t list) noexcept {
    if (kept_bytes_ + size_of(list) > most_bytes) return false;
    kept_bytes_ += size_of(list);
    lists_[list] = new (memory) Free{lists_[list]};
    return true;
  }

  static constexpr std::size_t lists = 64;
  static std::size_t list_of(std::size_t bytes) { return (bytes - 1) / step; }
  static std::size_t size_of(std::size_t list) { return (list + 1) * step; }

 private:
  static constexpr std::size_t step = 64;
  /// Enough for the tasks that one thread begins before it waits for their answers.
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  struct Free {
    Free* next;
  };
  std::array<Free*, lists> lists_{};
  std::size_t kept_bytes_ = 0;
};

// A pointer of the initial-exec model is found by one instruction, where finding a thread's object takes longer than
// taking a frame. So few bytes of it may be had even by a library that is loaded late.
[[gnu::tls_model("initial-exec")]] constinit thread_local Shelf* shelf = nullptr;
constinit thread_local bool thread_ends = false;

/// Null where there is no memory for it, and while the thread ends: then frames go to the heap.
Shelf* make_shelf() noexcept {
  struct Owner {
    std::unique_ptr<Shelf> owned{new (std::nothrow) Shelf};
    ~Owner() {
      shelf = nullptr;
      thread_ends = true;
    }
  };
  if (thread_ends) return nullptr;
  thread_local const Owner owner;
  shelf = owner.owned.get();
  return shelf;
}

}  // namespace

void* Frames::take(std::size_t bytes) {
  const auto list = Shelf::list_of(bytes);
  if (list >= Shelf::lists) return ::operator new(bytes);
  if (shelf != nullptr) {
    if (void* const frame = shelf->take(list)) return frame;
  }
  return ::operator new(Shelf::size_of(list));
}

void Frames::give_back(void* frame, std::size_t bytes) noexcept {
  const auto list = Shelf::list_of(bytes);
  const bool keeps = list < Shelf::lists && (shelf != nullptr || make_shelf() != nullptr);
  if (!keeps || !shelf->keep(frame, list)) ::operator delete(frame);
}

#endif

}  // namespace zeolite
