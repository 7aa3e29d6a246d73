// SPDX-License-Identifier: Apache-2.0
//
// Manifests: `<stem>.zeolite.json` beside a plugin's library says what the library provides, so that nobody needs to
// open it to find out. Written by the build from the library itself (to_manifest); read strictly.
//
//   {
//     "abi": {"major": 0, "minor": 1},
//     "name": "acme.pack", "version": "1.2.0", "license": "MIT", "build": "C++ 12.2.0",
//     "library": "acme_pack.so",
//     "provides": [{"point": "codec", "name": "pack", "aliases": ["acme.pack"], "v2_ids": ["pack"]}]
//   }
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <zeolite/registry.hpp>

namespace zeolite::plugin {

inline constexpr std::string_view manifest_suffix = ".zeolite.json";

/// Manifests are read at startup, from places a dataset's author may have written to: larger files are refused unread.
inline constexpr std::uint64_t max_manifest_bytes = std::uint64_t{1} << 20;

/// The text of a file of at most `limit` bytes; throws ErrorCode::io or invalid with a sentence that lacks the file's
/// name.
std::string read_small_file(const std::filesystem::path& path, std::uint64_t limit);

/// What the manifest at `path` says. Never throws for what is in the file: then `refusal` says what is wrong and where,
/// and the rest is filled in as far as it could be read.
PluginInfo read_manifest(const std::filesystem::path& path);

/// The same for a text; `path` is only for messages and for the library's place.
PluginInfo parse_manifest(std::string_view text, const std::filesystem::path& path);

/// What is wrong with the description of a plugin, wherever it came from: illegal names, the same name twice. Empty:
/// nothing.
std::string fault_in_description(const PluginInfo& info);

/// The first member in which two descriptions of a plugin differ, and how; empty when they agree. `build` is not
/// compared.
std::string difference(const PluginInfo& manifest, const PluginInfo& library);

/// Why a plugin that needs this version of the contract cannot be used; empty when it can.
std::string fault_in_version(std::uint32_t major, std::uint32_t minor_required);

}  // namespace zeolite::plugin
