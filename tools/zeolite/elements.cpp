// SPDX-License-Identifier: Apache-2.0
#include "elements.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <zeolite/error.hpp>
#include <zeolite/json.hpp>

namespace zeolite::tool {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// False for what is not a number: infinities and all the bit patterns of NaN are the data type's business.
template <class T>
bool append_float(std::string& text, const std::byte* element) {
  const auto value = load<T>(element);
  if (!std::isfinite(value)) return false;
  char digits[64];
  const auto [end, status] = std::to_chars(std::begin(digits), std::end(digits), value);
  if (status != std::errc()) return false;
  text.append(digits, end);
  // A point tells readers that it is a float, and keeps the sign of -0.0 where "-0" would become the integer 0.
  if (std::none_of(digits, end, [](char c) { return c == '.' || c == 'e'; })) text += ".0";
  return true;
}

template <class T>
bool append_integer(std::string& text, const std::byte* element) {
  char digits[24];
  const auto [end, status] = std::to_chars(std::begin(digits), std::end(digits), load<T>(element));
  if (status != std::errc()) return false;
  text.append(digits, end);
  return true;
}

/// What the data type itself says of an element.
void append_value(std::string& text, const boost::json::value& value) {
  const auto* const parts = value.if_array();
  if (parts == nullptr) {
    text += zeolite::to_text(value);
    return;
  }
  text += '[';
  for (const auto& part : *parts) {
    if (&part != parts->begin()) text += ", ";
    append_value(text, part);
  }
  text += ']';
}

using Append = bool (*)(std::string& text, const std::byte* element);

/// The quick way for numbers the machine knows; null when there is none.
Append quick_append(const DataTypeInfo& info) {
  switch (info.type_class) {
    case ZEO_CLASS_INT:
      switch (info.item_bytes) {
        case 1: return append_integer<std::int8_t>;
        case 2: return append_integer<std::int16_t>;
        case 4: return append_integer<std::int32_t>;
        case 8: return append_integer<std::int64_t>;
        default: return nullptr;
      }
    case ZEO_CLASS_UINT:
      switch (info.item_bytes) {
        case 1: return append_integer<std::uint8_t>;
        case 2: return append_integer<std::uint16_t>;
        case 4: return append_integer<std::uint32_t>;
        case 8: return append_integer<std::uint64_t>;
        default: return nullptr;
      }
    case ZEO_CLASS_FLOAT:
      if (info.item_bytes == sizeof(float)) return append_float<float>;
      return info.item_bytes == sizeof(double) ? append_float<double> : nullptr;
    default: return nullptr;
  }
}

template <class T>
bool parse_float(std::string_view token, std::byte* element) {
  T value = 0;
  const auto [end, status] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (status != std::errc() || end != token.data() + token.size() || !std::isfinite(value)) return false;
  std::memcpy(element, &value, sizeof value);
  return true;
}

/// The quick and exact way for numbers; false: ask the data type.
bool parse_quickly(std::string_view token, const DataTypeInfo& info, std::byte* element) {
  if (info.type_class != ZEO_CLASS_FLOAT || token.find_first_not_of("+-.eE0123456789") != std::string_view::npos) {
    return false;
  }
  if (info.item_bytes == sizeof(float)) return parse_float<float>(token, element);
  return info.item_bytes == sizeof(double) && parse_float<double>(token, element);
}

/// Calls `visit` with the text of every element of a JSON list.
template <class Visit>
void for_each_token(std::string_view json, Visit visit) {
  constexpr std::string_view space = " \t\r\n";
  const auto trim = [&](std::string_view text) {
    const auto first = text.find_first_not_of(space);
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(space) - first + 1);
  };
  json = trim(json);
  if (!json.starts_with('[')) throw Error(ErrorCode::corrupt, "the input is not a JSON list");
  if (!json.ends_with(']')) throw Error(ErrorCode::corrupt, "the input does not end as a JSON list does, in \"]\"");
  json = json.substr(1, json.size() - 2);
  if (trim(json).empty()) return;
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i) i += json[i] == '\\';
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (depth-- == 0) throw Error(ErrorCode::corrupt, "the input is not one JSON list");
    } else if (c == ',' && depth == 0) {
      visit(trim(json.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  visit(trim(json.substr(std::min(begin, json.size()))));
}

}  // namespace

void swap_bytes(std::span<std::byte> bytes, std::size_t unit) {
  if (unit <= 1) return;
  for (std::size_t i = 0; i + unit <= bytes.size(); i += unit) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.begin() + static_cast<std::ptrdiff_t>(i + unit));
  }
}

