// SPDX-License-Identifier: Apache-2.0
//
// Large uncompressed chunks whose elements go to scattered places: a slab at a time comes through memory that stays in
// the processor's cache, where reading the whole chunk first would send all of it through main memory twice more.
#pragma once

#include "chain.hpp"
#include "scope.hpp"
#include "source.hpp"

namespace zeolite {

/// Whether values of this chain, whose array->bytes codec stands alone, are worth reading by slabs and the source can.
bool comes_in_slabs(const Chain& chain, const Source& source, const Selection& selection);

/// Reads the selection, which is in terms of the array->bytes codec's input. False: there is no value.
Task<bool> read_slabs(const Scope& scope, const Chain& chain, const Source& source, const Selection& selection);

}  // namespace zeolite
