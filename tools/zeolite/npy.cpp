// SPDX-License-Identifier: Apache-2.0
#include "npy.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <zeolite/error.hpp>
#include <zeolite/json.hpp>

namespace zeolite::tool {
namespace {

namespace json = boost::json;

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_header_bytes = std::size_t{1} << 20;
constexpr std::size_t max_depth = 32;

/// Reads the Python literals that headers are made of: strings, whole numbers, True and False, tuples, lists, one dict.
class Literal {
 public:
  explicit Literal(std::string_view text) : rest_(text) {}

  json::value whole() {
    auto value = any(0);
    skip_space();
    if (!rest_.empty()) fail();
    return value;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::corrupt, fmt::format("the .npy header is malformed {} bytes before its end", rest_.size()));
  }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool take(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  json::value any(std::size_t depth) {
    if (depth > max_depth) fail();
    if (take("{")) return members(depth);
    if (take("(")) return elements(depth, ")");
    if (take("[")) return elements(depth, "]");
    if (take("True")) return true;
    if (take("False")) return false;
    if (!rest_.empty() && (rest_[0] == '\'' || rest_[0] == '"')) return string();
    return number();
  }

  json::value string() {
    const char quote = rest_[0];
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return json::string(text);
      }
      // Field names may hold a quote or a backslash; other escapes do not occur in what NumPy writes.
      if (rest_[i] == '\\' && (++i == rest_.size() || (rest_[i] != '\\' && rest_[i] != '\'' && rest_[i] != '"')))
        fail();
      text += rest_[i];
    }
    fail();
  }

  json::value number() {
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (status != std::errc()) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    take("L");  // Python 2 wrote long integers so
    return value;
  }

  json::value elements(std::size_t depth, std::string_view end) {
    json::array list;
    while (!take(end)) {
      list.push_back(any(depth + 1));
      if (take(",")) continue;
      if (!take(end)) fail();
      break;
    }
    return list;
  }

  json::value members(std::size_t depth) {
    json::object object;
    while (!take("}")) {
      skip_space();
      if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) fail();
      const auto key = string();
      if (!take(":") || object.contains(key.get_string())) fail();
      object[key.get_string()] = any(depth + 1);
      if (take(",")) continue;
      if (!take("}")) fail();
      break;
    }
    return object;
  }

  std::string_view rest_;
};

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string shape_literal(const auto& lengths) {
  std::string text = "(";
  for (const auto& length : lengths) text += fmt::format("{}{}", text.size() > 1 ? ", " : "", length);
  return text + (lengths.size() == 1 ? ",)" : ")");
}

/// "'<f4'", or "[('x', '<f4'), ('y', '<i2', (2,))]".
std::string type_literal(const json::value& type, std::size_t depth = 0) {
  if (const auto* const name = type.if_string()) return quoted(*name);
  const auto* const fields = type.if_array();
  if (fields == nullptr || depth > max_depth) throw Error(ErrorCode::internal, "not a NumPy data type");
  std::string text = "[";
  for (const auto& field : *fields) {
    const auto* const parts = field.if_array();
    if (parts == nullptr || parts->size() < 2 || !parts->at(0).is_string()) {
      throw Error(ErrorCode::internal, "not a field of a NumPy data type");
    }
    if (text.size() > 1) text += ", ";
    text += "(" + quoted(parts->at(0).get_string()) + ", " + type_literal(parts->at(1), depth + 1);
    if (parts->size() > 2) {
      std::vector<std::uint64_t> lengths;
      for (const auto& length : parts->at(2).as_array()) lengths.push_back(length.to_number<std::uint64_t>());
      text += ", " + shape_literal(lengths);
    }
    text += ")";
  }
  return text + "]";
}

/// "<f4" in its parts; everything after the order is compared as it is.
struct SimpleType {
  char order;
  std::string_view rest;
};

SimpleType split(std::string_view type) {
  if (type.empty() || std::string_view("<>|=").find(type[0]) == std::string_view::npos) return {'|', type};
  constexpr char native = std::endian::native == std::endian::little ? '<' : '>';
  return {type[0] == '=' ? native : type[0], type.substr(1)};
}

/// What is reversed in an element of a type with a byte order.
std::size_t swap_unit(std::string_view rest, std::uint64_t item_bytes) {
  switch (rest.empty() ? '\0' : rest[0]) {
    case 'i':
    case 'u':
    case 'f':
    case 'M':
    case 'm': return item_bytes;
    case 'c': return item_bytes / 2;
    case 'U': return 4;
    default: return 1;
  }
}

}  // namespace

