// SPDX-License-Identifier: Apache-2.0
#include "bundles.hpp"

#include <algorithm>

namespace zeolite {

namespace {

/// Stands for no piece: what lies in several is read alone.
constexpr std::uint64_t alone = UINT64_MAX;

/// The number of the piece that holds all of a part, among those of its chunk.
std::uint64_t piece_of(const Selection& part, std::span<const std::uint64_t> chunk,
                       std::span<const std::uint64_t> piece) {
  if (part.empty()) return alone;
  std::uint64_t number = 0;
  for (std::size_t axis = 0; axis < piece.size(); ++axis) {
    const auto first = part.origin()[axis];
    const auto last = first + (part.shape()[axis] - 1) * part.step()[axis];
    const auto place = first / piece[axis];
    if (last / piece[axis] != place) return alone;
    number = number * (chunk[axis] / piece[axis]) + place;
  }
  return number;
}

}  // namespace

void Bundles::gather(const Run& run, const PieceShapeOf& piece_shape_of) {
  parts_ = run.size();
  order_.clear();
  ends_.clear();
  // A single selection takes one part of each chunk.
  if (run.selections() < 2) return;
  for (std::uint64_t i = 0; i < parts_;) {
    const auto begin = i;
    do {
      order_.push_back(static_cast<std::uint32_t>(i));
    } while (++i < parts_ && std::ranges::equal(run.id(begin), run.id(i)));
    const auto piece_shape = i - begin == 1 ? std::nullopt : piece_shape_of(begin);
    if (piece_shape) {
      gather_chunk(run, *piece_shape, begin);
    } else {
      for (auto end = begin; end < i;) ends_.push_back(++end);
    }
  }
  if (ends_.size() == parts_) ends_.clear();
}

void Bundles::gather_chunk(const Run& run, std::span<const std::uint64_t> piece_shape, std::size_t begin) {
  placed_.clear();
  for (auto i = begin; i < order_.size(); ++i) {
    placed_.push_back({piece_of(run.part(order_[i]), run.shape(begin), piece_shape), order_[i]});
  }
  std::sort(placed_.begin(), placed_.end());
  for (std::size_t k = 0; k < placed_.size(); ++k) {
    order_[begin + k] = placed_[k].part;
    const bool ends = k + 1 == placed_.size() || placed_[k].piece == alone || placed_[k + 1].piece != placed_[k].piece;
    if (ends) ends_.push_back(begin + k + 1);
  }
}

}  // namespace zeolite
