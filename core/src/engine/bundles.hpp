// SPDX-License-Identifier: Apache-2.0
//
// The parts of a run that are read together, because each alone would decode the same bytes again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "chunk_plan.hpp"

namespace zeolite {

class Bundles {
 public:
  /// The shape of what is decoded as a whole of the chunk of the i-th part; see Chain::piece_shape().
  using PieceShapeOf = std::function<std::optional<std::span<const std::uint64_t>>(std::uint64_t)>;

  /// Bundles the parts of a run, in place of those there were. The pieces of one chunk have one shape.
  void gather(const Run& run, const PieceShapeOf& piece_shape_of);

  std::uint64_t size() const { return all_alone() ? parts_ : ends_.size(); }
  /// The number of the first part of a bundle in its run. All have the same chunk.
  std::uint64_t first(std::uint64_t bundle) const { return all_alone() ? bundle : order_[begin(bundle)]; }
  /// Of the others.
  std::span<const std::uint32_t> others(std::uint64_t bundle) const {
    if (all_alone()) return {};
    return std::span(order_).subspan(begin(bundle) + 1, ends_[bundle] - begin(bundle) - 1);
  }

 private:
  struct Placed {
    std::uint64_t piece;
    std::uint32_t part;
    auto operator<=>(const Placed&) const = default;
  };

  bool all_alone() const { return ends_.empty(); }
  std::uint64_t begin(std::uint64_t bundle) const { return bundle == 0 ? 0 : ends_[bundle - 1]; }
  /// Puts the parts of order_ from `begin` on, all of one chunk, in the order of the pieces that hold them, and ends
  /// each bundle.
  void gather_chunk(const Run& run, std::span<const std::uint64_t> piece_shape, std::size_t begin);

  std::uint64_t parts_ = 0;
  std::vector<std::uint32_t> order_;  ///< the parts, bundle by bundle
  std::vector<std::uint64_t> ends_;   ///< of the bundles in order_; empty: every part is alone, and in its place
  std::vector<Placed> placed_;        ///< memory for the next time
};

}  // namespace zeolite
