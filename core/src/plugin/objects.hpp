// SPDX-License-Identifier: Apache-2.0
//
// Creation of extension objects, and a look at what comes back before anybody calls it.
#pragma once

#include <string>
#include <string_view>

#include <zeolite/abi/chunk_grid.h>
#include <zeolite/abi/plugin.h>
#include <zeolite/abi/storage_transformer.h>
#include <zeolite/box.hpp>
#include <zeolite/registry.hpp>

#include "../base/call.hpp"
#include "../base/object.hpp"

namespace zeolite::plugin {

/// What is wrong with a new object of this point: no object, no table, a table too short, a function missing that every
/// such object has, a store without properties. Empty: nothing.
std::string fault_in_object(Point point, const zeo_object* object);

/// Calls the factory. Throws what it reported, and ErrorCode::internal for a factory that threw or whose object is
/// faulty.
Owned<zeo_object> create(const zeo_factory& factory, Point point, const zeo_host* host, std::string_view name,
                         std::string_view configuration, Call& call);

/// Binds a grid to an array of `shape`. Throws what the grid reported, and ErrorCode::internal for a bound grid that
/// cannot be called.
Owned<zeo_bound_grid> bind(const zeo_chunk_grid& grid, const Shape& shape, Call& call);

/// What the transformer makes of `inner`, which outlives it. Throws likewise.
Owned<zeo_store> wrap(const zeo_storage_transformer& transformer, zeo_store* inner, Call& call);

/// Calls the factory's from_v2. Throws likewise; ErrorCode::unsupported when it has none.
std::string from_v2(const zeo_factory& factory, std::string_view v2_json, Call& call);

}  // namespace zeolite::plugin
