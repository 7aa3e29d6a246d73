// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <zeolite/json.hpp>

#include "session.hpp"

namespace zeolite::tool {

std::string printable(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  auto scaled = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; scaled >= 1024; ++unit) scaled /= 1024;
  return fmt::format("{:.1f} {}", scaled, units.at(unit));
}

std::string to_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::string to_line(const Extension& extension) {
  auto line = printable(extension.name);
  if (!extension.configuration.empty()) line += " " + zeolite::to_text(boost::json::value(extension.configuration));
  if (!extension.must_understand) line += " (need not be understood)";
  return line;
}

Shape parse_shape(std::string_view text, std::string_view option) {
  const auto complain = [&] {
    throw UsageError(fmt::format("{}: '{}' is not a list of lengths such as 100,20", option, text));
  };
  auto list = text;
  if (list.starts_with('[') && list.ends_with(']') && list.size() >= 2) list = list.substr(1, list.size() - 2);
  Shape shape;
  if (list.find_first_not_of(' ') == std::string_view::npos) return shape;
  for (;;) {
    const auto comma = list.find(',');
    auto item = list.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    std::uint64_t length = 0;
    const auto [end, status] = std::from_chars(item.data(), item.data() + item.size(), length);
    if (item.empty() || status != std::errc() || end != item.data() + item.size()) complain();
    shape.push_back(length);
    if (comma == std::string_view::npos) return shape;
    list.remove_prefix(comma + 1);
  }
}

boost::json::value parse_json_argument(std::string_view text, std::string_view option) {
  try {
    return parse_json(text);
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", option, error.message()));
  }
}

Extension parse_extension_argument(std::string_view text, std::string_view option) {
  const auto start = text.find_first_not_of(" \t\n");
  if (start == std::string_view::npos) throw UsageError(fmt::format("{}: a name or a JSON object is needed", option));
  if (text[start] != '{' && text[start] != '"') return Extension(std::string(text));
  const auto json = parse_json_argument(text, option);
  try {
    return parse_extension(json, "");
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", option, error.message()));
  }
}

std::string error_to_json(std::string_view code, std::string_view message,
                          const std::vector<std::pair<std::string, std::string>>& frames) {
  boost::json::object where;
  for (const auto& [kind, value] : frames) where[kind] = value;
  boost::json::object error{{"code", code}, {"message", message}};
  if (!where.empty()) error["frames"] = std::move(where);
  // Boost's own writer here: it takes text that is not UTF-8, and an error must always come out.
  return boost::json::serialize(boost::json::object{{"error", std::move(error)}});
}

}  // namespace zeolite::tool
