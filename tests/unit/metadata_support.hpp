// SPDX-License-Identifier: Apache-2.0
//
// What several metadata tests share: documents put together from raw members.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zeolite/error.hpp>

namespace zeolite::test {

/// A document as (name, raw JSON) pairs, so that tests can put anything anywhere.
class Members {
 public:
  Members(std::initializer_list<std::pair<std::string, std::string>> members) : members_(members) {}

  Members with(std::string_view name, std::string_view raw) const {
    Members changed = *this;
    for (auto& [key, value] : changed.members_) {
      if (key == name) {
        value = raw;
        return changed;
      }
    }
    changed.members_.emplace_back(name, raw);
    return changed;
  }

  Members without(std::string_view name) const {
    Members changed = *this;
    std::erase_if(changed.members_, [&](const auto& member) { return member.first == name; });
    return changed;
  }

  std::string text() const {
    std::string text = "{";
    for (const auto& [key, value] : members_) {
      if (text.size() > 1) text += ", ";
      text += "\"" + key + "\": " + value;
    }
    return text + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

inline const Members array_document = {
    {"zarr_format", "3"},
    {"node_type", "\"array\""},
    {"shape", "[10, 20]"},
    {"data_type", "\"float32\""},
    {"chunk_grid", R"({"name": "regular", "configuration": {"chunk_shape": [5, 5]}})"},
    {"chunk_key_encoding", R"({"name": "default"})"},
    {"fill_value", "0.0"},
    {"codecs", R"([{"name": "bytes", "configuration": {"endian": "little"}}, "gzip"])"}};

inline const Members group_document = {{"zarr_format", "3"}, {"node_type", "\"group\""}};

/// Runs `body` and returns what its Error says, or a sentence that no error says.
template <class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace zeolite::test