std::string npy_header(const NpyHeader& header) {
  const auto dictionary = fmt::format("{{'descr': {}, 'fortran_order': {}, 'shape': {}, }}", type_literal(header.type),
                                      header.fortran_order ? "True" : "False", shape_literal(header.shape));
  // Elements begin at a multiple of 64 bytes; version 1 holds headers that are shorter than 64 KiB.
  const auto total = [&](std::size_t prefix) { return (prefix + dictionary.size() + 1 + 63) / 64 * 64; };
  const bool large = total(magic.size() + 4) - magic.size() - 4 > 0xFFFF;
  const auto prefix = magic.size() + (large ? 6 : 4);
  const auto length = total(prefix) - prefix;
  std::string text(magic);
  text += large ? '\x02' : '\x01';
  text += '\0';
  for (std::size_t i = 0; i < (large ? 4 : 2); ++i) text += static_cast<char>(length >> (8 * i) & 0xFF);
  text += dictionary;
  text.append(length - dictionary.size() - 1, ' ');
  return text + "\n";
}

NpyHeader read_npy_header(Input& input) {
  const auto refuse = [&](const std::string& why) -> Error {
    return Error(ErrorCode::corrupt, fmt::format("{} is not a .npy file that can be read: {}", input.name(), why));
  };
  std::array<std::byte, 8> start{};
  const auto got = input.read(start);
  const std::string_view text(reinterpret_cast<const char*>(start.data()), got);
  if (got < start.size() || !text.starts_with(magic)) {
    throw refuse("it does not begin with NumPy's magic bytes (raw elements need --format raw)");
  }
  const auto version = std::to_integer<unsigned>(start[6]);
  if (version < 1 || version > 3) throw refuse(fmt::format("its version {} is unknown", version));
  std::array<std::byte, 4> length{};
  input.read_exactly(std::span(length).first(version == 1 ? 2 : 4), "the .npy header");
  std::size_t header_bytes = 0;
  for (std::size_t i = length.size(); i-- > 0;)
    header_bytes = header_bytes << 8 | std::to_integer<std::size_t>(length[i]);
  if (header_bytes > max_header_bytes) throw refuse(fmt::format("its header claims {} bytes", header_bytes));
  std::string header(header_bytes, '\0');
  input.read_exactly(std::as_writable_bytes(std::span(header)), "the .npy header");

  const auto value = Literal(header).whole();
  const auto* const object = value.if_object();
  const auto* const type = object == nullptr ? nullptr : object->if_contains("descr");
  const auto* const order = object == nullptr ? nullptr : object->if_contains("fortran_order");
  const auto* const shape = object == nullptr ? nullptr : object->if_contains("shape");
  if (type == nullptr || order == nullptr || shape == nullptr || object->size() != 3 || !order->is_bool() ||
      !shape->is_array() || !(type->is_string() || type->is_array())) {
    throw refuse("its header does not have exactly descr, fortran_order and shape");
  }
  NpyHeader result{*type, order->get_bool(), {}};
  for (const auto& axis : shape->get_array()) {
    if (!axis.is_uint64() && !axis.is_int64()) throw refuse("its shape is not a tuple of whole numbers");
    result.shape.push_back(axis.to_number<std::uint64_t>());
  }
  count_elements(result.shape);
  return result;
}

std::size_t match_npy_type(const json::value& type, const Array& array) {
  const auto info = array.data_type();
  const auto numpy = array.numpy_type();
  if (type.is_string()) {
    const auto found = split(type.get_string());
    if (found.rest.starts_with('O')) {
      throw Error(ErrorCode::invalid, "the .npy file holds Python objects, which nobody but Python can read");
    }
    // Types that NumPy does not know are saved by their extensions as plain bytes.
    const auto opaque = fmt::format("V{}", info.item_bytes);
    const auto* const name = numpy ? numpy->if_string() : nullptr;
    const auto wanted = name != nullptr ? split(*name).rest : numpy ? std::string_view() : std::string_view(opaque);
    if (!info.variable && found.rest == wanted) return found.order == '>' ? swap_unit(wanted, info.item_bytes) : 1;
  } else if (numpy && *numpy == type) {
    return 1;
  }
  throw Error(ErrorCode::invalid,
              fmt::format("the .npy file holds elements of type {}, the array is {} ({})", zeolite::to_text(type),
                          array.metadata().data_type.name, numpy ? zeolite::to_text(*numpy) : "none that NumPy knows"));
}

}  // namespace zeolite::tool
