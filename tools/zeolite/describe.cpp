// SPDX-License-Identifier: Apache-2.0
#include "describe.hpp"

#include <boost/json/array.hpp>

#include <zeolite/context.hpp>
#include <zeolite/error.hpp>

namespace zeolite::tool {
namespace {

constexpr unsigned max_depth = 32;

Part make_part(const Registry& registry, Point point, const Extension& extension, unsigned depth) {
  const auto explanation = registry.explain(point, extension.name);
  const bool found = !explanation.plugin.empty();
  return {point, extension, explanation.plugin, found ? std::string() : explanation.reason, depth};
}

void add_codecs(std::vector<Part>& parts, const Registry& registry, const Extension& codec, unsigned depth) {
  parts.push_back(make_part(registry, Point::codec, codec, depth));
  if (depth == max_depth) return;
  // By convention a configuration's chains of codecs stand in members whose names end so.
  for (const auto& [key, value] : codec.configuration) {
    if (!std::string_view(key).ends_with("codecs") || !value.is_array()) continue;
    for (const auto& inner : value.get_array()) {
      try {
        add_codecs(parts, registry, parse_extension(inner, ""), depth + 1);
      } catch (const Error&) {
        // Not a codec after all; whoever reads this configuration will complain with more knowledge.
        continue;
      }
    }
  }
}

}  // namespace

std::optional<Shape> chunk_shape(const ArrayMetadata& metadata) {
  const auto* const lengths = metadata.chunk_grid.configuration.if_contains("chunk_shape");
  if (lengths == nullptr || !lengths->is_array()) return std::nullopt;
  Shape shape;
  for (const auto& length : lengths->get_array()) {
    boost::system::error_code error;
    shape.push_back(length.to_number<std::uint64_t>(error));
    if (error) return std::nullopt;
  }
  return shape;
}

std::vector<Part> parts_of(const Array& array) {
  const auto& metadata = array.metadata();
  const auto& registry = array.store().context().registry();
  std::vector<Part> parts;
  parts.push_back(make_part(registry, Point::data_type, metadata.data_type, 0));
  parts.push_back(make_part(registry, Point::chunk_grid, metadata.chunk_grid, 0));
  parts.push_back(make_part(registry, Point::chunk_key_encoding, metadata.chunk_key_encoding, 0));
  for (const auto& codec : metadata.codecs) add_codecs(parts, registry, codec, 0);
  for (const auto& transformer : metadata.storage_transformers) {
    parts.push_back(make_part(registry, Point::storage_transformer, transformer, 0));
  }
  return parts;
}

}  // namespace zeolite::tool
