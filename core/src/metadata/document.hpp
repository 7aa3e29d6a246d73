// SPDX-License-Identifier: Apache-2.0
//
// A version 3 document that may be either kind of node.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json/value.hpp>

#include <zeolite/metadata.hpp>

namespace zeolite {

using NodeMetadata = std::variant<GroupMetadata, ArrayMetadata>;

NodeMetadata parse_node_metadata(std::string_view json);

/// Array lengths from a JSON array: integers in [minimum, 2^63), at most ZEO_MAX_NDIM of them.
Shape parse_lengths(const boost::json::value& json, std::string_view where, std::uint64_t minimum = 0);

/// "attributes", or an empty object.
boost::json::object parse_attributes(const boost::json::value& json, std::string_view where);

/// parse_extension() of a value that nobody needs afterwards: the configuration, which may be large, is moved out.
/// `where` is asked only when something is wrong.
Extension take_extension(boost::json::value& json, const std::function<std::string()>& where);

/// A list of extensions in their object form.
boost::json::array to_json(const std::vector<Extension>& extensions);

}  // namespace zeolite
