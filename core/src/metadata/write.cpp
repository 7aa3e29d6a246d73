// SPDX-License-Identifier: Apache-2.0
//
// Writing version 3 documents, in the spellings that every known implementation reads.
#include <zeolite/metadata.hpp>

#include <boost/json/array.hpp>

#include "document.hpp"
#include "json.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;

/// The specification wants its own data types as plain strings; everything else is written as an object, since others
/// fail on short-hand names there.
json::value data_type_to_json(const Extension& data_type) {
  if (data_type.configuration.empty()) return json::value(data_type.name);
  return to_json(data_type);
}

json::array shape_to_json(const Shape& shape) {
  json::array lengths;
  for (const auto length : shape) lengths.push_back(length);
  return lengths;
}

void require_version_3(int zarr_format) {
  if (zarr_format == 3) return;
  throw Error(ErrorCode::unsupported, "documents of version " + std::to_string(zarr_format) +
                                          " are read, but not written: create a version 3 node and copy into it");
}

void add_additional(const json::object& additional, json::object& document) {
  for (const auto& [name, value] : additional) document.emplace(name, value);
}

/// What is written must be read again: the same rules, from the same code.
std::string checked(const json::object& document) {
  auto text = to_indented_text(document);
  (void)parse_node_metadata(text);
  return text;
}

}  // namespace

std::string to_document(const ArrayMetadata& metadata) {
  require_version_3(metadata.zarr_format);
  json::object document;
  document["zarr_format"] = 3;
  document["node_type"] = "array";
  document["shape"] = shape_to_json(metadata.shape);
  document["data_type"] = data_type_to_json(metadata.data_type);
  document["chunk_grid"] = to_json(metadata.chunk_grid);
  document["chunk_key_encoding"] = to_json(metadata.chunk_key_encoding);
  document["fill_value"] = metadata.fill_value;
  document["codecs"] = to_json(metadata.codecs);
  document["attributes"] = metadata.attributes;
  if (!metadata.storage_transformers.empty()) {
    document["storage_transformers"] = to_json(metadata.storage_transformers);
  }
  if (!metadata.dimension_names.empty()) {
    json::array names;
    for (const auto& name : metadata.dimension_names) names.push_back(name ? json::value(*name) : json::value());
    document["dimension_names"] = std::move(names);
  }
  add_additional(metadata.additional, document);
  return checked(document);
}

std::string to_document(const GroupMetadata& metadata) {
  require_version_3(metadata.zarr_format);
  json::object document;
  document["zarr_format"] = 3;
  document["node_type"] = "group";
  document["attributes"] = metadata.attributes;
  add_additional(metadata.additional, document);
  return checked(document);
}

}  // namespace zeolite
