// SPDX-License-Identifier: Apache-2.0
//
// From selected elements to encoded values: whole chunks, and parts of chunks that exist already.
#pragma once

#include <optional>
#include <vector>

#include "chain.hpp"
#include "scope.hpp"
#include "source.hpp"

namespace zeolite {

/// A new value, in parts to be joined; absent when it would hold nothing but the fill value.
struct Encoded {
  bool present = false;
  std::vector<Buffer> parts;
  /// Ranges of the value in the store that is being replaced, which the store is to keep: one for each part, which is
  /// empty then, or of no length; none at all when the parts are everything.
  std::vector<zeo_range> kept;

  /// Of the parts, without what is kept.
  std::uint64_t size_bytes() const;
  std::vector<zeo_bytes> bytes() const;
  /// Joins the parts into one. For values that keep nothing: those that are parts of others.
  void join();
};

/// Encodes the value that has the selected elements, and else those of `old`, or the fill value where there is no
/// `old`. Elements outside [0, valid) lie beyond the array: a selection that covers `valid` needs no `old`. The result
/// keeps parts only of an `old` that is a whole value of a store. All but `old` outlive the task.
Task<Encoded> encode_value(const Scope& scope, const Chain& chain, const Selection& selection, const Dims& valid,
                           std::optional<Source> old);

}  // namespace zeolite
