// SPDX-License-Identifier: Apache-2.0
//
// From author classes to a plugin: factories and the one exported symbol.
//
//   class Gzip : public sdk::BytesCodec { public: static constexpr sdk::Names names{.name = "gzip"}; ... };
//   ZEOLITE_PLUGIN("zeolite.gzip", "1.0.0", "Apache-2.0", Gzip)
//
// An author class has a static member `names`, a default constructor, and derives from the class of its extension
// point, which has `static constexpr std::uint32_t point` and `static zeo_object* box(std::unique_ptr<T>, std::string
// configuration)`.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <zeolite/abi/plugin.h>
#include <zeolite/sdk/object.hpp>

namespace zeolite::sdk {

/// How an extension is called; see zeo_factory. Up to seven aliases and version 2 ids.
struct Names {
  const char* name;
  std::array<const char*, 8> aliases = {};
  std::array<const char*, 8> v2_ids = {};
};

/// A data type says what a version 2 dtype becomes: an object with "name", "configuration" and "endian".
template <class T>
concept ReadsVersion2 = requires(const json::value& v2) {
  { T::from_v2(v2) } -> std::convertible_to<json::object>;
};

/// A codec changes the members of a version 2 codec, without "id", into its configuration. One that need not change any
/// needs no function: naming its version 2 ids is enough.
template <class T>
concept AdaptsVersion2 = requires(json::object& members, const json::value& dtype) {
  T::from_v2(members, dtype);
};

/// Creates objects of author class T.
struct Creator {
  template <class T>
  static zeo_status create(const zeo_factory*, const zeo_host* host, zeo_str name, zeo_str configuration,
                           zeo_object** out, const zeo_call* call) {
    return guard(call, [&] {
      auto object = std::make_unique<T>();
      static_cast<Extension&>(*object).host_ = Host(host);
      const std::string asked(text(name));
      Fields reader(text(configuration), asked);
      object->fields(reader);
      reader.finish();
      object->created(Call(call));
      Fields writer(asked);
      object->fields(writer);
      *out = T::box(std::move(object), writer.text());
    });
  }

  template <class T>
  static zeo_status from_v2(const zeo_factory*, zeo_str v2, zeo_out* v3, const zeo_call* call) {
    return guard(call, [&] {
      boost::system::error_code error;
      auto value = parse_json(text(v2), error);
      if (error) throw invalid("the version 2 form is no JSON: {}", error.message());
      if constexpr (ReadsVersion2<T>) {
        Out(v3).append(json::serialize(T::from_v2(value)));
      } else {
        Out(v3).append(json::serialize(codec_from_v2<T>(value)));
      }
    });
  }

 private:
  template <class T>
  static json::object codec_from_v2(const json::value& v2) {
    const auto* const outer = v2.if_object();
    const auto* const codec = outer != nullptr ? outer->if_contains("codec") : nullptr;
    if (codec == nullptr || !codec->is_object()) throw invalid("the version 2 codec must be a JSON object");
    auto members = codec->get_object();
    members.erase("id");
    if constexpr (AdaptsVersion2<T>) {
      const auto* const dtype = outer->if_contains("dtype");
      T::from_v2(members, dtype != nullptr ? *dtype : json::value());
    }
    return {{"name", T::names.name}, {"configuration", std::move(members)}};
  }
};

/// The factory of author class T.
template <class T>
constexpr zeo_factory make_factory() {
  zeo_factory factory{};
  factory.struct_size = sizeof(zeo_factory);
  factory.point = T::point;
  factory.name = T::names.name;
  factory.aliases = T::names.aliases.data();
  factory.v2_ids = T::names.v2_ids.data();
  factory.create = &Creator::create<T>;
  if constexpr (ReadsVersion2<T> || (T::point == ZEO_POINT_CODEC && T::names.v2_ids[0] != nullptr)) {
    factory.from_v2 = &Creator::from_v2<T>;
  }
  return factory;
}

template <class T>
inline constexpr zeo_factory factory_of = make_factory<T>();

template <class... T>
inline constexpr std::array<const zeo_factory*, sizeof...(T)> factories_of = {&factory_of<T>...};

/// The description of a plugin made of author classes; also what a static plugin hands to Registry::add.
template <class... T>
constexpr zeo_plugin describe(const char* name, const char* version, const char* license) {
  zeo_plugin plugin{};
  plugin.struct_size = sizeof(zeo_plugin);
  plugin.abi_major = ZEO_ABI_MAJOR;
  plugin.abi_minor_required = ZEO_ABI_MINOR;  // of a draft, just that: see abi/types.h
  plugin.n_factories = sizeof...(T);
  plugin.name = name;
  plugin.version = version;
  plugin.license = license;
  plugin.build = "C++ " __VERSION__;
  plugin.factories = factories_of<T...>.data();
  return plugin;
}

}  // namespace zeolite::sdk

/// Defines the exported symbol: ZEOLITE_PLUGIN(name, version, licence, author classes...).
#define ZEOLITE_PLUGIN(plugin_name, plugin_version, plugin_license, ...) \
  extern "C" ZEOLITE_EXPORT const zeo_plugin zeolite_plugin_v0;          \
  const zeo_plugin zeolite_plugin_v0 =                                   \
      ::zeolite::sdk::describe<__VA_ARGS__>(plugin_name, plugin_version, plugin_license);
