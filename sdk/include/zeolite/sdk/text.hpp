// SPDX-License-Identifier: Apache-2.0
//
// JSON text in hand and in messages.
#pragma once

#include <string>
#include <string_view>

namespace zeolite::sdk {

/// `text` without the white space JSON allows around a value.
inline std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// A piece of JSON, short enough for a message.
inline std::string excerpt(std::string_view json) {
  constexpr std::size_t most = 60;
  if (json.size() <= most) return std::string(json);
  auto end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(json[end]) & 0xc0) == 0x80) --end;  // not inside a UTF-8 sequence
  return std::string(json.substr(0, end)) + "...";
}

}  // namespace zeolite::sdk
