// SPDX-License-Identifier: Apache-2.0
//
// Version 2 documents, read as the version 3 metadata that means the same. Source: Zarr version 2 specification.
//
// What version 2 says outright (order, separator, chunks) is translated through roles, and what it names (data type,
// filters, compressor) by the plugin that knows the name, so that none is named here. A part that no plugin can
// translate becomes an extension called "v2:" and its old name, which nobody provides: the array still opens for its
// metadata.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include <zeolite/metadata.hpp>

#include "../plugin/catalog.hpp"

namespace zeolite {

inline constexpr std::string_view v2_array_name = ".zarray";
inline constexpr std::string_view v2_group_name = ".zgroup";
inline constexpr std::string_view v2_attributes_name = ".zattrs";

ArrayMetadata parse_v2_array(std::string_view json, Catalog& catalog, Call& call);
GroupMetadata parse_v2_group(std::string_view json);
boost::json::object parse_v2_attributes(std::string_view json);

}  // namespace zeolite
