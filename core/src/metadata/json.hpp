// SPDX-License-Identifier: Apache-2.0
//
// JSON as metadata documents need it: strict where a mistake would lose data (duplicate members, numbers that do not
// fit), exact both ways, and with the place of every fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <zeolite/error.hpp>

namespace zeolite {

/// Objects and arrays inside each other, at most; read and write alike, so that what is written can be read again.
inline constexpr std::size_t max_json_depth = 200;
/// No metadata document may be longer, in bytes.
inline constexpr std::size_t max_document_bytes = std::size_t{256} << 20;

/// Parses one document. Integers of up to 64 bits and doubles are exact; longer integers become the nearest double.
/// The bare words NaN, Infinity and -Infinity, which are not JSON but which other implementations write into
/// attributes, are read as strings. Throws ErrorCode::corrupt with line and column, or with the member that occurs
/// twice.
boost::json::value parse_json(std::string_view text);
/// The same in other memory, which the value must not outlive.
boost::json::value parse_json(std::string_view text, boost::json::storage_ptr storage);

/// On one line, without spaces. Throws ErrorCode::invalid for strings that are not UTF-8 and for nesting that is too
/// deep.
std::string to_text(const boost::json::value& json);
/// The same of an object, which would have to be copied to become a value.
std::string object_to_text(const boost::json::object& object);

/// Indented by two, with a newline at the end; short arrays of scalars stay on one line. Doubles keep a point or an
/// exponent and read back as the same double; those that are not finite become strings.
std::string to_indented_text(const boost::json::value& json);

/// The JSON pointer of a member or an element of the value that `parent` points to.
std::string pointer_to(std::string_view parent, std::string_view member);
std::string pointer_to(std::string_view parent, std::size_t index);

/// What was found, for messages: `the string "x"`, `the number 1.5`, `an object`.
std::string describe(const boost::json::value& json);

/// Throws `message` with its place in front: "at /codecs/1: ...".
[[noreturn]] void refuse(std::string_view where, std::string_view message, ErrorCode code = ErrorCode::invalid);

bool is_utf8(std::string_view text);

}  // namespace zeolite
