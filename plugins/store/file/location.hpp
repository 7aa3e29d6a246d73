// SPDX-License-Identifier: Apache-2.0
//
// From a location to a path and back. Source: RFC 8089, and "Canonical URI" of the file system store specification.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

#include <zeolite/sdk/error.hpp>

namespace zeolite::file {

inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline std::string percent_decode(std::string_view text, std::string_view url) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw sdk::invalid("in \"{}\", \"%\" must be followed by two hexadecimal digits (write %25 for \"%\")", url);
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/// The absolute path of "file:///abs", "file://localhost/abs", "file:/abs", "file:rel" or of a plain path, in which no
/// character is special.
inline std::string path_of(std::string_view url) {
  std::string path;
  if (!url.starts_with("file:")) {
    path = url;
  } else {
    auto rest = url.substr(5);
    if (const auto special = rest.find_first_of("?#"); special != rest.npos) {
      throw sdk::invalid("\"{}\" has a \"{}\", which a file has no use for (in a name write %{})", url, rest[special],
                         rest[special] == '?' ? "3F" : "23");
    }
    if (rest.starts_with("//")) {
      rest.remove_prefix(2);
      const auto authority = rest.substr(0, rest.find('/'));
      if (!authority.empty() && authority != "localhost") {
        throw sdk::invalid(
            "\"{}\" names the host \"{}\"; only files of this machine can be opened (\"file:{}\" is a "
            "relative path, \"file:///{}\" an absolute one)",
            url, authority, rest, rest);
      }
      rest.remove_prefix(authority.size());
    }
    path = percent_decode(rest, url);
  }
  if (path.empty()) throw sdk::invalid("\"{}\" names no directory (\"file:.\" is the current one)", url);
  if (path.find('\0') != path.npos) throw sdk::invalid("\"{}\" holds a NUL character", url.substr(0, url.find('\0')));
  auto full = std::filesystem::absolute(path);
  // ".." after a symbolic link means what the system says, so a path that has it stays as it is.
  if (std::find(full.begin(), full.end(), "..") == full.end()) full = full.lexically_normal();
  auto absolute = full.string();
  while (absolute.size() > 1 && absolute.ends_with('/')) absolute.pop_back();
  return absolute;
}

/// The URL under which another process finds an absolute path.
inline std::string url_of(std::string_view path) {
  std::string url = "file://";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~+,=@:!$&'()*;").find(c) != std::string_view::npos;
    if (plain) {
      url += c;
    } else {
      url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return url;
}

}  // namespace zeolite::file
