// SPDX-License-Identifier: Apache-2.0
//
// The size of an element of a version 2 data type, which version 2 blosc takes for granted and version 3 has to write
// down.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include <zeolite/sdk/fields.hpp>

namespace zeolite::blosc {

/// `dtype`: "<f4", "|S12", "<M8[ns]", or a list of fields ["name", dtype, shape?]. At least 1.
inline std::uint64_t item_bytes(const sdk::json::value& dtype) {
  constexpr std::uint64_t largest = INT32_MAX;
  std::uint64_t size = 0;
  if (dtype.is_string()) {
    std::string_view text = dtype.get_string();
    if (const auto kind = text.find_first_not_of("<>|="); kind != text.npos) text.remove_prefix(kind);
    if (text.starts_with("O")) return 1;  // a filter makes bytes of objects before they come here
    if (text.size() > 1) std::from_chars(text.data() + 1, text.data() + text.size(), size);
    if (text.starts_with("U") && size <= largest) size *= 4;
  } else if (dtype.is_array()) {
    for (const auto& field : dtype.get_array()) {
      const auto* const parts = field.if_array();
      if (parts == nullptr || parts->size() < 2) throw sdk::invalid("a field of the dtype is no [name, dtype] list");
      auto bytes = item_bytes((*parts)[1]);
      if (parts->size() > 2 && (*parts)[2].is_array()) {
        for (const auto& extent : (*parts)[2].get_array()) {
          if (!extent.is_int64() || extent.get_int64() < 0 || extent.get_int64() > INT32_MAX) bytes = largest + 1;
          if (bytes <= largest) bytes *= static_cast<std::uint64_t>(extent.get_int64());
        }
      }
      size += bytes <= largest ? bytes : largest + 1;
      if (size > largest) break;
    }
  }
  if (size > largest) throw sdk::invalid("the elements of dtype {} are too large", sdk::json::serialize(dtype));
  return size == 0 ? 1 : size;
}

}  // namespace zeolite::blosc
