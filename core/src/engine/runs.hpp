// SPDX-License-Identifier: Apache-2.0
//
// The chunks that hold a part of a selection, in runs of bounded size: coordinates, boxes and keys are written for a
// whole run at once.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "../base/buffer.hpp"
#include "array_impl.hpp"

namespace zeolite {

/// No run has more chunks.
inline constexpr std::uint64_t max_run_chunks = 4096;

/// A run of chunks: coordinates, boxes and keys, one chunk after the other.
struct Run {
  explicit Run(std::size_t dimensions) : ndim(dimensions) {}

  std::size_t ndim;
  std::uint64_t n = 0;
  std::uint64_t chunk_bytes = 0;  ///< of the first, decoded
  std::vector<std::uint64_t> ids;
  std::vector<std::uint64_t> origins;
  std::vector<std::uint64_t> shapes;
  Buffer keys;
  std::vector<std::uint64_t> ends;

  std::span<const std::uint64_t> id(std::uint64_t i) const { return std::span(ids).subspan(i * ndim, ndim); }
  std::span<const std::uint64_t> origin(std::uint64_t i) const { return std::span(origins).subspan(i * ndim, ndim); }
  std::span<const std::uint64_t> shape(std::uint64_t i) const { return std::span(shapes).subspan(i * ndim, ndim); }
  std::string_view key(std::uint64_t i) const {
    const auto begin = i == 0 ? 0 : ends[i - 1];
    return keys.text().substr(begin, ends[i] - begin);
  }
};

/// Calls visit(run) for all chunks that may hold selected elements, a bounded number at a time: a run's decoded size
/// stays below batch_bytes, unless it is a single chunk. What `visit` throws ends it.
void each_run(const Array::Impl& array, const Selection& selection, const std::function<void(Run)>& visit);

}  // namespace zeolite
