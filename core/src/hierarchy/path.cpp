// SPDX-License-Identifier: Apache-2.0
#include "path.hpp"

#include <algorithm>

#include <zeolite/error.hpp>
#include <zeolite/hierarchy.hpp>

#include "../metadata/json.hpp"

namespace zeolite {
namespace {

/// Common object stores allow keys of 1024 bytes; longer paths would only fail later and worse.
constexpr std::size_t longest_path = 1024;

}  // namespace

std::string name_fault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.find_first_not_of('.') == std::string_view::npos) return "it consists of nothing but periods";
  if (name.starts_with("__")) return "names that start with \"__\" are reserved";
  if (name == "zarr.json") return "this is the key of metadata documents";
  if (name.find('/') != std::string_view::npos) return "it has a slash in it";
  if (name.find('\0') != std::string_view::npos) return "it has a NUL character in it";
  if (!is_utf8(name)) return "it is not UTF-8";
  return {};
}

std::string normalize_path(std::string_view path) {
  const auto fail = [&](const std::string& fault) {
    const auto shown = is_utf8(path) ? describe(boost::json::value(path)) : "the path";
    throw Error(ErrorCode::invalid, shown + " is no path of a node: " + fault);
  };
  if (path.size() > longest_path) {
    fail("it has " + std::to_string(path.size()) + " bytes, more than " + std::to_string(longest_path));
  }
  auto rest = path;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() && path.size() <= 1) return {};
  for (std::size_t start = 0; start <= rest.size();) {
    const auto end = std::min(rest.find('/', start), rest.size());
    const auto name = rest.substr(start, end - start);
    if (name.empty()) fail("it has an empty part");
    if (const auto fault = name_fault(name); !fault.empty()) {
      const auto part = is_utf8(name) ? to_text(boost::json::value(name)) : "a name";
      fail("its part " + part + " is no name of a node: " + fault);
    }
    start = end + 1;
  }
  return std::string(rest);
}

std::string join_path(std::string_view base, std::string_view relative) {
  const auto below = normalize_path(relative);
  if (base.empty()) return below;
  if (below.empty()) return std::string(base);
  return normalize_path(std::string(base) + '/' + below);
}

std::string shown_path(std::string_view path) { return '/' + std::string(path); }

std::string prefix_of(std::string_view path) { return path.empty() ? std::string() : std::string(path) + '/'; }

std::vector<std::string> ancestors_of(std::string_view path) {
  std::vector<std::string> ancestors;
  if (path.empty()) return ancestors;
  ancestors.emplace_back();
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    ancestors.emplace_back(path.substr(0, slash));
  }
  return ancestors;
}

}  // namespace zeolite
