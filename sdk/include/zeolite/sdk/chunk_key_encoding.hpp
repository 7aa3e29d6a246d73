// SPDX-License-Identifier: Apache-2.0
//
// Author class for chunk key encodings. Source: Zarr v3.1 core specification, "Chunk key encodings".
//
// All functions but fields() and created() are called by any number of threads at once.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <zeolite/abi/chunk_key_encoding.h>
#include <zeolite/sdk/plugin.hpp>

namespace zeolite::sdk {

/// Decimal digits of the largest chunk coordinate.
inline constexpr std::uint64_t max_decimal_digits = 20;

/// Appends a coordinate in decimal.
inline void append_decimal(Out& key, std::uint64_t value) {
  auto room = key.reserve(max_decimal_digits);
  auto* const begin = reinterpret_cast<char*>(room.data());
  key.advance(static_cast<std::uint64_t>(std::to_chars(begin, begin + max_decimal_digits, value).ptr - begin));
}

/// Reads a coordinate as append_decimal writes it: no sign, no leading zero. Nothing when `text` is not one.
inline std::optional<std::uint64_t> parse_coordinate(std::string_view text) {
  std::uint64_t value{};
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

/// How chunks are named in the store.
class ChunkKeyEncoding : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_CHUNK_KEY_ENCODING;

  /// Appends the key of one chunk, relative to the array, without a leading slash.
  virtual void encode(std::span<const std::uint64_t> id, Out& key) const = 0;

  /// The reverse: fills in `id`, or returns false when `key` is not what encode() would make for a chunk of that rank.
  virtual bool decode(std::string_view key, std::span<std::uint64_t> id) const = 0;

  static zeo_object* box(std::unique_ptr<ChunkKeyEncoding> encoding, std::string configuration);
};

/// The functions behind zeo_chunk_key_encoding_vtable.
struct ChunkKeyEncodingTable {
  static const ChunkKeyEncoding& encoding(const zeo_chunk_key_encoding* self) {
    return author<ChunkKeyEncoding>(self);
  }

  static zeo_status encode(const zeo_chunk_key_encoding* self, std::uint32_t ndim, const std::uint64_t* ids,
                           std::uint64_t n, zeo_out* keys, std::uint64_t* ends, const zeo_call* call) {
    return guard(call, [&] {
      Out out(keys);
      for (std::uint64_t i = 0; i < n; ++i) {
        encoding(self).encode({ids + i * ndim, ndim}, out);
        ends[i] = out.size();
      }
    });
  }

  static zeo_status decode(const zeo_chunk_key_encoding* self, std::uint32_t ndim, zeo_str key, std::uint64_t* id,
                           const zeo_call* call) {
    return guard(call, [&] {
      if (!encoding(self).decode(text(key), {id, ndim})) throw Passed{ZEO_NOT_FOUND};
    });
  }

  static constexpr zeo_chunk_key_encoding_vtable table() {
    zeo_chunk_key_encoding_vtable table{};
    table.object = Box<zeo_chunk_key_encoding, ChunkKeyEncoding>::head(sizeof(zeo_chunk_key_encoding_vtable));
    table.encode = &encode;
    table.decode = &decode;
    return table;
  }
};

inline zeo_object* ChunkKeyEncoding::box(std::unique_ptr<ChunkKeyEncoding> encoding, std::string configuration) {
  static const zeo_chunk_key_encoding_vtable table = ChunkKeyEncodingTable::table();
  return reinterpret_cast<zeo_object*>(
      make_box<ChunkKeyEncoding, zeo_chunk_key_encoding>(std::move(encoding), &table, std::move(configuration)));
}

}  // namespace zeolite::sdk
