// SPDX-License-Identifier: Apache-2.0
//
// From encoded values to selected elements.
#pragma once

#include "chain.hpp"
#include "scope.hpp"
#include "source.hpp"
#include "wanted.hpp"

namespace zeolite {

/// Reads what is wanted of one value, asking the source for no more than it must. A value that does not exist is all
/// fill value. Several selections lie in one box of chain.piece_shape(). All arguments outlive the task.
Task<void> read_value(const Scope& scope, const Chain& chain, const Source& source, const Wanted& wanted);

/// Writes the fill value to what is wanted.
void fill(const Chain& chain, const Wanted& wanted);

}  // namespace zeolite
