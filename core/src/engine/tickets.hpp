// SPDX-License-Identifier: Apache-2.0
//
// Store operations and listings that outlive their answers: a store that answers twice finds that nobody waits any
// more, where it would otherwise touch what has gone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <zeolite/abi/store.h>

namespace zeolite {

/// Whoever waits for the answer to an operation or a listing.
class Asker {
 public:
  /// Once, on any thread.
  virtual void answered(const zeo_store_result& result) noexcept = 0;
  /// In its place, when the operation was one of several that were joined, and what failed may have been another one.
  virtual void failed_with_others(const zeo_store_result& result) noexcept { answered(result); }
  virtual void range_done(std::uint32_t /*range*/) noexcept {}
  /// Of a listing, before the answer; other than ZEO_OK: no more.
  virtual zeo_status page(std::span<const zeo_list_entry> /*entries*/) noexcept { return ZEO_INTERNAL; }

 protected:
  ~Asker() = default;
};

struct Ticket {
  zeo_store_op operation;  // first, so that a pointer to it leads back here
  std::atomic<Asker*> asker;
  std::atomic<std::uint64_t>* stray_answers;
  Ticket* next;
  void* home;  // the shelf it is from
  // Whose host leads back here. Not in the place of the operation: what is answered once more is still what it was.
  zeo_list_request listing;
};

/// Thread-safe. A ticket that is given back is not used again until many others have been.
class Tickets {
 public:
  Tickets() = default;
  Tickets(const Tickets&) = delete;
  Tickets& operator=(const Tickets&) = delete;

  /// An empty operation whose answer goes to `asker`.
  Ticket& take(Asker& asker);
  /// The same for an empty listing.
  Ticket& take_listing(Asker& asker);
  void give_back(Ticket& ticket) noexcept;

  /// What `done` of a ticket's operation does, to tell Asker::failed_with_others().
  static void fail_with_others(zeo_store_op& operation, const zeo_store_result& result) noexcept;

  /// zeo_store_op.range_done for who wants to be told.
  static void on_range_done(zeo_store_op* operation, std::uint32_t range);

  /// Answers that came when nobody waited for them.
  std::uint64_t stray_answers() const { return stray_answers_.load(std::memory_order_relaxed); }

 private:
  /// So many rest on a shelf before one is used again.
  static constexpr std::size_t resting = 512;
  static constexpr std::size_t block = 64;

  using Tell = void (Asker::*)(const zeo_store_result&) noexcept;
  static void answer(Ticket& ticket, const zeo_store_result& result, Tell tell = &Asker::answered) noexcept;
  static void on_done(zeo_store_op* operation, const zeo_store_result* result);
  static void on_listing_done(zeo_list_request* listing, const zeo_store_result* result);
  static zeo_status on_page(zeo_list_request* listing, const zeo_list_entry* entries, std::uint64_t n);

  /// Threads seldom share one, and so seldom wait for each other.
  struct alignas(64) Shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<Ticket[]>> blocks;
    Ticket* unused = nullptr;  // never used
    Ticket* first = nullptr;   // the one given back longest ago
    Ticket* last = nullptr;
    std::size_t given_back = 0;
  };
  Shelf& shelf() noexcept;

  std::atomic<std::uint64_t> stray_answers_ = 0;
  std::array<Shelf, 16> shelves_;
};

}  // namespace zeolite
