// SPDX-License-Identifier: Apache-2.0
//
// The rules of names: extension points, roles ("@default"), patterns ("r*"), keys ("codec:pack"), and which names look
// alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/registry.hpp>

namespace zeolite::plugin {

std::optional<Point> point_from(std::string_view text);
std::optional<Point> point_from(std::uint32_t number);

/// "store, codec, ...", for messages.
std::string known_points();

/// Names that start with '@' ask for whoever plays a part. They are never legal in metadata.
inline bool is_role(std::string_view name) { return name.starts_with('@'); }

/// A name that ends in '*' stands for all names with one or more decimal digits in that place.
inline bool is_pattern(std::string_view name) { return name.size() > 1 && name.ends_with('*'); }

/// The digits of `name` that the '*' of `pattern` stands for; nothing when it does not match.
std::optional<std::string_view> match_pattern(std::string_view pattern, std::string_view name);

/// Whether a name has the form the registry of extensions gives out: ^[a-z][a-z0-9-_.]+$. Others are URIs.
bool is_registered_style(std::string_view name);

/// What is wrong with an extension's name, alias or version 2 id; empty when nothing is.
std::string fault_in_name(std::string_view name);

/// What is wrong with a plugin's name; empty when nothing is.
std::string fault_in_plugin_name(std::string_view name);

/// "codec:pack", as in configuration files.
std::string key(Point point, std::string_view name);

/// The parts of such a key; a name may itself hold colons.
struct Key {
  Point point;
  std::string_view name;
};
std::optional<Key> parse_key(std::string_view text);

/// The few names of `known` that somebody may have meant by `name`, the closest first.
std::vector<std::string> close_names(std::string_view name, const std::vector<std::string>& known);

}  // namespace zeolite::plugin
