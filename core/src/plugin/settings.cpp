// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <zeolite/error.hpp>

#include "manifest.hpp"
#include "names.hpp"

namespace zeolite::plugin {
namespace {

namespace json = boost::json;

constexpr std::uint64_t max_configuration_bytes = std::uint64_t{1} << 20;
constexpr std::string_view plugin_prefix = "plugin:";

Error bad(std::string_view where, std::string_view what) {
  return {ErrorCode::invalid, fmt::format("{}: {}", where, what)};
}

void check_key(std::string_view where, std::string_view text) {
  if (!parse_key(text))
    throw bad(where, fmt::format("\"{}\" should be \"<point>:<name>\", where the points are {}", text, known_points()));
}

void check_alias(std::string_view where, std::string_view name, std::string_view target) {
  check_key(where, name);
  // Roles are how the host asks; giving one to a name would let metadata ask by it.
  if (is_role(target) || is_role(parse_key(name)->name) || target.empty())
    throw bad(fmt::format("{}[\"{}\"]", where, name),
              "an alias leads from a name to a name, and neither starts with '@'");
}

const json::object& object(const json::value& value, std::string_view where) {
  if (!value.is_object()) throw bad(where, "should be an object");
  return value.get_object();
}

std::string text(const json::value& value, std::string_view where) {
  if (!value.is_string()) throw bad(where, "should be a string");
  const auto& text = value.get_string();
  return {text.data(), text.size()};
}

std::string text(json::string_view text) { return {text.data(), text.size()}; }

template <class Map>
void read_map(const json::value& value, std::string_view where, Map& map) {
  for (const auto& member : object(value, where)) {
    const auto name = text(member.key());
    check_key(where, name);
    map.insert_or_assign(name, text(member.value(), fmt::format("{}[\"{}\"]", where, name)));
  }
}

std::vector<std::string> read_list(const json::value& value, std::string_view where) {
  if (!value.is_array()) throw bad(where, "should be an array of plugin names");
  std::vector<std::string> names;
  for (const auto& item : value.get_array()) {
    names.push_back(text(item, fmt::format("{}[{}]", where, names.size())));
    if (auto fault = fault_in_plugin_name(names.back()); !fault.empty())
      throw bad(fmt::format("{}[{}]", where, names.size() - 1), fault);
  }
  return names;
}

Policy read_policy(const json::value& value, std::string_view where) {
  const auto word = text(value, where);
  if (word == "allow") return Policy::allow;
  if (word == "warn") return Policy::warn;
  if (word == "deny") return Policy::deny;
  throw bad(where, fmt::format("\"{}\" should be \"allow\", \"warn\" or \"deny\"", word));
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Settings::Settings(const PluginOptions& options) {
  lists_.push_back({options.allow, options.deny, "the options of this context"});
  if (options.configuration_file) {
    try {
      read(*options.configuration_file);
    } catch (const Error& error) {
      throw Error(error.code(),
                  fmt::format("plugin configuration {}: {}", options.configuration_file->string(), error.message()));
    }
  }
  for (const auto& [name, target] : options.aliases) {
    check_alias("PluginOptions::aliases", name, target);
    aliases_.insert_or_assign(name, target);
  }
  for (const auto& [name, plugin] : options.pins) {
    check_key("PluginOptions::pins", name);
    pins_.insert_or_assign(name, plugin);
  }
}

void Settings::read(const std::filesystem::path& file) {
  const auto content = read_small_file(file, max_configuration_bytes);
  boost::system::error_code error;
  const auto document = json::parse(content, error);
  if (error) throw Error(ErrorCode::invalid, fmt::format("is not valid JSON ({})", error.message()));
  Lists lists;
  lists.source = file.string();
  for (const auto& member : object(document, "the document")) {
    const auto name = text(member.key());
    const auto& value = member.value();
    if (name == "aliases") {
      read_map(value, name, aliases_);
      for (const auto& [alias, target] : aliases_) check_alias(name, alias, target);
    } else if (name == "pins") {
      read_map(value, name, pins_);
    } else if (name == "allow") {
      lists.allow = read_list(value, name);
    } else if (name == "deny") {
      lists.deny = read_list(value, name);
    } else if (name == "experimental") {
      for (const auto& entry : object(value, name)) {
        const auto what = text(entry.key());
        const auto policy = read_policy(entry.value(), fmt::format("{}[\"{}\"]", name, what));
        if (what == "default") {
          experimental_default_ = policy;
          continue;
        }
        if (!what.starts_with(plugin_prefix)) check_key(name, what);
        experimental_.insert_or_assign(what, policy);
      }
    } else {
      throw bad(name, "is no member known here; there are aliases, pins, allow, deny and experimental");
    }
  }
  lists_.push_back(std::move(lists));
}

std::string Settings::alias(Point point, std::string_view name) const {
  const auto found = aliases_.find(key(point, name));
  return found == aliases_.end() ? std::string(name) : found->second;
}

const std::string* Settings::pin(Point point, std::string_view name) const {
  const auto found = pins_.find(key(point, name));
  return found == pins_.end() ? nullptr : &found->second;
}

std::string Settings::fault_in_use(const std::string& plugin) const {
  // The first list that has an opinion decides, so that what a program sets wins over the file.
  for (const auto& lists : lists_) {
    if (holds(lists.deny, plugin)) return fmt::format("plugin {} is on the deny list of {}", plugin, lists.source);
    if (holds(lists.allow, plugin)) return {};
    if (!lists.allow.empty()) return fmt::format("plugin {} is not on the allow list of {}", plugin, lists.source);
  }
  return {};
}

Policy Settings::experimental(Point point, std::string_view name, const std::string& plugin) const {
  if (const auto found = experimental_.find(key(point, name)); found != experimental_.end()) return found->second;
  if (const auto found = experimental_.find(fmt::format("{}{}", plugin_prefix, plugin)); found != experimental_.end())
    return found->second;
  return is_registered_style(name) ? Policy::allow : experimental_default_;
}

}  // namespace zeolite::plugin
