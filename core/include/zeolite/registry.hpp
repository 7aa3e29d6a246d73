// SPDX-License-Identifier: Apache-2.0
//
// The registry: which plugin provides which name, and why. Asking it is cheap; a plugin's library is opened when a name
// of its is first used, and never closed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include <zeolite/abi/plugin.h>

namespace zeolite {

/// An extension point. The numbers are those of the contract.
enum class Point : std::uint32_t {
  store = ZEO_POINT_STORE,
  codec = ZEO_POINT_CODEC,
  data_type = ZEO_POINT_DATA_TYPE,
  chunk_grid = ZEO_POINT_CHUNK_GRID,
  chunk_key_encoding = ZEO_POINT_CHUNK_KEY_ENCODING,
  storage_transformer = ZEO_POINT_STORAGE_TRANSFORMER
};

/// "store", "codec", "data_type", ...
std::string_view to_string(Point point) noexcept;

/// A name somebody provides.
struct ProvidedName {
  Point point;
  std::string name;                  ///< canonical: what is written
  std::vector<std::string> aliases;  ///< read as well; those that start with '@' are roles
  std::vector<std::string> v2_ids;   ///< version 2 codec ids or dtypes
};

/// A plugin that was found, usable or not.
struct PluginInfo {
  std::string name;
  std::string version;
  std::string license;
  std::string build;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor_required = 0;
  std::filesystem::path manifest;  ///< empty for static and in-process plugins
  std::filesystem::path library;
  std::string origin;  ///< "in-process", "context", "environment", "user", "beside the library", "system"
  int level = 0;       ///< search level; a lower one wins
  std::vector<ProvidedName> provides;
  bool loaded = false;
  std::string refusal;  ///< why it cannot be used: file, found, wanted; empty when it can
};

/// Who provides a name, who else offered it, and what was done to find out.
struct Explanation {
  Point point;
  std::string asked;      ///< the name that was asked for
  std::string canonical;  ///< what it stands for; empty when nobody provides it
  std::string plugin;     ///< the winner's name; empty when there is none
  std::filesystem::path library;
  std::string reason;  ///< why the winner won, or why there is none, in one sentence
  struct Other {
    std::string plugin;
    std::filesystem::path file;
    std::string reason;
  };
  std::vector<Other> others;         ///< those that lost or were refused
  std::vector<std::string> similar;  ///< names that may have been meant, where nobody offers this one
  std::vector<std::string>
      searched;  ///< directories, in order, with what was found: "/usr/lib/zeolite (no such directory)"
};

/// Thread-safe. Lives as long as its context.
class Registry {
 public:
  virtual ~Registry() = default;

  /// Makes the extensions of a plugin that is part of this program available, at the highest level. `plugin` outlives
  /// the context. Throws ErrorCode::invalid or already_exists.
  virtual void add(const zeo_plugin& plugin) = 0;

  /// All plugins found, sorted by level and name. Opens no library.
  virtual std::vector<PluginInfo> plugins() const = 0;

  /// How a name is resolved. Opens no library, except that a winner's refusal is known only once it was opened.
  virtual Explanation explain(Point point, std::string_view name) const = 0;
};

/// Reads a library's own description by opening it; throws what loading it would throw.
PluginInfo describe_plugin(const std::filesystem::path& library);

/// The manifest text for such a description; `library_file` is the library's file name, relative to the manifest.
std::string to_manifest(const PluginInfo& info, std::string_view library_file);

}  // namespace zeolite
