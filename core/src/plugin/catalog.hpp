// SPDX-License-Identifier: Apache-2.0
//
// The catalog: the registry's other side. It turns names into objects, and opens libraries when it must.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <zeolite/context.hpp>
#include <zeolite/registry.hpp>

#include "../base/call.hpp"
#include "../base/object.hpp"

namespace zeolite {

/// An extension object and where it comes from.
template <class T>
struct Created {
  Owned<T> object;
  std::string name;    ///< what metadata calls it: the canonical name, or for a pattern ("r*") the name asked for
  std::string plugin;  ///< the plugin's name
};

class Catalog final : public Registry {
 public:
  using Log = std::function<void(LogLevel, std::string_view topic, std::string_view message)>;
  /// Makes codec chains for plugins that ask the host for one. Set by the engine, which lies above this layer.
  using ChainMaker = std::function<zeo_status(zeo_str codecs_json, const zeo_representation* decoded,
                                              zeo_bound_codec** out, const zeo_call* call)>;

  /// Reads manifests; opens no library. Throws only for a configuration file that cannot be read and for options that
  /// make no sense, such as a pin without an extension point.
  Catalog(const PluginOptions& options, Log log, ChainMaker chain_maker);
  ~Catalog() override;

  void add(const zeo_plugin& plugin) override;
  std::vector<PluginInfo> plugins() const override;
  Explanation explain(Point point, std::string_view name) const override;

  /// Creates an extension object. `configuration` is the JSON text of an object. A name that starts with '@' is a role
  /// (plugin.h); names in metadata never do, which is for the caller to see to. T is the point's ABI struct: zeo_codec
  /// for Point::codec, and so on.
  /// Throws ErrorCode::not_found (nobody provides the name: says where was searched, and whether a plugin was refused
  /// or denied), or what the factory reports, with frames for the extension ("codec pack") and its plugin.
  template <class T>
  Created<T> create(Point point, std::string_view name, std::string_view configuration, Call& call) {
    auto raw = create_object(point, name, configuration, call);
    return {Owned<T>(reinterpret_cast<T*>(raw.object.release())), std::move(raw.name), std::move(raw.plugin)};
  }

  /// Translates a version 2 codec id or dtype; the JSON is as zeo_factory.from_v2 says, both ways. Throws
  /// ErrorCode::not_found or unsupported.
  std::string from_v2(Point point, std::string_view v2_id, std::string_view v2_json, Call& call);

  /// Handed to every factory. Lives as long as the catalog.
  const zeo_host* host() const;

 private:
  Created<zeo_object> create_object(Point point, std::string_view name, std::string_view configuration, Call& call);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zeolite
