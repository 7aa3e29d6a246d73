// SPDX-License-Identifier: Apache-2.0
//
// What the host offers to plugins: a log, other extensions, codec chains.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <zeolite/abi/host.h>
#include <zeolite/registry.hpp>

#include "../base/call.hpp"
#include "../base/object.hpp"

namespace zeolite::plugin {

/// Thread-safe, as far as the functions it is given are.
class Host {
 public:
  using Log = std::function<void(std::int32_t level, std::string_view topic, std::string_view message)>;
  using Create =
      std::function<Owned<zeo_object>(Point point, std::string_view name, std::string_view configuration, Call& call)>;
  using CreateChain = std::function<zeo_status(zeo_str codecs_json, const zeo_representation* decoded,
                                               zeo_bound_codec** out, const zeo_call* call)>;

  Host(Log log, Create create, CreateChain create_chain);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const zeo_host* abi() const { return &abi_; }

 private:
  /// The table first, so that a pointer to it leads back to the host it belongs to.
  struct Abi : zeo_host {
    const Host* self;
  };

  static const Host& self(const zeo_host* abi) { return *static_cast<const Abi*>(abi)->self; }
  static void on_log(const zeo_host*, std::int32_t, zeo_str, zeo_str);
  static zeo_status on_create(const zeo_host*, std::uint32_t, zeo_str, zeo_object**, const zeo_call*);
  static zeo_status on_create_chain(const zeo_host*, zeo_str, const zeo_representation*, zeo_bound_codec**,
                                    const zeo_call*);
  static const void* on_get_extension(const zeo_host*, zeo_str);

  Log log_;
  Create create_;
  CreateChain create_chain_;
  Abi abi_{};
};

/// A reference to an extension as metadata has it: a short-hand name, or an object with "name" and "configuration".
struct Reference {
  std::string name;
  std::string configuration;  ///< JSON text of an object
};

/// Reads one; `text` may also be a bare name that is no JSON. Throws ErrorCode::invalid. Roles are refused.
Reference read_reference(Point point, std::string_view text);

}  // namespace zeolite::plugin
