// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace zeolite {

std::string_view to_string(Point point) noexcept {
  switch (point) {
    case Point::store: return "store";
    case Point::codec: return "codec";
    case Point::data_type: return "data_type";
    case Point::chunk_grid: return "chunk_grid";
    case Point::chunk_key_encoding: return "chunk_key_encoding";
    case Point::storage_transformer: return "storage_transformer";
  }
  return "unknown";
}

namespace plugin {
namespace {

constexpr std::array all_points = {Point::store,
                                   Point::codec,
                                   Point::data_type,
                                   Point::chunk_grid,
                                   Point::chunk_key_encoding,
                                   Point::storage_transformer};

// Long enough for any URI somebody would give an extension, short enough to print.
constexpr std::size_t max_name_bytes = 1024;
constexpr std::size_t max_plugin_name_bytes = 128;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<Point> point_from(std::string_view text) {
  for (const auto point : all_points)
    if (to_string(point) == text) return point;
  return std::nullopt;
}

std::optional<Point> point_from(std::uint32_t number) {
  for (const auto point : all_points)
    if (static_cast<std::uint32_t>(point) == number) return point;
  return std::nullopt;
}

std::string known_points() {
  std::string text;
  for (const auto point : all_points) text += fmt::format("{}{}", text.empty() ? "" : ", ", to_string(point));
  return text;
}

std::optional<std::string_view> match_pattern(std::string_view pattern, std::string_view name) {
  if (!is_pattern(pattern)) return std::nullopt;
  const auto stem = pattern.substr(0, pattern.size() - 1);
  if (!name.starts_with(stem) || name.size() == stem.size()) return std::nullopt;
  const auto digits = name.substr(stem.size());
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  return digits;
}

bool is_registered_style(std::string_view name) {
  if (is_pattern(name)) name.remove_suffix(1);
  const auto legal = [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && is_lower(name.front()) && std::all_of(name.begin(), name.end(), legal);
}

std::string fault_in_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > max_name_bytes) return fmt::format("is longer than {} bytes", max_name_bytes);
  if (name == "@" || name == "*") return fmt::format("is \"{}\" and nothing else", name);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control)) return "holds a control character";
  return {};
}

std::string fault_in_plugin_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > max_plugin_name_bytes) return fmt::format("is longer than {} bytes", max_plugin_name_bytes);
  const auto legal = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), legal))
    return fmt::format("is \"{}\", but consists of letters, digits, '-', '_' and '.'", name);
  return {};
}

std::string key(Point point, std::string_view name) { return fmt::format("{}:{}", to_string(point), name); }

std::optional<Key> parse_key(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto point = point_from(text.substr(0, colon));
  const auto name = text.substr(colon + 1);
  if (!point || name.empty()) return std::nullopt;
  return Key{*point, name};
}

std::vector<std::string> close_names(std::string_view name, const std::vector<std::string>& known) {
  // Names far longer than any real one are not worth the quadratic comparison.
  if (name.size() > 128) return {};
  const auto limit = name.size() <= 3 ? std::size_t{1} : name.size() <= 6 ? std::size_t{2} : std::size_t{3};
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const auto& candidate : known) {
    if (is_role(candidate) || candidate.size() > name.size() + limit || name.size() > candidate.size() + limit)
      continue;
    const auto distance = edit_distance(name, candidate);
    if (distance <= limit) found.emplace_back(distance, candidate);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<std::string> names;
  for (auto& [distance, candidate] : found) {
    names.push_back(std::move(candidate));
    if (names.size() == 3) break;
  }
  return names;
}

}  // namespace plugin
}  // namespace zeolite
