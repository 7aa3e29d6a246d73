// SPDX-License-Identifier: Apache-2.0
//
// From encoded values to selected elements.
#pragma once

#include "chain.hpp"
#include "scope.hpp"
#include "source.hpp"

namespace zeolite {

/// Reads the selected elements of one value, asking the source for no more than it must. A value that does not exist is
/// all fill value. All arguments outlive the task.
Task<void> read_value(const Scope& scope, const Chain& chain, const Source& source, const Selection& selection);

/// Writes the fill value to the selected elements.
void fill(const Chain& chain, const Selection& selection);

}  // namespace zeolite
