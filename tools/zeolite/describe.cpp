// SPDX-License-Identifier: Apache-2.0
#include "describe.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

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

/// The member "chunk_shape" of a configuration: what grids and codecs call it.
std::optional<Shape> stated_shape(const Extension& extension) {
  const auto* const lengths = extension.configuration.if_contains("chunk_shape");
  if (lengths == nullptr || !lengths->is_array()) return std::nullopt;
  Shape shape;
  for (const auto& length : lengths->get_array()) {
    boost::system::error_code error;
    shape.push_back(length.to_number<std::uint64_t>(error));
    if (error) return std::nullopt;
  }
  return shape;
}

}  // namespace

std::optional<Shape> chunk_shape(const ArrayMetadata& metadata) { return stated_shape(metadata.chunk_grid); }

std::optional<Shape> inner_chunk_shape(const ArrayMetadata& metadata) {
  std::optional<Shape> shape;
  for (const auto& codec : metadata.codecs) {
    if (!shape) shape = stated_shape(codec);
  }
  return shape;
}

void add_shapes(boost::json::object& object, const ArrayMetadata& metadata) {
  const auto value = [](const std::optional<Shape>& shape) {
    return shape ? boost::json::value_from(*shape) : boost::json::value();
  };
  const auto inner = inner_chunk_shape(metadata);
  const auto stored = chunk_shape(metadata);
  object["chunk_shape"] = value(inner ? inner : stored);
  object["shard_shape"] = inner ? value(stored) : nullptr;
}

boost::json::object to_json(const ArrayMetadata& metadata) {
  const auto list = [](const std::vector<Extension>& extensions) {
    boost::json::array array;
    for (const auto& extension : extensions) array.push_back(zeolite::to_json(extension));
    return array;
  };
  boost::json::object object{{"zarr_format", metadata.zarr_format}, {"node_type", "array"}};
  object["shape"] = boost::json::value_from(metadata.shape);
  object["data_type"] = zeolite::to_json(metadata.data_type);
  object["chunk_grid"] = zeolite::to_json(metadata.chunk_grid);
  object["chunk_key_encoding"] = zeolite::to_json(metadata.chunk_key_encoding);
  object["fill_value"] = metadata.fill_value;
  object["codecs"] = list(metadata.codecs);
  if (!metadata.storage_transformers.empty()) object["storage_transformers"] = list(metadata.storage_transformers);
  if (!metadata.dimension_names.empty()) {
    boost::json::array names;
    for (const auto& name : metadata.dimension_names) {
      names.push_back(name ? boost::json::value(*name) : boost::json::value());
    }
    object["dimension_names"] = std::move(names);
  }
  object["attributes"] = metadata.attributes;
  for (const auto& [key, value] : metadata.additional) object[key] = value;
  return object;
}

boost::json::object to_json(const GroupMetadata& metadata) {
  boost::json::object object{{"zarr_format", metadata.zarr_format}, {"node_type", "group"}};
  object["attributes"] = metadata.attributes;
  for (const auto& [key, value] : metadata.additional) object[key] = value;
  return object;
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
