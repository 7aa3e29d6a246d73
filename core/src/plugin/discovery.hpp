// SPDX-License-Identifier: Apache-2.0
//
// Where plugins are looked for, and in which order.
//
//   1  directories given to the context, in their order
//   2  ZEOLITE_PLUGIN_PATH, directories separated by colons        not under raised privileges
//   3  $XDG_DATA_HOME/zeolite/plugins, else ~/.local/share/...     not under raised privileges
//   4  beside the core library: zeolite/plugins, plugins
//   5  the system's directory, fixed when the core was built
//
// Each directory is a level of its own; what is part of the program itself comes before them all, at level 0. Nothing
// is ever taken from the working directory: what the environment gives must be absolute.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/context.hpp>

#include "record.hpp"

namespace zeolite::plugin {

/// A directory in the order of the search.
struct Place {
  std::string origin;               ///< as PluginInfo::origin
  std::filesystem::path directory;  ///< empty when there is none, then `note` says why
  int level = 0;
  std::string note;    ///< why it was not searched; empty when it was
  bool wrong = false;  ///< the note is worth a warning
  std::size_t found = 0;
  std::size_t refused = 0;
};

/// What the search depends on, beside the options.
struct Surroundings {
  std::optional<std::string> plugin_path;  ///< ZEOLITE_PLUGIN_PATH
  std::optional<std::string> data_home;    ///< XDG_DATA_HOME
  std::optional<std::string> home;         ///< HOME
  bool raised = false;                     ///< the process has rights that its user has not
  std::filesystem::path core_directory;    ///< where the core library lies; empty when that is not known
  std::filesystem::path system_directory;
};

/// Those of this process.
Surroundings surroundings();

/// The places to search, in order, levels from 1 on.
std::vector<Place> places(const PluginOptions& options, const Surroundings& surroundings);

/// Reads the manifests in `place`, sorted by name, and counts them there. Opens no library.
std::vector<PluginInfo> read_place(Place& place);

/// "/usr/lib/zeolite/plugins (3 plugins, 1 of them refused)", "... (no such directory)".
std::string describe(const Place& place);

}  // namespace zeolite::plugin
