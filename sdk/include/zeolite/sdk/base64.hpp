// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, section 4), which metadata uses for bytes, and the two spellings of bytes in fill values: a list of
// integers from 0 to 255, or a base64 string.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>
#include <zeolite/sdk/json.hpp>

#include <zeolite/sdk/error.hpp>
#include <zeolite/sdk/text.hpp>

namespace zeolite::sdk {

/// Decodes padded base64, strictly: no white space, no other alphabet, unused bits zero. Nothing for any other text.
inline std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const auto value = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::size_t letters = 4;
    if (at + 4 == text.size() && text[at + 3] == '=') letters = text[at + 2] == '=' ? 2 : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const int bits = i < letters ? value(text[at + i]) : 0;
      if (bits < 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(bits);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const auto byte = static_cast<std::uint8_t>(group >> (16 - 8 * i));
      if (i + 1 < letters) {
        bytes.push_back(byte);
      } else if (byte != 0) {
        return std::nullopt;
      }
    }
  }
  return bytes;
}

inline std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i > bytes.size() ? '=' : letters[group >> (18 - 6 * i) & 63];
    }
  }
  return text;
}

/// Reads bytes in either spelling.
inline std::vector<std::uint8_t> read_bytes(std::string_view text) {
  boost::system::error_code error;
  const auto value = parse_json(text, error);
  if (!error && value.is_string()) {
    const auto& letters = value.get_string();
    if (auto bytes = decode_base64({letters.data(), letters.size()})) return std::move(*bytes);
  }
  if (error || !value.is_array()) {
    throw invalid("must be a list of integers from 0 to 255, or a base64 string, not {}", excerpt(text));
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(value.get_array().size());
  for (const auto& item : value.get_array()) {
    if (!item.is_int64() || item.get_int64() < 0 || item.get_int64() > 255) {
      throw invalid("must hold integers from 0 to 255, but item {} is {}", bytes.size(),
                    excerpt(boost::json::serialize(item)));
    }
    bytes.push_back(static_cast<std::uint8_t>(item.get_int64()));
  }
  return bytes;
}

/// Writes bytes as a list of integers.
inline std::string write_bytes(const std::uint8_t* bytes, std::size_t size) {
  std::string text = "[";
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) text += ',';
    text += std::to_string(bytes[i]);
  }
  return text + ']';
}

}  // namespace zeolite::sdk
