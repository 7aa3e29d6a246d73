// SPDX-License-Identifier: Apache-2.0
#include "v2.hpp"

#include <algorithm>
#include <optional>

#include <boost/json/array.hpp>

#include "../base/buffer.hpp"
#include "document.hpp"
#include "json.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;

/// Nothing that a plugin writes here is longer, in bytes.
constexpr std::uint64_t longest_answer = std::uint64_t{64} << 20;

/// Members that older writers leave out or set to null.
const json::value* find(const json::object& document, std::string_view name) {
  const auto* const member = document.if_contains(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

const json::value& need(const json::object& document, std::string_view name) {
  const auto* const member = document.if_contains(name);
  if (member == nullptr) refuse("", "the member \"" + std::string(name) + "\" is missing");
  return *member;
}

/// One of two words, or the default.
std::string_view choice(const json::object& document, std::string_view name, std::string_view first,
                        std::string_view second) {
  const auto* const member = find(document, name);
  if (member == nullptr) return first;
  const auto* const word = member->if_string();
  if (word != nullptr && std::string_view(*word) == first) return first;
  if (word != nullptr && std::string_view(*word) == second) return second;
  refuse(pointer_to("", name),
         "expected \"" + std::string(first) + "\" or \"" + std::string(second) + "\", found " + describe(*member));
}

json::value parse_version_2(std::string_view text) {
  auto value = parse_json(text);
  if (!value.is_object()) refuse("", "expected an object, found " + describe(value));
  const auto& format = need(value.get_object(), "zarr_format");
  if (!format.is_int64() || format.get_int64() != 2) {
    refuse("/zarr_format", "expected the integer 2, found " + describe(format));
  }
  return value;
}

/// Translates one array document.
class Translation {
 public:
  Translation(const json::object& document, Catalog& catalog, Call& call)
      : document_(document), catalog_(catalog), call_(call) {}

  ArrayMetadata run() {
    metadata_.zarr_format = 2;
    metadata_.shape = parse_lengths(need(document_, "shape"), "/shape");
    translate_chunks();
    const auto separator = choice(document_, "dimension_separator", ".", "/");
    metadata_.chunk_key_encoding =
        play<zeo_chunk_key_encoding>(Point::chunk_key_encoding, {"@v2", {{"separator", separator}}});
    translate_data_type();
    translate_fill_value();
    translate_codecs();
    return std::move(metadata_);
  }

 private:
  /// What a plugin makes of a version 2 name; nothing when none can.
  std::optional<json::object> ask(Point point, std::string_view id, const json::value& v2, std::string_view where) {
    try {
      return parse_attributes(parse_json(catalog_.from_v2(point, id, to_text(v2), call_)), where);
    } catch (Error& error) {
      if (error.code() == ErrorCode::not_found || error.code() == ErrorCode::unsupported ||
          error.code() == ErrorCode::denied) {
        return std::nullopt;
      }
      throw error.at("member", where);
    }
  }

  /// The extension that plays a role, by its own name when it is there and else by the role's.
  template <class T>
  Extension play(Point point, Extension role) {
    try {
      const auto created = catalog_.create<T>(point, role.name, object_to_text(role.configuration), call_);
      const auto* const object = reinterpret_cast<const zeo_object*>(created.object.get());
      if (object->v->to_json == nullptr) return role;
      Buffer text(longest_answer);
      call_.check(object->v->to_json(object, text.abi(), call_));
      return {created.name, parse_attributes(parse_json(text.text()), "")};
    } catch (const Error&) {
      return role;
    }
  }

  /// What nobody can translate, under a name that nobody provides.
  static Extension unknown(std::string_view id, json::object configuration) {
    return {"v2:" + std::string(id), std::move(configuration)};
  }

  void translate_chunks() {
    auto chunks = parse_lengths(need(document_, "chunks"), "/chunks");
    if (chunks.size() != metadata_.shape.size()) {
      refuse("/chunks", "expected one length for each of the " + std::to_string(metadata_.shape.size()) +
                            " dimensions of the shape, found " + std::to_string(chunks.size()));
    }
    json::array lengths;
    for (std::size_t axis = 0; axis < chunks.size(); ++axis) {
      // Empty axes came with empty chunks.
      if (chunks[axis] == 0 && metadata_.shape[axis] == 0) chunks[axis] = 1;
      if (chunks[axis] == 0) refuse(pointer_to("/chunks", axis), "expected an integer, 1 or larger, found 0");
      lengths.push_back(chunks[axis]);
    }
    metadata_.chunk_grid = play<zeo_chunk_grid>(Point::chunk_grid, {"@default", {{"chunk_shape", std::move(lengths)}}});
  }

  void translate_data_type() {
    const auto& dtype = need(document_, "dtype");
    std::string_view id = "[]";
    if (const auto* const text = dtype.if_string()) {
      id = *text;
      if (id.find_first_of("<>|=") == 0) {
        if (id.front() == '<') endian_ = "little";
        if (id.front() == '>') endian_ = "big";
        id.remove_prefix(1);
      }
      if (id.empty()) refuse("/dtype", "expected a type such as \"<f4\", found " + describe(dtype));
    } else if (!dtype.is_array()) {
      refuse("/dtype", "expected a string or a list of fields, found " + describe(dtype));
    }
    std::optional<json::object> answer;
    // What objects are is known only from the filter that turns them into bytes.
    for (std::size_t i = 0; !answer && id == "O" && i < codec_list().size(); ++i) {
      const auto& [codec, where] = codec_list()[i];
      answer = ask(Point::data_type, "O/" + std::string(id_of(*codec, where)), dtype, "/dtype");
    }
    if (!answer) answer = ask(Point::data_type, id, dtype, "/dtype");
    if (!answer) {
      metadata_.data_type = unknown(id, {{"dtype", dtype}});
      return;
    }
    if (const auto* const endian = answer->if_contains("endian")) {
      endian_ = endian->is_string() ? std::string(endian->get_string()) : std::string();
      answer->erase("endian");
    }
    metadata_.data_type = parse_extension(*answer, "/dtype");
  }

  /// Version 2 has null for "undefined" and 0 for the empty string: both become the data type's zero. What else the
  /// data type does not take is kept, and reported when elements are wanted.
  void translate_fill_value() {
    metadata_.fill_value = need(document_, "fill_value");
    const auto& value = metadata_.fill_value;
    metadata_.fill_is_defined = !value.is_null();
    try {
      const auto& [name, configuration, must_understand] = metadata_.data_type;
      const auto created = catalog_.create<zeo_data_type>(Point::data_type, name, object_to_text(configuration), call_);
      const auto& type = *created.object;
      const auto text = to_text(value);
      Buffer element(longest_answer);
      if (value.is_null() || type.v->fill_from_json(&type, str(text), element.abi(), call_) != ZEO_OK) {
        (void)call_.error(ZEO_INVALID);
        if (!value.is_null() && value != 0 && value != 0.0 && value != "") return;
        element = Buffer(longest_answer);
        const auto* const info = type.v->info(&type);
        if (info->variable == 0) element.resize(info->item_bytes);
        std::fill_n(element.data(), element.size(), std::uint8_t{0});
      }
      Buffer json(longest_answer);
      call_.check(type.v->fill_to_json(&type, element.bytes(), json.abi(), call_));
      metadata_.fill_value = parse_json(json.text());
    } catch (const Error&) {
      return;
    }
  }

  struct V2Codec {
    const json::value* codec;
    std::string where;
  };

  /// The filters and the compressor, in the order of encoding.
  const std::vector<V2Codec>& codec_list() {
    if (listed_) return codec_list_;
    listed_ = true;
    if (const auto* const filters = find(document_, "filters")) {
      const auto* const array = filters->if_array();
      if (array == nullptr) refuse("/filters", "expected an array or null, found " + describe(*filters));
      for (const auto& filter : *array) {
        codec_list_.push_back({&filter, pointer_to("/filters", codec_list_.size())});
      }
    }
    const auto* const compressor = find(document_, "compressor");
    if (compressor != nullptr) codec_list_.push_back({compressor, "/compressor"});
    return codec_list_;
  }

  static std::string_view id_of(const json::value& codec, std::string_view where) {
    const auto* const object = codec.if_object();
    if (object == nullptr) refuse(where, "expected an object with \"id\", found " + describe(codec));
    const auto* const id = object->if_contains("id");
    if (id == nullptr) refuse(where, "the member \"id\" is missing");
    if (!id->is_string() || id->get_string().empty()) {
      refuse(pointer_to(where, "id"), "expected the codec's id, a string, found " + describe(*id));
    }
    return id->get_string();
  }

  Extension translate_codec(const json::value& codec, std::string_view where) {
    const auto id = id_of(codec, where);
    const auto answer =
        ask(Point::codec, id, json::object{{"codec", codec}, {"dtype", need(document_, "dtype")}}, where);
    if (answer) return parse_extension(*answer, where);
    auto configuration = codec.get_object();
    configuration.erase("id");
    return unknown(id, std::move(configuration));
  }

  /// ZEO_ARRAY_TO_ARRAY, ..., or 0 when it cannot be told.
  std::uint32_t kind_of(const Extension& codec) {
    try {
      return catalog_.create<zeo_codec>(Point::codec, codec.name, object_to_text(codec.configuration), call_)
          .object->v->kind;
    } catch (const Error&) {
      return 0;
    }
  }

  void translate_codecs() {
    auto& codecs = metadata_.codecs;
    const auto ndim = metadata_.shape.size();
    if (choice(document_, "order", "C", "F") == "F" && ndim > 1) {
      json::array order;
      for (auto axis = ndim; axis > 0; --axis) order.push_back(axis - 1);
      codecs.push_back(play<zeo_codec>(Point::codec, {"@transpose", {{"order", std::move(order)}}}));
    }
    bool to_bytes = false;
    std::optional<std::size_t> first_of_bytes;
    for (const auto& [codec, where] : codec_list()) {
      auto translated = translate_codec(*codec, where);
      auto kind = kind_of(translated);
      // Most compressors work on bytes; it is shown so, and the array cannot be decoded anyway.
      if (kind == 0 && where == "/compressor") kind = ZEO_BYTES_TO_BYTES;
      if (kind == ZEO_ARRAY_TO_BYTES) to_bytes = true;
      if (kind == ZEO_BYTES_TO_BYTES && !first_of_bytes) first_of_bytes = codecs.size();
      codecs.push_back(std::move(translated));
    }
    if (to_bytes) return;
    Extension elements("@elements");
    if (!endian_.empty()) elements.configuration["endian"] = endian_;
    const auto place = first_of_bytes.value_or(codecs.size());
    codecs.insert(codecs.begin() + static_cast<std::ptrdiff_t>(place), play<zeo_codec>(Point::codec, elements));
  }

  const json::object& document_;
  Catalog& catalog_;
  Call& call_;
  ArrayMetadata metadata_;
  std::string endian_;
  std::vector<V2Codec> codec_list_;
  bool listed_ = false;
};

}  // namespace

ArrayMetadata parse_v2_array(std::string_view text, Catalog& catalog, Call& call) {
  const auto document = parse_version_2(text);
  return Translation(document.get_object(), catalog, call).run();
}

GroupMetadata parse_v2_group(std::string_view text) {
  (void)parse_version_2(text);
  GroupMetadata metadata;
  metadata.zarr_format = 2;
  return metadata;
}

json::object parse_v2_attributes(std::string_view text) { return parse_attributes(parse_json(text), ""); }

}  // namespace zeolite
