// SPDX-License-Identifier: Apache-2.0
//
// Reading version 3 documents. Source: Zarr v3.1 core specification, "Array metadata", "Group metadata".
#include <zeolite/metadata.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>

#include "document.hpp"
#include "json.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;

// A document that has been parsed is taken apart: what is kept of it is moved out, see parse().

/// A member that the document must have.
json::value& need(json::object& document, std::string_view name) {
  auto* const member = document.if_contains(name);
  if (member == nullptr) refuse("", "the member \"" + std::string(name) + "\" is missing");
  return *member;
}

/// Whether a member is there and not the null that older writers left for "none".
json::value* find(json::object& document, std::string_view name) {
  auto* const member = document.if_contains(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

json::object& as_document(json::value& value) {
  auto* const document = value.if_object();
  if (document == nullptr) refuse("", "expected an object, found " + describe(value));
  const auto& format = need(*document, "zarr_format");
  const auto is = [&](int number) { return format.is_int64() && format.get_int64() == number; };
  if (is(3)) return *document;
  std::string message = "expected the integer 3, found " + describe(format);
  if (is(2)) message += "; version 2 has its metadata under other keys";
  refuse("/zarr_format", message, format.is_number() ? ErrorCode::unsupported : ErrorCode::invalid);
}

bool is_array_document(json::object& document) {
  const auto& type = need(document, "node_type");
  if (type == "array") return true;
  if (type == "group") return false;
  refuse("/node_type", R"(expected "array" or "group", found )" + describe(type));
}

Extension take_essential(json::object& document, std::string_view name) {
  const auto where = [&] { return pointer_to("", name); };
  auto extension = take_extension(need(document, name), where);
  if (!extension.must_understand) {
    refuse(pointer_to(where(), "must_understand"), "nobody can ignore this extension: false is not allowed here");
  }
  return extension;
}

std::vector<Extension> take_extensions(json::value& value, std::string_view where) {
  auto* const array = value.if_array();
  if (array == nullptr) refuse(where, "expected an array of extensions, found " + describe(value));
  std::vector<Extension> extensions;
  for (auto& element : *array) {
    extensions.push_back(take_extension(element, [&] { return pointer_to(where, extensions.size()); }));
  }
  return extensions;
}

json::object take_attributes(json::value& value, std::string_view where) {
  auto* const object = value.if_object();
  if (object == nullptr) {
    refuse(where, "expected an object, found " + describe(value) + "; leave the member out when there are none");
  }
  return std::move(*object);
}

std::vector<std::optional<std::string>> parse_dimension_names(const json::value& value, std::size_t ndim) {
  constexpr std::string_view where = "/dimension_names";
  const auto* const array = value.if_array();
  if (array == nullptr) refuse(where, "expected an array of strings and nulls, found " + describe(value));
  if (array->size() != ndim) {
    refuse(where, "expected one name for each of the " + std::to_string(ndim) + " dimensions of the shape, found " +
                      std::to_string(array->size()));
  }
  std::vector<std::optional<std::string>> names;
  for (const auto& name : *array) {
    if (const auto* const string = name.if_string()) {
      names.emplace_back(std::string(*string));
    } else if (name.is_null()) {
      names.emplace_back();
    } else {
      refuse(pointer_to(where, names.size()), "expected a string or null, found " + describe(name));
    }
  }
  return names;
}

/// What the specification does not define is kept when it says that it may be ignored, and refused otherwise.
void keep_additional(json::object& document, std::initializer_list<std::string_view> known, json::object& additional) {
  for (auto&& [key, value] : document) {
    const std::string_view name = key;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto where = pointer_to("", name);
    // Not an extension object like others, and null where older writers had nothing to say.
    if (name == "consolidated_metadata") {
      if (value.is_null()) continue;
      if (!value.is_object()) refuse(where, "expected an object, found " + describe(value));
    }
    const auto* const object = value.if_object();
    const auto* const mark = object == nullptr ? nullptr : object->if_contains("must_understand");
    if (mark != nullptr && !mark->is_bool()) {
      refuse(pointer_to(where, "must_understand"), "expected true or false, found " + describe(*mark));
    }
    if (mark == nullptr || mark->get_bool()) {
      refuse(where,
             "this member is not known here, and may be ignored only if it is an object with "
             R"("must_understand": false; found )" +
                 describe(value),
             ErrorCode::unsupported);
    }
    additional[key] = std::move(value);
  }
}

ArrayMetadata take_array(json::object& document) {
  ArrayMetadata metadata;
  metadata.shape = parse_lengths(need(document, "shape"), "/shape");
  metadata.data_type = take_essential(document, "data_type");
  metadata.chunk_grid = take_essential(document, "chunk_grid");
  metadata.chunk_key_encoding = take_essential(document, "chunk_key_encoding");
  metadata.fill_value = std::move(need(document, "fill_value"));
  metadata.codecs = take_extensions(need(document, "codecs"), "/codecs");
  if (metadata.codecs.empty()) {
    refuse("/codecs", "expected at least one codec, the one that turns arrays into bytes; found an empty array");
  }
  if (auto* const attributes = document.if_contains("attributes")) {
    metadata.attributes = take_attributes(*attributes, "/attributes");
  }
  if (auto* const transformers = find(document, "storage_transformers")) {
    metadata.storage_transformers = take_extensions(*transformers, "/storage_transformers");
  }
  if (const auto* const names = find(document, "dimension_names")) {
    metadata.dimension_names = parse_dimension_names(*names, metadata.shape.size());
  }
  keep_additional(document,
                  {"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value",
                   "codecs", "attributes", "storage_transformers", "dimension_names"},
                  metadata.additional);
  return metadata;
}

GroupMetadata take_group(json::object& document) {
  GroupMetadata metadata;
  if (auto* const attributes = document.if_contains("attributes")) {
    metadata.attributes = take_attributes(*attributes, "/attributes");
  }
  keep_additional(document, {"zarr_format", "node_type", "attributes"}, metadata.additional);
  return metadata;
}

/// What `take` makes of the document. One of a usual size takes no memory of the heap: little of it is kept, and that
/// is copied; of a large one, everything that is kept is moved.
template <class Take>
auto parse(std::string_view text, const Take& take) {
  constexpr std::size_t usual_bytes = 2048;
  alignas(std::max_align_t) unsigned char memory[4 * usual_bytes];
  json::monotonic_resource quick(memory, sizeof memory);
  auto value = text.size() <= usual_bytes ? parse_json(text, &quick) : parse_json(text);
  return take(as_document(value));
}

}  // namespace

Shape parse_lengths(const json::value& value, std::string_view where, std::uint64_t minimum) {
  const auto* const array = value.if_array();
  if (array == nullptr) refuse(where, "expected an array of integers, found " + describe(value));
  if (array->size() > ZEO_MAX_NDIM) {
    refuse(where,
           "expected at most " + std::to_string(ZEO_MAX_NDIM) + " dimensions, found " + std::to_string(array->size()),
           ErrorCode::unsupported);
  }
  Shape lengths;
  for (const auto& element : *array) {
    const auto place = [&] { return pointer_to(where, lengths.size()); };
    // Values made in the program may be unsigned however small they are.
    const bool integer = element.is_int64() || element.is_uint64();
    const auto number = element.is_int64() ? static_cast<std::uint64_t>(element.get_int64())
                                           : (element.is_uint64() ? element.get_uint64() : 0);
    const bool negative = element.is_int64() && element.get_int64() < 0;
    if ((integer && !negative && number > INT64_MAX) || (element.is_double() && element.get_double() >= 0x1p63)) {
      refuse(place(), "expected a length below 2^63, found " + describe(element));
    }
    if (!integer || negative || number < minimum) {
      refuse(place(), minimum == 0 ? "expected an integer, zero or larger, found " + describe(element)
                                   : "expected an integer, " + std::to_string(minimum) + " or larger, found " +
                                         describe(element));
    }
    lengths.push_back(number);
  }
  return lengths;
}

json::object parse_attributes(const json::value& value, std::string_view where) {
  auto copy = value;
  return take_attributes(copy, where);
}

NodeMetadata parse_node_metadata(std::string_view text) {
  return parse(text, [](json::object& document) -> NodeMetadata {
    if (is_array_document(document)) return take_array(document);
    return take_group(document);
  });
}

ArrayMetadata parse_array_metadata(std::string_view text) {
  return parse(text, [](json::object& document) {
    if (!is_array_document(document)) refuse("/node_type", R"(expected "array", found the string "group")");
    return take_array(document);
  });
}

GroupMetadata parse_group_metadata(std::string_view text) {
  return parse(text, [](json::object& document) {
    if (is_array_document(document)) refuse("/node_type", R"(expected "group", found the string "array")");
    return take_group(document);
  });
}

}  // namespace zeolite
