// SPDX-License-Identifier: Apache-2.0
#include <blosc.h>
#include <libdeflate.h>
#include <zstd.h>
#include <boost/json.hpp>

#include "limit.hpp"

namespace zeolite::bench {

namespace json = boost::json;

std::uint64_t product(const Shape& shape) {
  std::uint64_t n = 1;
  for (const auto length : shape) n *= length;
  return n;
}

std::uint64_t Layout::chunk_bytes() const { return product(inner.empty() ? chunk : inner) * item_bytes; }

namespace {

std::vector<std::uint64_t> parse_edges(const json::value& lengths) {
  std::vector<std::uint64_t> edges = {0};
  const auto add = [&](std::uint64_t length, std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) edges.push_back(edges.back() + length);
  };
  for (const auto& run : lengths.as_array()) {
    if (run.is_array()) {
      add(run.at(0).to_number<std::uint64_t>(), run.at(1).to_number<std::uint64_t>());
    } else {
      add(run.to_number<std::uint64_t>(), 1);
    }
  }
  return edges;
}

void parse_codecs(Layout& layout, const json::array& codecs) {
  for (const auto& codec : codecs) {
    const auto name = std::string(codec.at("name").as_string());
    const auto* const found = codec.as_object().if_contains("configuration");
    const auto configuration = found == nullptr ? json::object() : found->as_object();
    if (name == "transpose") {
      layout.reversed = true;
    } else if (name == "bytes") {
      const auto* const endian = configuration.if_contains("endian");
      layout.big_endian = endian != nullptr && *endian == "big";
    } else if (name == "sharding_indexed") {
      layout.inner = json::value_to<Shape>(configuration.at("chunk_shape"));
      layout.index_crc = configuration.at("index_codecs").as_array().size() > 1;
      parse_codecs(layout, configuration.at("codecs").as_array());
    } else {
      layout.codec = name;
      const auto* const level = configuration.if_contains(name == "blosc" ? "clevel" : "level");
      if (level != nullptr) layout.level = level->to_number<int>();
    }
  }
}

std::uint64_t item_bytes_of(const std::string& name) {
  const auto digits = name.find_first_of("0123456789");
  return digits == name.npos ? 1 : std::stoull(name.substr(digits)) / 8;
}

}  // namespace

Layout parse_layout(const std::string& document) {
  const auto metadata = json::parse(document);
  Layout layout;
  layout.shape = json::value_to<Shape>(metadata.at("shape"));
  layout.item_bytes = item_bytes_of(std::string(metadata.at("data_type").as_string()));
  const auto& grid = metadata.at("chunk_grid").at("configuration").as_object();
  if (const auto* const chunk = grid.if_contains("chunk_shape")) {
    layout.chunk = json::value_to<Shape>(*chunk);
  } else {
    for (const auto& axis : grid.at("chunk_shapes").as_array()) layout.edges.push_back(parse_edges(axis));
  }
  parse_codecs(layout, metadata.at("codecs").as_array());
  return layout;
}

void write_key(char* key, const std::uint64_t* chunk, std::size_t ndim) {
  *key++ = 'c';
  for (std::size_t i = 0; i < ndim; ++i) {
    *key++ = '/';
    char digits[20];
    auto* first = digits + sizeof digits;
    auto left = chunk[i];
    do {
      *--first = static_cast<char>('0' + left % 10);
      left /= 10;
    } while (left != 0);
    while (first != digits + sizeof digits) *key++ = *first++;
  }
  *key = '\0';
}

std::byte* scratch(unsigned slot, std::size_t bytes) {
  thread_local Memory memory[4];
  if (memory[slot].size() < bytes) memory[slot] = Memory(bytes);
  return memory[slot].data();
}

void decompress(const Layout& layout, const std::byte* from, std::size_t bytes, std::byte* to, std::size_t to_bytes) {
  bool fine = false;
  if (layout.codec == "zstd") {
    thread_local auto* const context = ZSTD_createDCtx();
    fine = ZSTD_decompressDCtx(context, to, to_bytes, from, bytes) == to_bytes;
  } else if (layout.codec == "gzip") {
    thread_local auto* const context = libdeflate_alloc_decompressor();
    std::size_t got = 0;
    fine = libdeflate_gzip_decompress(context, from, bytes, to, to_bytes, &got) == LIBDEFLATE_SUCCESS;
  } else if (layout.codec == "blosc") {
    fine = blosc_decompress_ctx(from, to, to_bytes, 1) == static_cast<int>(to_bytes);
  }
  if (!fine) throw std::runtime_error("damaged chunk");
}

std::size_t compress_bound(const Layout& layout, std::size_t bytes) {
  return layout.codec == "zstd" ? ZSTD_compressBound(bytes) : bytes;
}

std::size_t compress(const Layout& layout, const std::byte* from, std::size_t bytes, std::byte* to, std::size_t room) {
  if (layout.codec.empty()) {
    std::memcpy(to, from, bytes);
    return bytes;
  }
  thread_local auto* const context = ZSTD_createCCtx();
  const auto size = ZSTD_compressCCtx(context, to, room, from, bytes, layout.level);
  if (layout.codec != "zstd" || ZSTD_isError(size)) throw std::runtime_error("cannot compress");
  return size;
}

}  // namespace zeolite::bench
