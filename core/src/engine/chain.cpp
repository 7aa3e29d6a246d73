// SPDX-License-Identifier: Apache-2.0
#include "chain.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "../metadata/json.hpp"

namespace zeolite {

namespace {

std::string_view kind_name(std::uint32_t kind) {
  switch (kind) {
    case ZEO_ARRAY_TO_ARRAY: return "array->array";
    case ZEO_ARRAY_TO_BYTES: return "array->bytes";
    case ZEO_BYTES_TO_BYTES: return "bytes->bytes";
    default: return "unknown";
  }
}

}  // namespace

CodecList::CodecList(Context::Impl& context, const std::vector<Extension>& codecs) : context_(context) {
  Call call(context.workers);
  std::uint32_t reached = ZEO_ARRAY_TO_ARRAY;
  for (const auto& codec : codecs) {
    const auto configuration = object_to_text(codec.configuration);
    std::optional<Created<zeo_codec>> created;
    try {
      created.emplace(context.catalog.create<zeo_codec>(Point::codec, codec.name, configuration, call));
    } catch (const Error& error) {
      const bool skip =
          error.code() == ErrorCode::not_found && !codec.must_understand && context.options.skip_unknown_codecs;
      if (!skip) throw;
      continue;
    }
    const auto kind = created->object->v->kind;
    if (kind < ZEO_ARRAY_TO_ARRAY || kind > ZEO_BYTES_TO_BYTES) {
      throw Error(ErrorCode::internal, fmt::format("the codec is of unknown kind {}", kind))
          .at("codec", created->name)
          .at("plugin", created->plugin);
    }
    if (kind < reached || (kind == ZEO_ARRAY_TO_BYTES && reached == kind)) {
      throw Error(ErrorCode::invalid,
                  fmt::format("codec {} ({}) cannot follow an {} codec; the order is array->array, one array->bytes, "
                              "bytes->bytes",
                              created->name, kind_name(kind), kind_name(reached)));
    }
    if (kind == ZEO_BYTES_TO_BYTES && reached == ZEO_ARRAY_TO_ARRAY) {
      throw Error(ErrorCode::invalid,
                  fmt::format("before codec {} ({}) there is none that turns arrays into bytes (array->bytes)",
                              created->name, kind_name(kind)));
    }
    reached = kind;
    codecs_.push_back(std::move(*created));
  }
  if (reached == ZEO_ARRAY_TO_ARRAY) {
    throw Error(ErrorCode::invalid, "the list of codecs has none that turns arrays into bytes (array->bytes)");
  }
}

void Chain::Link::check(Call& call, zeo_status status) const {
  if (status == ZEO_OK) return;
  throw call.error(status).at("codec", codec->name).at("plugin", codec->plugin);
}

Error Chain::Link::error(ErrorCode code, std::string message) const {
  return Error(code, std::move(message)).at("codec", codec->name).at("plugin", codec->plugin);
}

void Chain::Link::blame(Error& error) const {
  if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::no_memory) return;
  error.at("codec", codec->name).at("plugin", codec->plugin);
}

namespace {

/// What a plugin has filled in, as far as this host knows its members; nothing when it has fewer than it must.
std::optional<zeo_representation> copy_of(const zeo_representation* given) {
  constexpr auto least = offsetof(zeo_representation, max_bytes) + sizeof(zeo_representation::max_bytes);
  if (given == nullptr || given->struct_size < least) return std::nullopt;
  zeo_representation copy{};
  std::memcpy(&copy, given, std::min<std::size_t>(given->struct_size, sizeof copy));
  copy.struct_size = sizeof copy;
  return copy;
}

/// What is wrong with arrays as a plugin describes them; empty when nothing is.
std::string_view fault_in_array(const zeo_representation& array) {
  if (array.kind != ZEO_REPRESENTATION_ARRAY) return "what is no array";
  if (array.ndim > ZEO_MAX_NDIM) return "an array of too many dimensions";
  if (array.ndim != 0 && array.shape == nullptr) return "an array without a shape";
  if (array.data_type == nullptr) return "an array without a data type";
  const std::span<const std::uint64_t> shape(array.shape, array.ndim);
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return "an array with an empty axis";
  const auto* const info = array.data_type->v->info(array.data_type);
  if (!checked_product(shape, info->item_bytes)) return "an array that is too large";
  const auto& fill = array.fill_value;
  if (fill.data == nullptr && fill.size != 0) return "an array without a fill value";
  if (info->variable == 0 && fill.size != info->item_bytes) return "an array with a fill value of another size";
  return {};
}

/// What is wrong with what `bind` gave; empty when it can be asked for a description and released.
std::string_view fault_in_bound(const zeo_bound_codec* bound) {
  if (bound == nullptr) return "is missing although binding succeeded";
  constexpr auto least = offsetof(zeo_bound_codec_vtable, describe) + sizeof(zeo_bound_codec_vtable::describe);
  if (bound->v == nullptr || bound->v->object.struct_size < least) return "has no table, or one that is too short";
  if (bound->v->object.release == nullptr || bound->v->describe == nullptr) return "has no release or describe";
  return {};
}

}  // namespace

