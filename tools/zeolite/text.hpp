// SPDX-License-Identifier: Apache-2.0
//
// Small pieces of text: what people read on a terminal, and the lists they type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include <zeolite/box.hpp>
#include <zeolite/metadata.hpp>

namespace zeolite::tool {

/// The text on one line with control characters written as \xNN: names out of a foreign file must not steer a terminal.
std::string printable(std::string_view text);

/// "512 bytes", "1.5 MiB".
std::string human_bytes(std::uint64_t bytes);

/// "[100, 20]".
std::string to_text(const Shape& shape);

/// The name, and the configuration when there is one: `bytes {"endian":"little"}`.
std::string to_line(const Extension& extension);

/// "100,20", with or without brackets; "" and "[]" are the shape without axes. Throws UsageError naming `option`.
Shape parse_shape(std::string_view text, std::string_view option);

/// Throws UsageError naming `option`.
boost::json::value parse_json_argument(std::string_view text, std::string_view option);

/// A name, or an extension object in JSON.
Extension parse_extension_argument(std::string_view text, std::string_view option);

/// The JSON form of errors: {"error": {"code": ..., "message": ..., "frames": {...}}}.
std::string error_to_json(std::string_view code, std::string_view message,
                          const std::vector<std::pair<std::string, std::string>>& frames);

}  // namespace zeolite::tool
