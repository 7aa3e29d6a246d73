// SPDX-License-Identifier: Apache-2.0
//
// Elements as bytes in a file (little-endian) and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/array.hpp>

namespace zeolite::tool {

/// Reverses every run of `unit` bytes; units of 0 and 1 leave all as it is.
void swap_bytes(std::span<std::byte> bytes, std::size_t unit);

/// What swap_bytes needs to turn this machine's byte order into little-endian, and back: 1 on little-endian machines.
/// Throws Error (unsupported) for a type whose parts are unknown.
std::size_t unit_to_little_endian(const DataTypeInfo& info);

/// Appends the elements at `bytes` to `text`, separated by ", ", each as fill values look in metadata: floats as the
/// shortest decimal that reads back as the same bits, those that are not numbers as strings.
void append_json(std::string& text, const Array& array, const DataTypeInfo& info, std::span<const std::byte> bytes);
void append_json(std::string& text, const Array& array, const DataTypeInfo& info,
                 const std::vector<std::string>& elements);

/// The elements of a flat JSON list.
struct ParsedElements {
  std::vector<std::byte> fixed;       ///< of types of fixed size
  std::vector<std::string> variable;  ///< of the others
  std::size_t count = 0;
};

/// The reverse of append_json for a whole list, brackets included. Throws Error, saying which element is wrong.
ParsedElements parse_elements(std::string_view json, const Array& array, const DataTypeInfo& info);

}  // namespace zeolite::tool