Chain::Chain(std::shared_ptr<const CodecList> codecs, const zeo_representation& decoded)
    : codecs_(std::move(codecs)),
      shape_(decoded.shape, decoded.shape + decoded.ndim),
      fill_bytes_(decoded.fill_value.data, decoded.fill_value.data + decoded.fill_value.size),
      type_(decoded.data_type->v->info(decoded.data_type)),
      face_{{&face_table_}, this} {
  if (variable()) {
    fill_string_ = {reinterpret_cast<const char*>(fill_bytes_.data()), fill_bytes_.size()};
    fill_element_ = reinterpret_cast<const std::byte*>(&fill_string_);
  } else {
    fill_element_ = reinterpret_cast<const std::byte*>(fill_bytes_.data());
  }
  auto representation = decoded;
  representation.shape = shape_.data();
  representation.fill_value = {fill_bytes_.data(), fill_bytes_.size()};
  Call call(context().workers);
  for (const auto& codec : codecs_->codecs()) {
    zeo_bound_codec* raw = nullptr;
    const auto status = codec.object->v->bind(codec.object.get(), &representation, &raw, call);
    Link link{&codec, nullptr, representation, {}, 0};
    link.check(call, status);
    const auto broken = [&](std::string_view what) {
      return link.error(ErrorCode::internal, fmt::format("the bound codec {}", what));
    };
    // What cannot be released is left to its plugin.
    if (const auto fault = fault_in_bound(raw); !fault.empty()) throw broken(fault);
    link.bound.reset(raw);
    const auto kind = codec.object->v->kind;
    if (raw->v->kind != kind) throw broken("is of another kind than its codec");
    zeo_bound_info info{};
    info.struct_size = sizeof(info);
    raw->v->describe(raw, &info);
    link.flags = info.flags;
    link.piece_shape = info.piece_shape;
    const auto described = copy_of(info.encoded);
    if (!described) throw broken("does not describe what it encodes to");
    representation = link.encoded = *described;
    const auto output = kind == ZEO_ARRAY_TO_ARRAY ? ZEO_REPRESENTATION_ARRAY : ZEO_REPRESENTATION_BYTES;
    if (representation.kind != static_cast<std::uint32_t>(output)) throw broken("describes the wrong kind of output");
    if (kind == ZEO_ARRAY_TO_ARRAY) {
      const auto fault = fault_in_array(representation);
      if (!fault.empty()) throw broken(fmt::format("describes {}", fault));
    }
    switch (kind) {
      case ZEO_ARRAY_TO_ARRAY:
        if (!ZEOLITE_HAS(raw, view) && !(ZEOLITE_HAS(raw, encode_array) && ZEOLITE_HAS(raw, decode_array))) {
          throw broken("can neither give a view nor code arrays");
        }
        links_.array_array.push_back(std::move(link));
        break;
      case ZEO_ARRAY_TO_BYTES:
        if (!(ZEOLITE_HAS(raw, encode) && ZEOLITE_HAS(raw, decode)) &&
            !(ZEOLITE_HAS(raw, read_plan) && ZEOLITE_HAS(raw, write_plan))) {
          throw broken("has neither encode and decode nor plans");
        }
        if (link.moves_elements() && link.decoded.data_type->v->info(link.decoded.data_type)->variable != 0) {
          throw broken("would store the addresses of elements");
        }
        if (link.swap_unit() == ZEOLITE_SWAP_MIXED) throw broken("would swap elements of mixed parts");
        links_.array_bytes.emplace(std::move(link));
        break;
      default:
        if (!ZEOLITE_HAS(raw, encode_bytes) || !ZEOLITE_HAS(raw, decode_bytes)) {
          throw broken("cannot code bytes");
        }
        links_.bytes_bytes.push_back(std::move(link));
    }
  }
  estimate_shares();
  find_pieces();
}

bool Chain::may_refuse_boxes() const {
  return std::any_of(array_array().begin(), array_array().end(),
                     [](const Link& link) { return !link.has(ZEO_CODEC_MAPS_BOXES); });
}

void Chain::find_pieces() {
  const auto& link = array_bytes();
  const bool has_parts = link.moves_elements() || ZEOLITE_HAS(link.bound.get(), read_plan);
  if (may_refuse_boxes() || !has_parts || !bytes_bytes().empty()) {
    piece_shape_ = shape_;
    return;
  }
  if (link.piece_shape == nullptr) return;
  const std::span whole(link.decoded.shape, link.decoded.ndim);
  const std::span piece(link.piece_shape, whole.size());
  for (std::size_t axis = 0; axis < whole.size(); ++axis) {
    if (piece[axis] != 0 && whole[axis] % piece[axis] == 0) continue;
    throw link.error(ErrorCode::internal, "the bound codec describes pieces that do not divide its chunk");
  }
  // Behind a codec that moves elements, pieces have another shape, which nothing tells.
  if (array_array().empty()) piece_shape_.emplace(piece.begin(), piece.end());
}

