// SPDX-License-Identifier: Apache-2.0
//
// Decisions in words: for `plugin why`, for errors, for the log.
#pragma once

#include <string>
#include <vector>

#include <zeolite/error.hpp>

#include "discovery.hpp"
#include "index.hpp"

namespace zeolite::plugin {

/// The whole story of a decision; `searched` is one line a place, `known` are the names at that point.
Explanation explain(const Decision& decision, std::vector<std::string> searched, const std::vector<std::string>& known);

/// The error for a decision without a winner: what was asked for, why there is none, which plugin would have had it,
/// where was searched, and what the caller may have meant.
Error not_found(const Decision& decision, const std::vector<std::string>& searched,
                const std::vector<std::string>& known);

/// What to tell the log about a decision's losers; empty when there is nothing to tell.
std::string describe_losers(const Decision& decision);

}  // namespace zeolite::plugin
