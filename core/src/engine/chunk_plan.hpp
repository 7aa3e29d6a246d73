// SPDX-License-Identifier: Apache-2.0
//
// The chunks that hold what is selected, in runs of bounded size: coordinates, boxes and keys are written for a whole
// run at once, and only when the run before it has been begun.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "../base/buffer.hpp"
#include "array_impl.hpp"

namespace zeolite {

class Operation;

/// What is to be read from an array, or written to it. Borrows.
struct BoxRequest {
  const Array::Impl* array;
  const Box* box;
  const void* memory;
  const Strides* strides;
};

/// Chunks of one array, one after the other. A chunk stands there once for each selection that takes a part of it.
class Run {
 public:
  std::uint64_t size() const { return ends_.size(); }
  const Array::Impl& array() const { return *array_; }
  std::size_t ndim() const { return ndim_; }
  /// How many selections take parts of its chunks.
  std::size_t selections() const { return memory_.size(); }

  std::span<const std::uint64_t> id(std::uint64_t i) const { return at(ids_, i); }
  std::span<const std::uint64_t> origin(std::uint64_t i) const { return at(origins_, i); }
  std::span<const std::uint64_t> shape(std::uint64_t i) const { return at(shapes_, i); }
  /// In the array's chunk_store().
  std::string_view key(std::uint64_t i) const {
    const auto begin = i == 0 ? 0 : ends_[i - 1];
    return keys_.text().substr(begin, ends_[i] - begin);
  }
  /// What is selected of the array, some of it in the chunk.
  Selection selection(std::uint64_t i) const {
    return Selection(std::span(numbers_).subspan(of_[i] * 4 * ndim_, 4 * ndim_), memory_[of_[i]]);
  }
  /// What is selected of the chunk, in coordinates of its own.
  Selection part(std::uint64_t i) const {
    auto selected = selection(i);
    selected.clip(origin(i), shape(i));
    return selected;
  }

  /// Leaves nothing but memory for the next chunks.
  void clear();

 private:
  friend class ChunkPlan;

  std::span<const std::uint64_t> at(const std::vector<std::uint64_t>& all, std::uint64_t i) const {
    return std::span(all).subspan(i * ndim_, ndim_);
  }

  const Array::Impl* array_ = nullptr;
  std::size_t ndim_ = 0;
  std::vector<std::uint64_t> ids_, origins_, shapes_;
  Buffer keys_;
  std::vector<std::uint64_t> ends_;
  // The selections, one after the other: there may be thousands, which must not fill the caches.
  std::vector<std::uint64_t> numbers_;
  std::vector<std::byte*> memory_;
  std::vector<std::uint32_t> of_;  ///< the selection that takes a part of each chunk
};

/// Names the chunks of several requests, in the order of the requests, and of the grid; within a run in the order of
/// coordinates, so that what is wanted of one chunk stands together. Where there are more requests than a run is for,
/// they are put in the order of their places first, or each run would come back to the chunks of the others. Not
/// thread-safe.
class ChunkPlan {
 public:
  /// The requests, and the operation that they are for, outlive the plan.
  ChunkPlan(const Operation& operation, std::span<const BoxRequest> requests);

  /// Makes `run` the next one, whatever it was; false: there is none, or none is wanted any more. Throws what is wrong
  /// with a request.
  bool next(Run& run);

 private:
  /// No run has more chunks, or is for more selections, and no more boxes of chunks are kept. The more there are, the
  /// more of them share a chunk; the fewer, the less memory is touched for the first time.
  static constexpr std::uint64_t run_chunks = 4096;
  /// The first runs are smaller, so that chunks are soon under way while others are planned.
  std::uint64_t divisor_ = 16;

  /// Takes the boxes of chunks that a grid emits, one call long.
  struct Naming;

  std::uint64_t most_chunks() const { return run_chunks / divisor_; }

  const BoxRequest& request(std::size_t i) const { return requests_[places_.empty() ? i : places_[i]]; }
  /// Puts requests [begin, end), of one array, in the order of the chunks in which they begin, about, and of the pieces
  /// within them that are decoded as a whole.
  void order_requests(std::size_t begin, std::size_t end);
  /// Lets memory bring what the next requests point to: they lie in no order.
  void fetch_ahead() const;
  /// Throws unless the chunks of array_, all of which have been named, hold what is wanted: elements that the grid has
  /// left out would not have been read, or written.
  void check_covered();
  bool fill(Run& run);
  /// Of several, the error says which is wrong.
  Selection select_next(const BoxRequest& next) const;
  void begin_request(const Selection& selection);
  /// Adds chunks of the request that was begun. True: all of them; false: the run is full, or not wanted any more.
  bool add_chunks(Run& run, const Selection& selection);
  /// Asks the grid for boxes of chunks in the place of those that were gone through. False: they are not wanted any
  /// more.
  bool name_chunks(const Array::Impl& array, const Selection& selection);
  void sort(Run& run);
  static void locate(Run& run);
  /// Puts the array's prefix before each key.
  static void add_prefix(Run& run, std::string_view prefix);

  const Operation& operation_;
  const std::span<const BoxRequest> requests_;
  std::vector<std::uint32_t> places_;  ///< of the requests, in their order; empty: as they were given
  std::size_t next_request_ = 0;
  // The request that was begun and has chunks left, if there is one: some of the boxes of chunks that the grid names,
  // how far they have been gone through, and where the grid goes on.
  std::optional<Selection> selection_;
  std::vector<std::uint64_t> boxes_;  ///< origin and shape, one after the other
  std::size_t box_ = 0;
  Dims index_;
  Dims cursor_, last_cursor_;
  std::uint64_t boxes_left_ = 0;  ///< as many as there may be still
  bool all_named_ = false;
  // The array whose requests are gone through, the elements of it that are wanted so far, and those its chunks hold.
  const Array::Impl* array_ = nullptr;
  std::uint64_t wanted_ = 0, covered_ = 0;
  // Of sort(): memory for the next time.
  std::vector<std::uint64_t> order_, sorted_ids_;
  std::vector<std::uint32_t> sorted_of_;
};

/// The elements of a box of an array, tied to the caller's memory. Throws ErrorCode::invalid for a box that reaches
/// outside the array or cannot be.
Selection select(const Array::Impl& array, const Box& box, const void* memory, const Strides& strides);

}  // namespace zeolite
