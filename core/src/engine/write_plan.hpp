// SPDX-License-Identifier: Apache-2.0
//
// Following a write plan: fetching what it wants of the present value, encoding the pieces it names, and joining the
// segments of which the new value consists. Nothing here knows which codec made it.
#pragma once

#include <optional>

#include "encode.hpp"

namespace zeolite {

/// Writes by the plan of the chain's array->bytes codec. Selection and `valid` are in terms of its input, `old` of its
/// output. `scope` and `chain` outlive the task.
Task<Encoded> encode_by_plan(const Scope& scope, const Chain& chain, Selection selection, Dims valid,
                             std::optional<Source> old);

}  // namespace zeolite
