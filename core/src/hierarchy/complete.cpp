// SPDX-License-Identifier: Apache-2.0
#include "complete.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "../base/buffer.hpp"
#include "../engine/context_impl.hpp"
#include "../metadata/document.hpp"
#include "../metadata/json.hpp"
#include "../plugin/objects.hpp"
#include "chunking.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;

/// No configuration or fill value is longer as JSON, in bytes.
constexpr std::uint64_t longest_json = std::uint64_t{64} << 20;

std::string shown(const Shape& shape) {
  std::string text = "[";
  for (const auto length : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(length);
  return text + "]";
}

json::array to_array(const Shape& shape) { return json::array(shape.begin(), shape.end()); }

/// Runs `body`, whose errors are about one of the options.
template <class Body>
auto about(std::string_view option, Body&& body) {
  try {
    return body();
  } catch (Error& error) {
    throw error.at("option", option);
  }
}

void check_lengths(const Shape& lengths, std::string_view option, std::uint64_t minimum, std::size_t ndim) {
  if (lengths.size() != ndim) {
    throw Error(ErrorCode::invalid, std::string(option) + " " + shown(lengths) + " has " +
                                        std::to_string(lengths.size()) + " axes, the array has " +
                                        std::to_string(ndim));
  }
  (void)about(option, [&] { return parse_lengths(to_array(lengths), "/" + std::string(option), minimum); });
}

/// Makes extension objects and lets them describe themselves.
class Maker {
 public:
  explicit Maker(const Context& context) : context_(context.impl()), call_(context_->workers) {}

  Call& call() { return call_; }
  const ContextOptions& options() const { return context_->options; }

  template <class T>
  Created<T> create(Point point, const Extension& extension, std::string_view option) {
    return about(option, [&] {
      if (extension.name.empty()) throw Error(ErrorCode::invalid, "the name of the extension is missing");
      return context_->catalog.create<T>(point, extension.name, object_to_text(extension.configuration), call_);
    });
  }

  /// What was made, under its canonical name and with its defaults spelled out.
  template <class T>
  Extension spell_out(const Created<T>& created, const Extension& asked) {
    Extension spelled(created.name, asked.configuration);
    spelled.must_understand = asked.must_understand;
    const auto* const object = reinterpret_cast<const zeo_object*>(created.object.get());
    if (object->v->to_json != nullptr) {
      Buffer text(longest_json);
      call_.check(object->v->to_json(object, text.abi(), call_));
      spelled.configuration = parse_attributes(parse_json(text.text()), "");
    }
    return spelled;
  }

  template <class T>
  Extension canonical(Point point, const Extension& extension, std::string_view option) {
    return spell_out(create<T>(point, extension, option), extension);
  }

 private:
  std::shared_ptr<Context::Impl> context_;
  Call call_;
};

/// Completes one request.
class Completion {
 public:
  Completion(const Context& context, const ArrayOptions& options) : maker_(context), options_(options) {}

  ArrayMetadata run() {
    check_request();
    metadata_.shape = options_.shape;
    metadata_.attributes = options_.attributes;
    metadata_.dimension_names = options_.dimension_names;
    const auto data_type = maker_.create<zeo_data_type>(Point::data_type, options_.data_type, "data_type");
    metadata_.data_type = maker_.spell_out(data_type, options_.data_type);
    about("fill_value", [&] {
      try {
        complete_fill_value(*data_type.object);
      } catch (Error& error) {
        throw error.at("data_type", data_type.name).at("plugin", data_type.plugin);
      }
    });
    const auto inner = complete_grid(data_type.object->v->info(data_type.object.get())->item_bytes);
    complete_codecs(*data_type.object, inner);
    metadata_.chunk_key_encoding = maker_.canonical<zeo_chunk_key_encoding>(
        Point::chunk_key_encoding, options_.chunk_key_encoding.value_or(Extension("@default")), "chunk_key_encoding");
    for (const auto& transformer : options_.storage_transformers) {
      metadata_.storage_transformers.push_back(
          maker_.canonical<zeo_storage_transformer>(Point::storage_transformer, transformer, "storage_transformers"));
    }
    return std::move(metadata_);
  }

 private:
  struct Made {
    Extension extension;
    std::uint32_t kind;
  };

  void check_request() const {
    const auto ndim = options_.shape.size();
    check_lengths(options_.shape, "shape", 0, ndim);
    if (!options_.chunk_shape.empty()) check_lengths(options_.chunk_shape, "chunk_shape", 1, ndim);
    if (!options_.shard_shape.empty()) check_lengths(options_.shard_shape, "shard_shape", 1, ndim);
    if (options_.chunk_grid && !(options_.chunk_shape.empty() && options_.shard_shape.empty())) {
      throw Error(ErrorCode::invalid, "chunk_grid is given instead of chunk_shape and shard_shape, not beside them");
    }
    if (!options_.dimension_names.empty() && options_.dimension_names.size() != ndim) {
      throw Error(ErrorCode::invalid, "dimension_names has " + std::to_string(options_.dimension_names.size()) +
                                          " names, the array has " + std::to_string(ndim) + " axes");
    }
    if (options_.chunk_shape.empty() || options_.shard_shape.empty()) return;
    for (std::size_t axis = 0; axis < ndim; ++axis) {
      if (options_.shard_shape[axis] % options_.chunk_shape[axis] == 0) continue;
      throw Error(ErrorCode::invalid, "shard_shape " + shown(options_.shard_shape) + " is no multiple of chunk_shape " +
                                          shown(options_.chunk_shape) + ": along axis " + std::to_string(axis) + ", " +
                                          std::to_string(options_.shard_shape[axis]) + " is not divisible by " +
                                          std::to_string(options_.chunk_shape[axis]));
    }
  }

  /// The fill value in the data type's own words; the zero when none was asked for.
  void complete_fill_value(const zeo_data_type& type) {
    Buffer element(maker_.options().max_chunk_bytes);
    if (options_.fill_value.is_null()) {
      const auto* const info = type.v->info(&type);
      if (info->variable == 0) {
        element.resize(info->item_bytes);
        std::fill_n(element.data(), element.size(), std::uint8_t{0});
      }
    } else {
      const auto text = to_text(options_.fill_value);
      maker_.call().check(type.v->fill_from_json(&type, str(text), element.abi(), maker_.call()));
    }
    Buffer text(longest_json);
    maker_.call().check(type.v->fill_to_json(&type, element.bytes(), text.abi(), maker_.call()));
    metadata_.fill_value = parse_json(text.text());
  }

  /// Returns the shape of inner chunks; empty without shards.
  Shape complete_grid(std::uint64_t item_bytes) {
    Shape inner;
    auto grid = options_.chunk_grid.value_or(Extension("@default"));
    if (!options_.chunk_grid) {
      auto outer = options_.chunk_shape;
      if (!options_.shard_shape.empty()) {
        inner = outer.empty() ? choose_inner_shape(options_.shard_shape, item_bytes) : outer;
        outer = options_.shard_shape;
      } else if (outer.empty()) {
        outer = choose_chunk_shape(options_.shape, item_bytes);
      }
      grid.configuration["chunk_shape"] = to_array(outer);
    }
    const auto created = maker_.create<zeo_chunk_grid>(Point::chunk_grid, grid, "chunk_grid");
    metadata_.chunk_grid = maker_.spell_out(created, grid);
    about("chunk_grid", [&] {
      try {
        (void)plugin::bind(*created.object, options_.shape, maker_.call());
      } catch (Error& error) {
        throw error.at("chunk_grid", created.name).at("plugin", created.plugin);
      }
    });
    return inner;
  }

  Made make_codec(const Extension& codec, const std::string& option) {
    const auto created = maker_.create<zeo_codec>(Point::codec, codec, option);
    return {maker_.spell_out(created, codec), created.object->v->kind};
  }

  /// The codec that turns arrays of this type into bytes when nothing else is asked for.
  Extension default_codec(const zeo_data_type& type) {
    Buffer text(longest_json);
    maker_.call().check(type.v->default_codec(&type, text.abi(), maker_.call()));
    return make_codec(parse_extension(parse_json(text.text()), ""), "codecs").extension;
  }

  void complete_codecs(const zeo_data_type& type, const Shape& inner) {
    bool to_bytes = false;
    auto place = options_.codecs.size();
    for (const auto& codec : options_.codecs) {
      const auto index = metadata_.codecs.size();
      auto made = make_codec(codec, "codecs[" + std::to_string(index) + "]");
      if (made.kind == ZEO_BYTES_TO_BYTES) place = std::min(place, index);
      if (made.kind == ZEO_ARRAY_TO_BYTES) {
        to_bytes = true;
        // By its bare name it is asked for as the data type would have it.
        if (codec.configuration.empty()) {
          const auto usual = default_codec(type);
          if (usual.name == made.extension.name) made.extension.configuration = usual.configuration;
        }
      }
      metadata_.codecs.push_back(std::move(made.extension));
    }
    if (!to_bytes) {
      metadata_.codecs.insert(metadata_.codecs.begin() + static_cast<std::ptrdiff_t>(place), default_codec(type));
    }
    if (inner.empty()) return;
    Extension shard("@shard");
    shard.configuration["chunk_shape"] = to_array(inner);
    shard.configuration["codecs"] = to_json(metadata_.codecs);
    metadata_.codecs = {make_codec(shard, "shard_shape").extension};
  }

  Maker maker_;
  const ArrayOptions& options_;
  ArrayMetadata metadata_;
};

}  // namespace

ArrayMetadata complete(const Context& context, const ArrayOptions& options) {
  return Completion(context, options).run();
}

Extension canonical(const Context& context, Point point, const Extension& extension) {
  Maker maker(context);
  try {
    switch (point) {
      case Point::data_type: return maker.canonical<zeo_data_type>(point, extension, to_string(point));
      case Point::chunk_grid: return maker.canonical<zeo_chunk_grid>(point, extension, to_string(point));
      default: return extension;
    }
  } catch (const Error&) {
    return extension;
  }
}

}  // namespace zeolite
