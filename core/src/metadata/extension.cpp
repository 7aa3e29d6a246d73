// SPDX-License-Identifier: Apache-2.0
//
// Extension objects in all their spellings. Source: Zarr v3.1 core specification, "Extension definition".
#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>

#include <zeolite/metadata.hpp>

#include "document.hpp"
#include "json.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;

/// `place` says where the value is; it is asked only when something is wrong.
template <class Place>
std::string parse_name(const json::value& value, const Place& place) {
  const auto* const string = value.if_string();
  if (string == nullptr) refuse(place(), "expected the extension's name, a string, found " + describe(value));
  const std::string_view name = *string;
  if (name.empty()) refuse(place(), "the extension's name is empty");
  if (name.front() == '@') {
    refuse(place(), "expected an extension's name, found " + describe(value) + ": no name starts with '@'");
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(name.begin(), name.end(), is_control)) {
    refuse(place(), "the extension's name has a control character in it: " + describe(value));
  }
  return std::string(name);
}

}  // namespace

Extension parse_extension(const json::value& value, std::string_view where) {
  auto copy = value;
  return take_extension(copy, [&] { return std::string(where); });
}

Extension take_extension(json::value& value, const std::function<std::string()>& where) {
  Extension extension;
  if (value.is_string()) {
    extension.name = parse_name(value, where);
    return extension;
  }
  auto* const object = value.if_object();
  if (object == nullptr) {
    refuse(where(), R"(expected an extension, that is its name or an object with "name" and "configuration", found )" +
                        describe(value));
  }
  for (auto&& [key, member] : *object) {
    const auto place = [&, key = std::string_view(key)] { return pointer_to(where(), key); };
    if (key == "name") {
      extension.name = parse_name(member, place);
    } else if (key == "configuration") {
      auto* const configuration = member.if_object();
      if (configuration == nullptr) {
        refuse(place(), "expected an object, found " + describe(member) + "; leave the member out when there is none");
      }
      extension.configuration = std::move(*configuration);
    } else if (key == "must_understand") {
      if (!member.is_bool()) refuse(place(), "expected true or false, found " + describe(member));
      extension.must_understand = member.get_bool();
    } else {
      refuse(place(), R"(unknown member; an extension has "name", "configuration" and "must_understand" only)");
    }
  }
  if (extension.name.empty()) refuse(where(), R"(the member "name" is missing)");
  return extension;
}

json::value to_json(const Extension& extension) {
  json::object object;
  object["name"] = extension.name;
  if (!extension.configuration.empty()) object["configuration"] = extension.configuration;
  if (!extension.must_understand) object["must_understand"] = false;
  return object;
}

json::array to_json(const std::vector<Extension>& extensions) {
  json::array array;
  for (const auto& extension : extensions) array.push_back(to_json(extension));
  return array;
}

}  // namespace zeolite
