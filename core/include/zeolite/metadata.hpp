// SPDX-License-Identifier: Apache-2.0
//
// Metadata documents, exactly as they are stored. Source: Zarr v3.1 core specification, "Metadata".
//
// A document is read into these structs without asking any plugin, so that an array whose extensions are missing can
// still be listed, described and copied. What the core does not know is kept and written back as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <zeolite/box.hpp>

namespace zeolite {

/// A named extension: a short-hand name, or an object with "name", "configuration", "must_understand".
struct Extension {
  std::string name;
  boost::json::object configuration;
  bool must_understand = true;

  Extension() = default;
  Extension(const char* extension_name) : name(extension_name) {}
  Extension(std::string extension_name) : name(std::move(extension_name)) {}
  Extension(std::string extension_name, boost::json::object extension_configuration)
      : name(std::move(extension_name)), configuration(std::move(extension_configuration)) {}

  bool operator==(const Extension&) const = default;
};

/// Reads any spelling. `where` is the place in the document, for messages ("/codecs/1").
Extension parse_extension(const boost::json::value& json, std::string_view where);

/// The object form; `configuration` is left out when empty, `must_understand` when true.
boost::json::value to_json(const Extension& extension);

struct ArrayMetadata {
  int zarr_format = 3;
  Shape shape;
  Extension data_type;
  Extension chunk_grid;
  Extension chunk_key_encoding;
  boost::json::value fill_value;
  std::vector<Extension> codecs;
  std::vector<Extension> storage_transformers;
  boost::json::object attributes;
  /// Empty when not given; else one an axis, unset for an unnamed axis.
  std::vector<std::optional<std::string>> dimension_names;
  /// Members the specification does not define, all marked "must_understand": false.
  boost::json::object additional;
  /// False for version 2's null: chunks that are not stored are undefined, read as `fill_value`, and are not left out
  /// when written.
  bool fill_is_defined = true;
};

struct GroupMetadata {
  int zarr_format = 3;
  boost::json::object attributes;
  boost::json::object additional;
};

/// Parses a version 3 document. Errors say where in it ("at /codecs/1/configuration: ..."): ErrorCode::corrupt for what
/// is no JSON, invalid for what breaks the specification, unsupported for what is merely unknown here. Integers of 64
/// bits and doubles stay exact; bare NaN and Infinity, which other implementations write, are read as strings.
ArrayMetadata parse_array_metadata(std::string_view json);
GroupMetadata parse_group_metadata(std::string_view json);

/// The document as stored: indented by two, members in the specification's order.
std::string to_document(const ArrayMetadata& metadata);
std::string to_document(const GroupMetadata& metadata);

}  // namespace zeolite
