// SPDX-License-Identifier: Apache-2.0
#include "wanted.hpp"

#include <algorithm>

namespace zeolite {

namespace {

std::uint64_t end_of(const Selection& selection, std::size_t axis) {
  return selection.origin()[axis] + (selection.shape()[axis] - 1) * selection.step()[axis] + 1;
}

}  // namespace

Wanted::Wanted(std::vector<Selection> several) : bounds_(several.front()) {
  if (several.size() == 1) return;
  bounds_.data = nullptr;
  for (std::size_t axis = 0; axis < bounds_.ndim(); ++axis) {
    auto begin = bounds_.origin()[axis], end = end_of(bounds_, axis);
    for (const auto& selection : several) {
      begin = std::min(begin, selection.origin()[axis]);
      end = std::max(end, end_of(selection, axis));
    }
    bounds_.origin()[axis] = begin;
    bounds_.shape()[axis] = end - begin;
    bounds_.step()[axis] = 1;
  }
  several_ = std::move(several);
}

Wanted Wanted::cut(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const {
  if (several_.empty()) return bounds_.cut(at, extent);
  std::vector<Selection> parts;
  for (const auto& selection : several_) {
    auto part = selection.cut(at, extent);
    if (!part.empty()) parts.push_back(std::move(part));
  }
  if (parts.empty()) return bounds_.cut(at, Dims(bounds_.ndim(), 0));
  return Wanted(std::move(parts));
}

}  // namespace zeolite
