// SPDX-License-Identifier: Apache-2.0
//
// What is wanted of one chunk or piece: one selection, or several that come out of the same decoded bytes.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "selection.hpp"

namespace zeolite {

class Wanted {
 public:
  Wanted(Selection only) : bounds_(std::move(only)) {}
  /// At least one, none of them empty.
  explicit Wanted(std::vector<Selection> several);

  /// The only one; around several the smallest box, which has no memory.
  const Selection& bounds() const { return bounds_; }
  /// Null: there are several.
  const Selection* only() const { return several_.empty() ? &bounds_ : nullptr; }
  std::span<const Selection> all() const { return several_.empty() ? std::span(&bounds_, 1) : std::span(several_); }

  bool empty() const { return bounds_.empty(); }

  /// As Selection::cut() of each.
  Wanted cut(std::span<const std::uint64_t> at, std::span<const std::uint64_t> extent) const;

 private:
  Selection bounds_;
  std::vector<Selection> several_;
};

}  // namespace zeolite
