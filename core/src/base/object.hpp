// SPDX-License-Identifier: Apache-2.0
//
// Ownership of plugin objects on the host's side, and access to tables that may be older than the host.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <zeolite/abi/object.h>

namespace zeolite {

struct ReleaseObject {
  template <class T>
  void operator()(T* object) const {
    auto* const base = reinterpret_cast<zeo_object*>(object);
    base->v->release(base);
  }
};

/// Owns a zeo_codec, a zeo_plan, ... The object is released when this goes.
template <class T>
using Owned = std::unique_ptr<T, ReleaseObject>;

/// Whether the table of `object` is long enough to hold `member` and the member is set.
#define ZEOLITE_HAS(object, member)                                                                   \
  (reinterpret_cast<const zeo_object*>(object)->v->struct_size >=                                     \
       offsetof(std::remove_cvref_t<decltype(*(object)->v)>, member) + sizeof((object)->v->member) && \
   (object)->v->member != nullptr)

inline std::string_view view(zeo_str text) { return {text.data == nullptr ? "" : text.data, text.size}; }
inline zeo_str str(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace zeolite
