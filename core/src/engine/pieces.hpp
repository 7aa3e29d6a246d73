// SPDX-License-Identifier: Apache-2.0
//
// Following a read plan: fetching what it wants and decoding the pieces it names. Nothing here knows which codec made
// it.
#pragma once

#include "chain.hpp"
#include "scope.hpp"
#include "source.hpp"
#include "wanted.hpp"

namespace zeolite {

/// The array->bytes codec's plan for a selection in terms of its input; null when it has none for it.
Owned<zeo_plan> make_read_plan(const Scope& scope, const Chain& chain, const Selection& selection);

/// Follows a plan for wanted.bounds() to its end. `source` holds the array->bytes codec's output. All but the plan
/// outlive the task.
Task<void> read_by_plan(const Scope& scope, const Chain& chain, Owned<zeo_plan> plan, const Source& source,
                        const Wanted& wanted);

/// The ranges of `source`, as a plan is given them. `got` borrows from `fetched`.
std::vector<zeo_got> to_got(const Fetched& fetched);

/// The chain behind a plan's piece; throws when it is not one the host has made, or not for the piece's elements.
const Chain& chain_of(const Chain::Link& link, const zeo_piece& piece);

// What plans say is checked as far as it can be. Each throws an error that names the codec.
/// The plan a codec has made.
Owned<zeo_plan> own_plan(const Chain::Link& link, zeo_plan* plan);
/// The ranges it wants, in the given round of wanting ranges, from 1 on.
std::vector<zeo_range> take_ranges(const Chain::Link& link, const zeo_wants& wants, unsigned round);
/// A piece is a part of the chunk, and of a known kind.
void check_piece(const Chain::Link& link, const zeo_piece& piece);

}  // namespace zeolite
