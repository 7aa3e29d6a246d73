// SPDX-License-Identifier: Apache-2.0
//
// UTF-8. Source: RFC 3629.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace zeolite::sdk {

/// The place of the first byte that cannot be part of UTF-8 text (surrogates, overlong forms and code points past
/// U+10FFFF included); npos when all is well.
inline std::size_t find_invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      if ((word & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    const auto first = byte(at);
    if (first < 0x80) {
      ++at;
      continue;
    }
    // The lead byte says how many follow, and narrows what the first of them may be.
    const std::size_t follow = first >= 0xC2 && first <= 0xDF   ? 1
                               : first >= 0xE0 && first <= 0xEF ? 2
                               : first >= 0xF0 && first <= 0xF4 ? 3
                                                                : 0;
    if (follow == 0 || text.size() - at <= follow) return at;
    const auto low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const auto high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(at + 1) < low || byte(at + 1) > high) return at;
    for (std::size_t i = 2; i <= follow; ++i) {
      if ((byte(at + i) & 0xC0) != 0x80) return at;
    }
    at += follow + 1;
  }
  return std::string_view::npos;
}

}  // namespace zeolite::sdk
