// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chunk_plan.hpp"
#include "heap.hpp"
#include "operation.hpp"

namespace zeolite {

/// Throws ErrorCode::invalid when the elements have a variable length and should not, or the other way round.
void require_fixed(const Array::Impl& array, bool fixed);

/// What the requests say, for the engine. Throws when elements of one of the arrays have a variable length.
std::vector<BoxRequest> borrow_boxes(std::span<const ReadRequest> requests);

/// Throws ErrorCode::invalid unless the box lies inside the array and its elements can be counted.
void check_box(const Array::Impl& array, const Box& box);

/// The memory that reading elements of a variable-length type takes until they are strings.
class StringRead {
 public:
  /// Borrows the box. Throws when the array has no such elements.
  StringRead(const Array& array, const Box& box);

  const BoxRequest& request() const { return request_; }
  Heap& heap() { return heap_; }
  std::vector<std::string> take() const;

 private:
  Heap heap_;
  Elements<zeo_str> views_;
  const Strides strides_;
  BoxRequest request_;
};

// What is passed by reference outlives the task, and so does what requests borrow. Whoever runs the task sees to it
// that errors name an array.

/// Reads boxes of one array or several. `heap` takes the payload of variable-length elements, and keeps what else they
/// point to.
Task<void> read_boxes(Operation& operation, std::span<const BoxRequest> requests, Heap* heap);
Task<void> write_box(Operation& operation, BoxRequest request, const WriteOptions& options);

}  // namespace zeolite