void Chain::estimate_shares() {
  const auto room = [](std::uint64_t bytes) -> std::uint64_t { return MemoryPool::piece_bytes(bytes); };
  const auto decoded = room(std::min(checked_product(shape_, item_bytes()).value(), context().options.max_chunk_bytes));
  // Where a codec promises little, values are still seldom much longer than what they decode to.
  const auto usual = decoded + decoded / 8 + 65536;
  stored_bytes_ = room(std::min(encoded().max_bytes, usual));
  decoded_bytes_ = decoded;
}

std::uint64_t Chain::decode_share_bytes(bool by_steps) const {
  return (bytes_bytes().empty() ? 0 : decoded_bytes_) + (by_steps ? 2 * decoded_bytes_ : 0);
}

std::uint64_t Chain::write_share_bytes() const {
  // A chunk that is written in part is read before.
  return stored_bytes_ + decoded_bytes_ + (may_refuse_boxes() ? decoded_bytes_ : 0);
}

Chain::Links::~Links() {
  while (!bytes_bytes.empty()) bytes_bytes.pop_back();
  array_bytes.reset();
  while (!array_array.empty()) array_array.pop_back();
}

namespace {

/// What may come of a codec: its own bound says what this one makes, but others that write the format may frame it more
/// generously.
std::uint64_t limit_of(const zeo_representation& encoded, std::uint64_t maximum) {
  if (encoded.exact != 0) return std::min(encoded.max_bytes, maximum);
  if (encoded.max_bytes > maximum / 4) return maximum;
  return std::min(encoded.max_bytes * 4 + 65536, maximum);
}

}  // namespace

std::uint64_t Chain::stored_limit() const { return limit_of(encoded(), context().options.max_chunk_bytes); }

std::uint64_t Chain::decoded_limit(std::size_t i) const {
  return limit_of(bytes_bytes()[i].decoded, context().options.max_chunk_bytes);
}

std::optional<Selection> Chain::map(Call& call, const Selection& selection) const {
  auto mapped = selection;
  for (const auto& link : array_array()) {
    if (!ZEOLITE_HAS(link.bound.get(), view) || !ZEOLITE_HAS(link.bound.get(), map_box)) return std::nullopt;
    std::array<std::uint64_t, ZEO_MAX_NDIM> origin{}, shape{}, step{}, view_shape{};
    std::array<std::int64_t, ZEO_MAX_NDIM> strides{};
    const zeo_box from = mapped.box();
    zeo_box to{origin.data(), shape.data(), step.data()};
    auto status = link.v().map_box(link.bound.get(), &from, &to, call);
    if (status == ZEO_UNSUPPORTED) return std::nullopt;
    link.check(call, status);
    const auto before = make_array(mapped.shape(), mapped.strides(), mapped.data);
    auto after = make_array(view_shape, strides, nullptr);
    status = link.v().view(link.bound.get(), &before, &after, call);
    if (status == ZEO_UNSUPPORTED) return std::nullopt;
    link.check(call, status);
    const auto ndim = link.encoded.ndim;
    for (std::size_t i = 0; i < ndim; ++i) {
      const auto length = link.encoded.shape[i];
      const bool inside =
          shape[i] == 0 || (step[i] != 0 && origin[i] < length && (shape[i] - 1) <= (length - 1 - origin[i]) / step[i]);
      if (view_shape[i] != shape[i] || !inside) {
        throw link.error(ErrorCode::internal, "maps a box to one that is none, or that its view does not have");
      }
    }
    Selection next(ndim);
    std::copy_n(origin.begin(), ndim, next.origin().begin());
    std::copy_n(shape.begin(), ndim, next.shape().begin());
    std::copy_n(step.begin(), ndim, next.step().begin());
    std::copy_n(strides.begin(), ndim, next.strides().begin());
    next.data = static_cast<std::byte*>(after.data);
    mapped = std::move(next);
  }
  return mapped;
}

const Chain* Chain::from_abi(const zeo_bound_codec* codec) {
  if (codec == nullptr || codec->v != &face_table_) return nullptr;
  return reinterpret_cast<const Face*>(codec)->chain;
}

zeo_status make_chain(Context::Impl& context, zeo_str codecs_json, const zeo_representation* decoded,
                      zeo_bound_codec** out, const zeo_call* call) {
  return guard(call, [&] {
    const auto json = parse_json(view(codecs_json));
    if (!json.is_array()) throw Error(ErrorCode::invalid, "the list of codecs must be a JSON array");
    std::vector<Extension> codecs;
    for (const auto& codec : json.get_array()) {
      codecs.push_back(parse_extension(codec, fmt::format("/codecs/{}", codecs.size())));
    }
    const auto array = copy_of(decoded);
    const auto fault = array ? fault_in_array(*array) : "a representation that is too short";
    if (!fault.empty()) throw Error(ErrorCode::invalid, fmt::format("the codecs are to be bound to {}", fault));
    auto list = std::make_shared<const CodecList>(context, codecs);
    *out = Chain::give(std::make_unique<Chain>(std::move(list), *array));
  });
}

}  // namespace zeolite
