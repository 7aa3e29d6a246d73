// SPDX-License-Identifier: Apache-2.0
//
// What every subcommand shares: the global options, the context made from them, and how a subcommand is declared.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <zeolite/zeolite.hpp>

namespace zeolite::tool {

/// The command line is wrong, as opposed to what it asks for: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Globals {
  std::vector<std::filesystem::path> plugin_path;
  bool no_default_plugins = false;
  std::optional<std::filesystem::path> configuration_file;
  std::optional<unsigned> threads;
  std::optional<std::uint64_t> working_bytes;
  bool json = false;
  int verbose = 0;
  /// With --verbose, the contexts that were made: what they have counted is told in the end.
  mutable std::vector<Context> contexts;
};

Context make_context(const Globals& globals);

/// A node as the command line names it.
struct NodeLocation {
  std::string location;
  std::string path;

  void declare(CLI::App& command, const std::string& what);
  Node open(const Context& context) const { return zeolite::open(Store::open(context, location), path); }
  Array open_array(const Context& context) const { return zeolite::open_array(Store::open(context, location), path); }
};

inline void NodeLocation::declare(CLI::App& command, const std::string& what) {
  command.add_option("LOCATION", location, what + ": a path or a URL, which may lead into a hierarchy");
  command.add_option("--path", path, "A node below LOCATION, such as a/b, where the URL itself cannot lead there");
}

/// What the chosen subcommand does once the whole command line has been read.
using Action = std::function<void()>;

// Each adds one subcommand, which sets `action` when it is chosen. `globals` and `action` outlive the parser.
void add_tree(CLI::App& app, const Globals& globals, Action& action);
void add_info(CLI::App& app, const Globals& globals, Action& action);
void add_cat(CLI::App& app, const Globals& globals, Action& action);
void add_create(CLI::App& app, const Globals& globals, Action& action);
void add_write(CLI::App& app, const Globals& globals, Action& action);
void add_copy(CLI::App& app, const Globals& globals, Action& action);
void add_plugin(CLI::App& app, const Globals& globals, Action& action);

}  // namespace zeolite::tool
