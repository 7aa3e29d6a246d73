// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the registry share: folders with manifests, plugins that are part of the test, a log to look into.
#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/abi/plugin.h>
#include <zeolite/context.hpp>
#include <zeolite/error.hpp>
#include <zeolite/registry.hpp>
#include <zeolite/testing/folder.hpp>

#include "base/call.hpp"
#include "plugin/catalog.hpp"

namespace zeolite::test {

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The error of an action that must fail.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::internal, "nothing was thrown");
}

class Folder : public testing::TemporaryFolder {
 public:
  /// A manifest that promises these names, and an empty file in place of its library: enough for whatever opens none.
  void promise(const std::string& plugin, std::initializer_list<ProvidedName> provides) const {
    PluginInfo info;
    info.name = plugin;
    info.version = "1.0.0";
    info.license = "MIT";
    info.abi_minor_required = ZEO_ABI_MINOR;
    info.provides = provides;
    write(plugin + ".so", "");
    write(plugin + ".zeolite.json", to_manifest(info, plugin + ".so"));
  }
};

inline ProvidedName codec(std::string name, std::vector<std::string> aliases = {},
                          std::vector<std::string> v2_ids = {}) {
  return {Point::codec, std::move(name), std::move(aliases), std::move(v2_ids)};
}

/// A plugin that is part of the test. Its codecs can be created and released; `asked` has the names they were asked by.
class OwnPlugin {
 public:
  OwnPlugin(std::string name, std::initializer_list<ProvidedName> provides) : name_(std::move(name)) {
    for (const auto& provided : provides) {
      auto& kept = names_.emplace_back();
      kept.name = provided;
      for (const auto& alias : kept.name.aliases) kept.aliases.push_back(alias.c_str());
      for (const auto& id : kept.name.v2_ids) kept.v2_ids.push_back(id.c_str());
      kept.aliases.push_back(nullptr);
      kept.v2_ids.push_back(nullptr);
      auto& factory = factories_.emplace_back();
      factory.head.struct_size = sizeof(zeo_factory);
      factory.head.point = static_cast<std::uint32_t>(provided.point);
      factory.head.name = kept.name.name.c_str();
      factory.head.aliases = kept.aliases.data();
      factory.head.v2_ids = kept.v2_ids.data();
      factory.head.create = &create;
      factory.head.from_v2 = &from_v2;
      factory.owner = this;
      pointers_.push_back(&factory.head);
    }
    table.struct_size = sizeof(zeo_plugin);
    table.abi_major = ZEO_ABI_MAJOR;
    table.abi_minor_required = ZEO_ABI_MINOR;
    table.n_factories = static_cast<std::uint32_t>(pointers_.size());
    table.name = name_.c_str();
    table.version = "1.0.0";
    table.license = "MIT";
    table.factories = pointers_.data();
  }
  OwnPlugin(const OwnPlugin&) = delete;
  OwnPlugin& operator=(const OwnPlugin&) = delete;

  zeo_factory& factory(std::size_t index) { return factories_[index].head; }

  zeo_plugin table{};
  std::vector<std::string> asked;
  std::vector<std::string> configurations;
  const zeo_host* host = nullptr;

 private:
  struct Factory {
    zeo_factory head{};
    OwnPlugin* owner = nullptr;
  };
  struct Kept {
    ProvidedName name;
    std::vector<const char*> aliases;
    std::vector<const char*> v2_ids;
  };

  static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                           zeo_object** out, const zeo_call*) {
    static const zeo_codec_vtable codec_table = {
        {sizeof(zeo_codec_vtable), 0, [](zeo_object* object) { delete reinterpret_cast<zeo_codec*>(object); }, nullptr,
         [](const zeo_object*, zeo_out*, const zeo_call*) -> zeo_status { return ZEO_OK; }},
        ZEO_BYTES_TO_BYTES,
        0,
        [](const zeo_codec*, const zeo_representation*, zeo_bound_codec**, const zeo_call*) -> zeo_status {
          return ZEO_UNSUPPORTED;
        }};
    auto& owner = *reinterpret_cast<const Factory*>(self)->owner;
    owner.asked.emplace_back(name.data, name.size);
    owner.configurations.emplace_back(configuration.data, configuration.size);
    owner.host = host;
    *out = reinterpret_cast<zeo_object*>(new zeo_codec{&codec_table});
    return ZEO_OK;
  }

  static zeo_status from_v2(const zeo_factory* self, zeo_str v2, zeo_out* out, const zeo_call*) {
    const auto text =
        "{\"name\":\"" + std::string(self->name) + "\",\"configuration\":" + std::string(v2.data, v2.size) + "}";
    if (out->reserve(out, text.size()) != ZEO_OK) return ZEO_NO_MEMORY;
    text.copy(reinterpret_cast<char*>(out->data), text.size());
    out->size = text.size();
    return ZEO_OK;
  }

  std::string name_;
  std::deque<Kept> names_;
  std::deque<Factory> factories_;
  std::vector<const zeo_factory*> pointers_;
};

/// A catalog that searches nothing but what it is told, and what it said.
class Registered {
 public:
  explicit Registered(PluginOptions options = {}) : Registered(std::move(options), {}) {}
  Registered(PluginOptions options, Catalog::ChainMaker chain_maker)
      : catalog(
            only(std::move(options)),
            [this](LogLevel level, std::string_view, std::string_view message) {
              const std::lock_guard lock(mutex_);
              log_.emplace_back(level, message);
            },
            std::move(chain_maker)) {}

  /// The name and plugin that a codec's name leads to.
  Created<zeo_codec> codec(std::string_view name, std::string_view configuration = "{}") {
    Call call(workers);
    return catalog.create<zeo_codec>(Point::codec, name, configuration, call);
  }

  Error codec_error(std::string_view name, std::string_view configuration = "{}") {
    return error_of([&] { codec(name, configuration); });
  }

  /// How often a line with this part was logged.
  std::size_t logged(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [level, message] : log_) count += contains(message, part) ? 1 : 0;
    return count;
  }

  Workers workers{nullptr};

 private:
  static PluginOptions only(PluginOptions options) {
    options.search_defaults = false;
    return options;
  }

  mutable std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> log_;

 public:
  Catalog catalog;
};

inline PluginOptions in(std::initializer_list<std::filesystem::path> directories) {
  PluginOptions options;
  options.directories = directories;
  return options;
}

}  // namespace zeolite::test
