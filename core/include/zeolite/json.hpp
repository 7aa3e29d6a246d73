// SPDX-License-Identifier: Apache-2.0
//
// JSON as Zarr documents need it. Boost.JSON's own reader and writer round doubles and let the last of several equal
// members win; these are exact both ways and refuse what would lose data.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace zeolite {

/// Parses one document. Integers of up to 64 bits and doubles are exact; longer integers become the nearest double. The
/// bare words NaN, Infinity and -Infinity are read as strings. Throws ErrorCode::corrupt with line and column, or with
/// the member that occurs twice.
boost::json::value parse_json(std::string_view text);

/// On one line, without spaces. Throws ErrorCode::invalid for strings that are not UTF-8.
std::string to_text(const boost::json::value& json);

/// Indented by two, with a newline at the end. Doubles keep a point or an exponent and read back as the same double.
std::string to_indented_text(const boost::json::value& json);

}  // namespace zeolite
