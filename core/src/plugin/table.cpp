// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include <zeolite/error.hpp>

#include "manifest.hpp"
#include "names.hpp"

namespace zeolite::plugin {
namespace {

// Limits no honest plugin comes near. They turn a missing end mark into an error instead of a walk through memory.
constexpr std::uint32_t max_table_bytes = 1u << 16;
constexpr std::uint32_t max_factories = 4096;
constexpr std::size_t max_list = 256;
constexpr std::size_t max_string_bytes = 4096;

// The last members that have been there since the first version and that nobody may leave out.
constexpr std::size_t min_plugin_bytes = offsetof(zeo_plugin, factories) + sizeof(zeo_plugin::factories);
constexpr std::size_t min_factory_bytes = offsetof(zeo_factory, create) + sizeof(zeo_factory::create);

Error bad(std::string_view what) { return {ErrorCode::invalid, std::string(what)}; }

void check_size(std::uint32_t struct_size, std::size_t least, std::string_view what) {
  if (struct_size < least)
    throw bad(
        fmt::format("{} is truncated: its struct_size is {}, at least {} bytes are wanted", what, struct_size, least));
  if (struct_size > max_table_bytes)
    throw bad(fmt::format("{} has the struct_size {}, which cannot be; at most {} bytes are expected", what,
                          struct_size, max_table_bytes));
}

std::string text(const char* string, std::string_view what) {
  if (string == nullptr) throw bad(fmt::format("{} is NULL", what));
  const auto size = ::strnlen(string, max_string_bytes + 1);
  if (size > max_string_bytes) throw bad(fmt::format("{} does not end within {} bytes", what, max_string_bytes));
  return {string, size};
}

std::vector<std::string> texts(const char* const* list, std::string_view what) {
  std::vector<std::string> all;
  if (list == nullptr) return all;
  for (; *list != nullptr; ++list) {
    if (all.size() == max_list) throw bad(fmt::format("{} has no NULL at its end within {} entries", what, max_list));
    all.push_back(text(*list, what));
  }
  return all;
}

ProvidedName read_factory(const zeo_factory* factory, std::uint32_t index) {
  const auto what = fmt::format("factory {}", index);
  if (factory == nullptr) throw bad(what + " is NULL");
  check_size(factory->struct_size, min_factory_bytes, what);
  const auto point = point_from(factory->point);
  if (!point)
    throw bad(fmt::format("{} is for extension point {}, which this host does not know", what, factory->point));
  ProvidedName provided{*point, text(factory->name, what + ": name"), texts(factory->aliases, what + ": aliases"),
                        texts(factory->v2_ids, what + ": v2_ids")};
  if (factory->create == nullptr)
    throw bad(fmt::format("{} ({}) has no create function", what, key(provided.point, provided.name)));
  return provided;
}

}  // namespace

Table read_table(const zeo_plugin& plugin, std::uint64_t available_bytes) {
  if (available_bytes < min_plugin_bytes)
    throw bad(fmt::format("the plugin's table is truncated: the library holds {} bytes of it, at least {} are wanted",
                          available_bytes, min_plugin_bytes));
  check_size(plugin.struct_size, min_plugin_bytes, "the plugin's table");
  if (plugin.struct_size > available_bytes)
    throw bad(fmt::format("the plugin's table is truncated: it claims {} bytes, the library holds {}",
                          plugin.struct_size, available_bytes));
  // Before all the rest: another version may mean something else by it.
  if (auto fault = fault_in_version(plugin.abi_major, plugin.abi_minor_required); !fault.empty())
    throw Error(ErrorCode::unsupported, fault);

  Table table;
  table.plugin = &plugin;
  auto& info = table.description;
  info.abi_major = plugin.abi_major;
  info.abi_minor_required = plugin.abi_minor_required;
  info.name = text(plugin.name, "the plugin's name");
  info.version = text(plugin.version, "the plugin's version");
  info.license = text(plugin.license, "the plugin's license");
  if (plugin.build != nullptr) info.build = text(plugin.build, "the plugin's build");
  if (plugin.n_factories > max_factories)
    throw bad(fmt::format("n_factories is {}, at most {} are expected", plugin.n_factories, max_factories));
  if (plugin.n_factories > 0 && plugin.factories == nullptr) throw bad("factories is NULL");
  for (std::uint32_t i = 0; i < plugin.n_factories; ++i) {
    info.provides.push_back(read_factory(plugin.factories[i], i));
    table.factories.push_back(plugin.factories[i]);
  }
  if (auto fault = fault_in_description(info); !fault.empty()) throw bad(fault);
  return table;
}

}  // namespace zeolite::plugin
