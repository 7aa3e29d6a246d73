// SPDX-License-Identifier: Apache-2.0
//
// Writing JSON, and saying where and what something is.
#include <charconv>
#include <cmath>
#include <iterator>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "json.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;

/// Writes values, on one line or indented.
class Printer {
 public:
  explicit Printer(bool indented) : indented_(indented) {}

  std::string text;

  void write(const json::object& object, std::size_t depth) {
    check(depth);
    text += '{';
    for (const auto& member : object) {
      if (&member != object.begin()) text += ',';
      new_line(depth + 1);
      write(std::string_view(member.key()));
      text += indented_ ? ": " : ":";
      write(member.value(), depth + 1);
    }
    if (!object.empty()) new_line(depth);
    text += '}';
  }

  void write(const json::value& value, std::size_t depth) {
    switch (value.kind()) {
      case json::kind::null: text += "null"; break;
      case json::kind::bool_: text += value.get_bool() ? "true" : "false"; break;
      case json::kind::int64: write_integer(value.get_int64()); break;
      case json::kind::uint64: write_integer(value.get_uint64()); break;
      case json::kind::double_: write(value.get_double()); break;
      case json::kind::string: write(std::string_view(value.get_string())); break;
      case json::kind::array: write(value.get_array(), depth); break;
      case json::kind::object: write(value.get_object(), depth); break;
    }
  }

 private:
  template <class T>
  void write_integer(T number) {
    char digits[24];
    text.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
  }

  void write(double number) {
    if (std::isnan(number)) {
      text += "\"NaN\"";
    } else if (std::isinf(number)) {
      text += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
      char digits[32];
      const auto [end, status] = std::to_chars(std::begin(digits), std::end(digits), number);
      const std::string_view written(digits, status == std::errc() ? end : digits);
      text += written;
      if (written.find_first_of(".e") == std::string_view::npos) text += ".0";
    }
  }

  void write(std::string_view string) {
    if (!is_utf8(string)) throw Error(ErrorCode::invalid, "a string that is to be written as JSON is not UTF-8");
    text += '"';
    for (const char c : string) {
      switch (c) {
        case '"': text += "\\\""; break;
        case '\\': text += "\\\\"; break;
        case '\n': text += "\\n"; break;
        case '\r': text += "\\r"; break;
        case '\t': text += "\\t"; break;
        default:
          if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view hex = "0123456789abcdef";
            text += "\\u00";
            text += hex[static_cast<unsigned char>(c) >> 4];
            text += hex[static_cast<unsigned char>(c) & 15];
          } else {
            text += c;
          }
      }
    }
    text += '"';
  }

  void write(const json::array& array, std::size_t depth) {
    check(depth);
    if (indented_ && write_flat(array)) return;
    text += '[';
    for (const auto& element : array) {
      if (&element != array.begin()) text += ',';
      new_line(depth + 1);
      write(element, depth + 1);
    }
    if (!array.empty()) new_line(depth);
    text += ']';
  }

  /// Writes a short array of scalars on this line, or says that it is none and writes nothing.
  bool write_flat(const json::array& array) {
    constexpr std::size_t longest = 80;
    if (array.size() > longest) return false;
    const auto start = text.size();
    text += '[';
    for (const auto& element : array) {
      if (&element != array.begin()) text += ", ";
      if (element.is_structured() || text.size() - start > longest) {
        text.resize(start);
        return false;
      }
      write(element, 0);
    }
    text += ']';
    return true;
  }

  void new_line(std::size_t depth) {
    if (!indented_) return;
    text += '\n';
    text.append(2 * depth, ' ');
  }

  static void check(std::size_t depth) {
    if (depth < max_json_depth) return;
    throw Error(ErrorCode::invalid, "JSON to be written has more than " + std::to_string(max_json_depth) +
                                        " objects and arrays inside each other");
  }

  bool indented_;
};

}  // namespace

std::string to_text(const json::value& value) {
  Printer printer(false);
  printer.write(value, 0);
  return std::move(printer.text);
}

std::string object_to_text(const json::object& object) {
  Printer printer(false);
  printer.write(object, 0);
  return std::move(printer.text);
}

std::string to_indented_text(const json::value& value) {
  Printer printer(true);
  printer.write(value, 0);
  printer.text += '\n';
  return std::move(printer.text);
}

std::string pointer_to(std::string_view parent, std::string_view member) {
  std::string pointer(parent);
  pointer += '/';
  for (const char c : member) {
    switch (c) {
      case '~': pointer += "~0"; break;
      case '/': pointer += "~1"; break;
      default: pointer += c;
    }
  }
  return pointer;
}

std::string pointer_to(std::string_view parent, std::size_t index) {
  return std::string(parent) + '/' + std::to_string(index);
}

std::string describe(const json::value& value) {
  switch (value.kind()) {
    case json::kind::object: return value.get_object().empty() ? "an empty object" : "an object";
    case json::kind::array: return value.get_array().empty() ? "an empty array" : "an array";
    case json::kind::null: return "null";
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::string: {
      constexpr std::size_t longest = 60;
      std::string_view string = value.get_string();
      if (string.size() > longest) {
        auto end = longest;
        while (end > 0 && (static_cast<unsigned char>(string[end]) & 0xC0) == 0x80) --end;
        return "the string " + to_text(json::value(string.substr(0, end))) + "...";
      }
      return "the string " + to_text(value);
    }
    default: return "the number " + to_text(value);
  }
}

void refuse(std::string_view where, std::string_view message, ErrorCode code) {
  std::string text = where.empty() ? "in the document: " : "at " + std::string(where) + ": ";
  throw Error(code, text.append(message));
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const auto first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    std::size_t follow = 0;
    std::uint32_t point = first;
    if (first >= 0xF5 || (first >= 0x80 && first < 0xC2)) return false;
    if (first >= 0xF0) {
      follow = 3;
      point = first & 0x07u;
    } else if (first >= 0xE0) {
      follow = 2;
      point = first & 0x0Fu;
    } else if (first >= 0xC2) {
      follow = 1;
      point = first & 0x1Fu;
    }
    if (text.size() - i <= follow) return false;
    for (std::size_t k = 1; k <= follow; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      point = point << 6 | (byte(i + k) & 0x3Fu);
    }
    const bool overlong = (follow == 2 && point < 0x800) || (follow == 3 && point < 0x10000);
    if (overlong || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF) return false;
    i += follow + 1;
  }
  return true;
}

}  // namespace zeolite
