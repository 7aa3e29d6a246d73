// SPDX-License-Identifier: Apache-2.0
//
// Reads the table a plugin exports, trusting none of it: members past its declared size are absent, lists and strings
// end somewhere sensible, names are legal.
#pragma once

#include <cstdint>
#include <vector>

#include <zeolite/registry.hpp>

namespace zeolite::plugin {

/// A plugin's table, read.
struct Table {
  const zeo_plugin* plugin = nullptr;
  PluginInfo description;                     ///< abi, name, version, license, build, provides
  std::vector<const zeo_factory*> factories;  ///< one for each of description.provides
};

/// Throws ErrorCode::invalid or unsupported with a sentence that says which member is wrong; the caller adds which
/// file. `available_bytes` is how much of the table is known to exist.
Table read_table(const zeo_plugin& plugin, std::uint64_t available_bytes = UINT64_MAX);

/// The factory's from_v2 function, or null when it has none or its table is too old for one.
inline auto from_v2_of(const zeo_factory& factory) {
  return factory.struct_size >= offsetof(zeo_factory, from_v2) + sizeof(factory.from_v2) ? factory.from_v2 : nullptr;
}

}  // namespace zeolite::plugin