std::size_t unit_to_little_endian(const DataTypeInfo& info) {
  if constexpr (std::endian::native == std::endian::little) return 1;
  switch (info.type_class) {
    case ZEO_CLASS_INT:
    case ZEO_CLASS_UINT:
    case ZEO_CLASS_FLOAT: return info.item_bytes;
    case ZEO_CLASS_COMPLEX: return info.item_bytes / 2;
    case ZEO_CLASS_BOOL:
    case ZEO_CLASS_RAW: return 1;
    default:
      if (info.item_bytes == 1) return 1;
      throw Error(ErrorCode::unsupported, "this machine is big-endian and does not know how to swap this data type");
  }
}

void append_json(std::string& text, const Array& array, const DataTypeInfo& info, std::span<const std::byte> bytes) {
  const auto quick = quick_append(info);
  for (std::size_t i = 0; i < bytes.size(); i += info.item_bytes) {
    if (i > 0) text += ", ";
    const auto element = bytes.subspan(i, info.item_bytes);
    const bool complex = info.type_class == ZEO_CLASS_COMPLEX;
    const auto start = text.size();
    if (info.type_class == ZEO_CLASS_BOOL) {
      text += element[0] == std::byte{0} ? "false" : "true";
    } else if (complex && (info.item_bytes == 8 || info.item_bytes == 16)) {
      const auto part = info.item_bytes == 8 ? append_float<float> : append_float<double>;
      text += '[';
      bool finite = part(text, element.data());
      text += ", ";
      finite = finite && part(text, element.data() + info.item_bytes / 2);
      text += ']';
      if (finite) continue;
      text.resize(start);
      append_value(text, array.element_to_json(element));
    } else if (quick == nullptr || !quick(text, element.data())) {
      append_value(text, array.element_to_json(element));
    }
  }
}

void append_json(std::string& text, const Array& array, const DataTypeInfo& info,
                 const std::vector<std::string>& elements) {
  bool first = true;
  for (const auto& element : elements) {
    if (!first) text += ", ";
    first = false;
    if (info.type_class == ZEO_CLASS_STRING) {
      text += zeolite::to_text(boost::json::value(element));
    } else {
      append_value(text, array.element_to_json(std::as_bytes(std::span(element))));
    }
  }
}

ParsedElements parse_elements(std::string_view json, const Array& array, const DataTypeInfo& info) {
  ParsedElements parsed;
  for_each_token(json, [&](std::string_view token) {
    try {
      if (token.empty()) throw Error(ErrorCode::corrupt, "there is nothing between two commas");
      if (!info.variable) {
        parsed.fixed.resize(parsed.fixed.size() + info.item_bytes);
        auto* const element = parsed.fixed.data() + parsed.fixed.size() - info.item_bytes;
        if (!parse_quickly(token, info, element)) {
          const auto bytes = array.element_from_json(parse_json(token));
          if (bytes.size() != info.item_bytes) throw Error(ErrorCode::internal, "the data type gave a wrong size");
          std::copy(bytes.begin(), bytes.end(), element);
        }
      } else {
        const auto bytes = array.element_from_json(parse_json(token));
        parsed.variable.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
    } catch (Error& error) {
      throw error.at("element", std::to_string(parsed.count));
    }
    ++parsed.count;
  });
  return parsed;
}

}  // namespace zeolite::tool
