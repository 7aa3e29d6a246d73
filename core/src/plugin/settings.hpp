// SPDX-License-Identifier: Apache-2.0
//
// What the user decided about plugins: aliases, pins, allow and deny lists, and what to do about experiments. From
// PluginOptions and from a configuration file:
//
//   {
//     "aliases": {"codec:my-pack": "pack"},
//     "pins": {"codec:pack": "acme.pack"},
//     "allow": ["acme.pack"],
//     "deny": ["acme.old"],
//     "experimental": {"default": "warn", "codec:https://acme.example/new": "allow", "plugin:acme.lab": "deny"}
//   }
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/context.hpp>
#include <zeolite/registry.hpp>

namespace zeolite::plugin {

enum class Policy { allow, warn, deny };

class Settings {
 public:
  Settings() = default;

  /// Reads the configuration file, if there is one, and puts the options above it. Throws ErrorCode::io or invalid,
  /// naming the file and the member.
  explicit Settings(const PluginOptions& options);

  /// What `name` stands for at this point: itself, unless the user gave it another meaning.
  std::string alias(Point point, std::string_view name) const;

  /// The plugin that should provide this name, by the plugin's name or its library's file; null: not pinned.
  const std::string* pin(Point point, std::string_view name) const;

  /// Why a plugin of this name may not be used; empty when it may.
  std::string fault_in_use(const std::string& plugin) const;

  /// What to do when this name is used. A name is experimental when an entry says so, for itself or for its plugin, or
  /// when it has not the form of a registered name: then "default" applies.
  Policy experimental(Point point, std::string_view name, const std::string& plugin) const;

 private:
  struct Lists {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    std::string source;
  };

  void read(const std::filesystem::path& file);

  std::map<std::string, std::string, std::less<>> aliases_;
  std::map<std::string, std::string, std::less<>> pins_;
  std::map<std::string, Policy, std::less<>> experimental_;
  Policy experimental_default_ = Policy::allow;
  std::vector<Lists> lists_;  // those of the options before those of the file
};

}  // namespace zeolite::plugin
