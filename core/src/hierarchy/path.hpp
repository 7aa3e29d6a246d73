// SPDX-License-Identifier: Apache-2.0
//
// Paths of nodes and the keys that go with them. A normalised path has no slash at its ends; the root's is empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zeolite {

/// Why this is no name for a node; empty when it is one.
std::string name_fault(std::string_view name);

/// The normalised path of `relative` below the normalised path `base`.
std::string join_path(std::string_view base, std::string_view relative);

/// "/a/b", as users see it.
std::string shown_path(std::string_view path);

/// What all keys of the node start with: "" or "a/b/".
std::string prefix_of(std::string_view path);

/// The paths above, from the root down: "", "a" for "a/b".
std::vector<std::string> ancestors_of(std::string_view path);

}  // namespace zeolite
