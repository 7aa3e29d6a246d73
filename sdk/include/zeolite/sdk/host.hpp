// SPDX-License-Identifier: Apache-2.0
//
// The host as author code sees it: logging, other extensions, codec chains.
#pragma once

#include <memory>
#include <string_view>

#include <zeolite/abi/host.h>
#include <zeolite/sdk/call.hpp>

namespace zeolite::sdk {

struct Release {
  template <class T>
  void operator()(T* object) const {
    auto* const base = reinterpret_cast<zeo_object*>(object);
    base->v->release(base);
  }
};

/// Owns an object of the host or of another plugin.
template <class T>
using Owned = std::unique_ptr<T, Release>;

/// A handle; the host outlives every object made through it.
class Host {
 public:
  Host() = default;
  explicit Host(const zeo_host* host) : host_(host) {}

  const zeo_host* abi() const { return host_; }

  void log(std::int32_t level, std::string_view topic, std::string_view message) const {
    host_->log(host_, level, sdk::abi(topic), sdk::abi(message));
  }

  /// The extension with this name or JSON object. T is the ABI struct of the point.
  template <class T>
  Owned<T> create(std::uint32_t point, std::string_view json, const Call& call) const {
    zeo_object* object = nullptr;
    Call::check(host_->create(host_, point, sdk::abi(json), &object, call.abi()));
    return Owned<T>(reinterpret_cast<T*>(object));
  }

  /// A chain of codecs for the JSON array `codecs`. What `decoded` points to must outlive it.
  Owned<zeo_bound_codec> create_chain(std::string_view codecs, const zeo_representation& decoded,
                                      const Call& call) const {
    zeo_bound_codec* chain = nullptr;
    Call::check(host_->create_chain(host_, sdk::abi(codecs), &decoded, &chain, call.abi()));
    return Owned<zeo_bound_codec>(chain);
  }

 private:
  const zeo_host* host_ = nullptr;
};

}  // namespace zeolite::sdk
