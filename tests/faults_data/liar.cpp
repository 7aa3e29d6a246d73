// SPDX-License-Identifier: Apache-2.0
#include "liar.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace zeolite::test {
namespace {

std::string_view view(zeo_str text) { return {text.data, text.size}; }

/// The value of "lie" in a configuration, which has no other member.
std::string lie_in(zeo_str configuration) {
  const auto text = view(configuration);
  const auto colon = text.find(':');
  if (colon == text.npos) return "";
  const auto begin = text.find('"', colon) + 1;
  return std::string(text.substr(begin, text.find('"', begin) - begin));
}

zeo_status append(zeo_out* out, const void* data, std::uint64_t size) {
  if (out->capacity - out->size < size) {
    const auto status = out->reserve(out, out->size + size);
    if (status != ZEO_OK) return status;
  }
  if (size != 0) std::memcpy(out->data + out->size, data, size);
  out->size += size;
  return ZEO_OK;
}

struct Codec {
  zeo_codec abi;
  std::string lie;
  const zeo_host* host;
};

/// Bound to one chunk; everything it points to lives as long.
struct Bound {
  zeo_bound_codec abi;
  std::string lie;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> other_shape;
  zeo_representation decoded;
  zeo_representation encoded;
  zeo_bound_codec* chain = nullptr;  ///< a chain of the host's for the pieces of plans
  zeo_object* type = nullptr;        ///< of the chain, when that lies
  std::uint64_t bytes = 0;

  ~Bound() {
    if (chain != nullptr) chain->v->object.release(reinterpret_cast<zeo_object*>(chain));
    if (type != nullptr) type->v->release(type);
  }

  bool lies(std::string_view about) const { return lie == about; }
};

const Bound& of(const zeo_bound_codec* bound) { return *reinterpret_cast<const Bound*>(bound); }

std::uint64_t item_bytes(const Bound& bound) {
  return bound.decoded.data_type->v->info(bound.decoded.data_type)->item_bytes;
}

// --- describing ---

void describe(const zeo_bound_codec* self, zeo_bound_info* info) {
  const auto& bound = of(self);
  info->flags = bound.lies("stored as in memory") ? ZEO_CODEC_IDENTITY : 0;
  info->concurrency = 1;
  info->reserved = 0;
  info->encoded = bound.lies("no description") ? nullptr : &bound.encoded;
}

/// What describe() gives, when all else of `bound` is filled in.
zeo_representation encoded_of(const Bound& bound, std::uint32_t kind) {
  auto encoded = bound.decoded;
  encoded.struct_size = sizeof(encoded);
  if (kind == ZEO_ARRAY_TO_ARRAY) {
    if (bound.lies("array without a shape")) encoded.shape = nullptr;
    if (bound.lies("array without a data type")) encoded.data_type = nullptr;
    if (bound.lies("array of too many dimensions")) encoded.ndim = 4'000'000'000;
    if (bound.lies("array with an empty axis")) encoded.shape = bound.other_shape.data();
    if (bound.lies("array too large")) encoded.shape = bound.other_shape.data();
    if (bound.lies("array with half a fill value")) encoded.fill_value.size = 1;
    if (bound.lies("array without a fill value")) encoded.fill_value = {nullptr, 0};
    if (bound.lies("bytes for an array")) encoded.kind = ZEO_REPRESENTATION_BYTES;
    if (bound.lies("box outside") || bound.lies("view of another shape")) encoded.shape = bound.shape.data();
  } else {
    encoded = {};
    encoded.struct_size = sizeof(encoded);
    encoded.kind = ZEO_REPRESENTATION_BYTES;
    encoded.exact = 1;
    encoded.max_bytes = bound.bytes;
    if (bound.lies("too small a bound")) encoded.max_bytes = bound.bytes - 1;
    if (bound.lies("too small a bound, not exact")) encoded.max_bytes = bound.bytes - 1, encoded.exact = 0;
    if (bound.lies("too large an exact size")) encoded.max_bytes = bound.bytes + 1;
    if (bound.lies("absurd exact size")) encoded.max_bytes = UINT64_MAX - 1;
    if (bound.lies("array for bytes")) encoded.kind = ZEO_REPRESENTATION_ARRAY;
    if (bound.lies("kind of its own")) encoded.kind = 77;
    if (bound.lies("no bound")) encoded.max_bytes = UINT64_MAX, encoded.exact = 0;
    if (bound.lies("overstates what it wrote") || bound.lies("overstates what it decoded")) encoded.exact = 0;
  }
  if (bound.lies("short description")) encoded.struct_size = offsetof(zeo_representation, max_bytes);
  return encoded;
}

// --- views ---

zeo_status see(const zeo_bound_codec* self, const zeo_array* decoded, zeo_array* encoded, const zeo_call*) {
  auto* const shape = const_cast<std::uint64_t*>(encoded->shape);
  auto* const strides = const_cast<std::int64_t*>(encoded->strides_bytes);
  std::copy_n(decoded->shape, decoded->ndim, shape);
  std::copy_n(decoded->strides_bytes, decoded->ndim, strides);
  if (of(self).lies("view of another shape")) shape[0] += 1000;
  encoded->ndim = decoded->ndim;
  encoded->data = decoded->data;
  return ZEO_OK;
}

zeo_status map_box(const zeo_bound_codec* self, const zeo_box* decoded, zeo_box* encoded, const zeo_call*) {
  const auto n = of(self).shape.size();
  std::copy_n(decoded->origin, n, const_cast<std::uint64_t*>(encoded->origin));
  std::copy_n(decoded->shape, n, const_cast<std::uint64_t*>(encoded->shape));
  for (std::size_t i = 0; i < n; ++i) {
    const_cast<std::uint64_t*>(encoded->step)[i] = decoded->step == nullptr ? 1 : decoded->step[i];
  }
  if (of(self).lies("box outside")) const_cast<std::uint64_t*>(encoded->origin)[0] += 1'000'000;
  if (of(self).lies("box without a step")) const_cast<std::uint64_t*>(encoded->step)[0] = 0;
  return ZEO_OK;
}

// --- coding whole values ---

/// An array as the chain is shown it, whatever that was bound to.
struct Shown {
  std::vector<std::uint64_t> shape;
  std::vector<std::int64_t> strides;
  zeo_array array;

  Shown(const Bound& bound, const zeo_array& given)
      : shape(given.shape, given.shape + given.ndim),
        strides(given.strides_bytes, given.strides_bytes + given.ndim),
        array(given) {
    if (bound.lies("chain shown too few dimensions")) array.ndim -= 1;
    if (bound.lies("chain shown too many dimensions")) array.ndim += 1;
    shape.push_back(1);
    strides.push_back(1);
    array.shape = shape.data();
    array.strides_bytes = strides.data();
  }
};

zeo_status encode(const zeo_bound_codec* self, const zeo_array* decoded, zeo_out* encoded, const zeo_call* call) {
  const auto& bound = of(self);
  if (bound.chain != nullptr) {
    const Shown shown(bound, *decoded);
    return bound.chain->v->encode(bound.chain, &shown.array, encoded, call);
  }
  if (bound.lies("encodes nothing")) return ZEO_OK;
  const auto status = append(encoded, decoded->data, bound.bytes);
  if (bound.lies("overstates what it wrote")) encoded->size = encoded->capacity + 1'000'000;
  if (bound.lies("unknown status")) return 4711;
  return status;
}

zeo_status decode(const zeo_bound_codec* self, zeo_bytes encoded, zeo_array* decoded, const zeo_call* call) {
  const auto& bound = of(self);
  if (bound.chain != nullptr) {
    Shown shown(bound, *decoded);
    return bound.chain->v->decode(bound.chain, encoded, &shown.array, call);
  }
  if (bound.lies("decodes nothing")) return ZEO_OK;
  if (bound.lies("unknown status")) return -5;
  if (encoded.size != bound.bytes) return ZEO_CORRUPT;
  std::memcpy(decoded->data, encoded.data, encoded.size);
  return ZEO_OK;
}

zeo_status encode_bytes(const zeo_bound_codec* self, zeo_bytes decoded, zeo_out* encoded, const zeo_call*) {
  const auto& bound = of(self);
  if (bound.lies("encodes nothing")) return ZEO_OK;
  const auto status = append(encoded, decoded.data, decoded.size);
  if (bound.lies("overstates what it wrote")) encoded->size = encoded->capacity + 1'000'000;
  if (bound.lies("goes on after a refusal")) (void)append(encoded, decoded.data, decoded.size);
  return status;
}

zeo_status decode_bytes(const zeo_bound_codec* self, zeo_bytes encoded, zeo_out* decoded, const zeo_call*) {
  const auto& bound = of(self);
  if (bound.lies("decodes nothing")) return ZEO_OK;
  if (bound.lies("decodes too little")) return append(decoded, encoded.data, encoded.size - 1);
  if (bound.lies("overstates what it decoded")) {
    const auto status = append(decoded, encoded.data, encoded.size);
    decoded->size = decoded->capacity + 1'000'000;
    return status;
  }
  if (bound.lies("decodes too much")) {
    const std::vector<std::uint8_t> more(bound.bytes + 1, 0);
    (void)append(decoded, more.data(), more.size());
    return ZEO_OK;
  }
  return append(decoded, encoded.data, encoded.size);
}

// --- plans ---

struct Plan {
  zeo_plan abi;
  const Bound* bound;
  bool writing;
  std::uint64_t step = 0;
  std::vector<zeo_range> ranges;
  std::vector<std::uint64_t> origin;
  std::vector<std::uint64_t> shape;
  std::vector<zeo_piece> pieces;
  std::vector<zeo_segment> segments;
};

void want_ranges(Plan& plan, zeo_wants* wants) {
  const auto& bound = *plan.bound;
  plan.ranges = {{0, bound.bytes}};
  if (bound.lies("range far outside")) plan.ranges = {{std::uint64_t{1} << 62, 10}};
  if (bound.lies("range that overflows")) plan.ranges = {{UINT64_MAX - 5, 10}};
  if (bound.lies("range of exabytes")) plan.ranges = {{0, std::uint64_t{1} << 62}};
  if (bound.lies("suffix of exabytes")) plan.ranges = {{ZEOLITE_SUFFIX, std::uint64_t{1} << 62}};
  if (bound.lies("suffix of everything")) plan.ranges = {{ZEOLITE_SUFFIX, ZEOLITE_REST}};
  if (bound.lies("rest from far outside")) plan.ranges = {{std::uint64_t{1} << 62, ZEOLITE_REST}};
  if (bound.lies("many ranges of gigabytes")) plan.ranges.assign(1000, {0, std::uint64_t{3} << 30});
  wants->kind = ZEO_WANTS_RANGES;
  wants->n = plan.ranges.size();
  wants->ranges = plan.ranges.data();
  if (bound.lies("no ranges")) wants->n = 0;
  if (bound.lies("more ranges than there is memory")) wants->n = std::uint64_t{1} << 60;
  if (bound.lies("ranges at no address")) wants->ranges = nullptr;
}

void want_pieces(Plan& plan, zeo_wants* wants) {
  const auto& bound = *plan.bound;
  plan.origin.assign(bound.shape.size(), 0);
  plan.shape = bound.shape;
  zeo_piece piece{ZEO_PIECE_CODED, 0, {0, bound.bytes}, bound.chain, plan.origin.data(), plan.shape.data()};
  if (bound.lies("raw piece")) piece.kind = ZEO_PIECE_RAW;
  if (bound.lies("piece outside the chunk")) plan.origin[0] = 1000;
  if (bound.lies("piece at the end of all numbers")) plan.origin[0] = UINT64_MAX;
  if (bound.lies("piece across the edge")) plan.origin[0] = 1;
  if (bound.lies("piece larger than the chunk")) plan.shape[0] = 1000, piece.kind = ZEO_PIECE_FILL;
  if (bound.lies("raw piece larger than the chunk")) plan.shape[0] = 1000, piece.kind = ZEO_PIECE_RAW;
  if (bound.lies("empty piece")) plan.shape[0] = 0;
  if (bound.lies("piece without a codec")) piece.codec = nullptr;
  if (bound.lies("piece with its own codec")) piece.codec = &bound.abi;
  if (bound.lies("piece of unknown kind")) piece.kind = 9;
  if (bound.lies("piece of another shape")) plan.shape[1] -= 1;
  if (bound.lies("piece at no address")) piece.origin = nullptr;
  if (bound.lies("piece of no shape")) piece.shape = nullptr;
  if (bound.lies("piece beyond the value")) piece.range = {1000, bound.bytes};
  if (bound.lies("piece whose range overflows")) piece.range = {UINT64_MAX - 3, 10};
  if (bound.lies("piece of exabytes")) piece.range = {0, std::uint64_t{1} << 62};
  if (bound.lies("raw piece of too few bytes")) piece.kind = ZEO_PIECE_RAW, piece.range = {0, 3};
  plan.pieces = {piece};
  if (bound.lies("half of the elements")) plan.pieces[0].kind = ZEO_PIECE_FILL, plan.shape[0] = 1;
  if (bound.lies("the same piece twice")) plan.pieces.push_back(piece);
  wants->kind = ZEO_WANTS_PIECES;
  wants->n = plan.pieces.size();
  wants->pieces = plan.pieces.data();
  if (bound.lies("no pieces")) wants->n = 0;
  if (bound.lies("more pieces than elements")) wants->n = std::uint64_t{1} << 58;
  if (bound.lies("pieces at no address")) wants->pieces = nullptr;
}

void want_segments(Plan& plan, zeo_wants* wants) {
  const auto& bound = *plan.bound;
  zeo_segment segment{};
  segment.kind = ZEO_SEGMENT_PIECE;
  if (bound.lies("segment of a piece that is none")) segment.piece = 1;
  if (bound.lies("segment of a piece far away")) segment.piece = UINT64_MAX;
  if (bound.lies("segment of unknown kind")) segment.kind = 9;
  plan.segments = {segment};
  if (bound.lies("segment twice")) plan.segments.push_back(segment);
  const auto old = [&](zeo_range range, std::size_t times = 1) {
    segment.kind = ZEO_SEGMENT_OLD;
    segment.range = range;
    plan.segments.assign(times, segment);
  };
  if (bound.lies("old bytes far outside")) old({std::uint64_t{1} << 62, 10});
  if (bound.lies("old bytes that overflow")) old({UINT64_MAX - 3, 10});
  if (bound.lies("old bytes of exabytes")) old({0, std::uint64_t{1} << 62});
  if (bound.lies("old bytes of nothing")) old({0, bound.bytes});
  if (bound.lies("old bytes again and again")) old({0, bound.bytes}, 1'000'000);
  if (bound.lies("new bytes at no address")) {
    segment.kind = ZEO_SEGMENT_BYTES;
    segment.bytes = {nullptr, 100};
    plan.segments = {segment};
  }
  wants->kind = ZEO_WANTS_SEGMENTS;
  wants->n = plan.segments.size();
  wants->segments = plan.segments.data();
  if (bound.lies("more segments than there is memory")) wants->n = std::uint64_t{1} << 58;
  if (bound.lies("segments at no address")) wants->segments = nullptr;
}

zeo_status advance(zeo_plan* self, const zeo_got*, std::uint64_t, zeo_wants* wants, const zeo_call*) {
  auto& plan = *reinterpret_cast<Plan*>(self);
  const auto& bound = *plan.bound;
  const auto step = plan.step++;
  if (bound.lies("unknown want")) {
    wants->kind = 12;
    wants->n = 1;
  } else if (bound.lies("old bytes of nothing") && plan.writing) {
    want_segments(plan, wants);
  } else if (step == 0 || bound.lies("ranges without end") || (step == 2 && bound.lies("ranges after pieces"))) {
    want_ranges(plan, wants);
  } else if (bound.lies("segments when reading") && !plan.writing) {
    want_segments(plan, wants);
  } else if (bound.lies("done at once")) {
    wants->kind = ZEO_WANTS_DONE;
  } else if (step == 1 || bound.lies("pieces without end")) {
    want_pieces(plan, wants);
  } else if (bound.lies("empty pages without end")) {
    wants->kind = ZEO_WANTS_PIECES;
  } else if (plan.writing) {
    want_segments(plan, wants);
  } else {
    wants->kind = ZEO_WANTS_DONE;
  }
  return ZEO_OK;
}

void release_plan(zeo_object* self) { delete reinterpret_cast<Plan*>(self); }

constexpr zeo_plan_vtable plan_table = {{sizeof(zeo_plan_vtable), 0, &release_plan, nullptr, nullptr}, &advance};

zeo_status make_plan(const zeo_bound_codec* self, zeo_plan** out, bool writing) {
  const auto& bound = of(self);
  if (bound.lies("no plan")) return ZEO_OK;
  *out = &(new Plan{{&plan_table}, &bound, writing, 0, {}, {}, {}, {}, {}})->abi;
  return ZEO_OK;
}

zeo_status read_plan(const zeo_bound_codec* self, const zeo_box*, zeo_plan** out, const zeo_call*) {
  return make_plan(self, out, false);
}
zeo_status write_plan(const zeo_bound_codec* self, const zeo_box*, zeo_plan** out, const zeo_call*) {
  return make_plan(self, out, true);
}

// --- binding ---

void release_bound(zeo_object* self) { delete reinterpret_cast<Bound*>(self); }

/// Whoever has no table to be released by is kept to the end.
Bound* keep(std::unique_ptr<Bound> bound) {
  static std::vector<std::unique_ptr<Bound>> kept;
  kept.push_back(std::move(bound));
  return kept.back().get();
}

constexpr zeo_bound_codec_vtable bound_table(std::uint32_t kind, bool plans) {
  zeo_bound_codec_vtable table{};
  table.object = {sizeof(table), 0, &release_bound, nullptr, nullptr};
  table.kind = kind;
  table.describe = &describe;
  if (kind == ZEO_ARRAY_TO_ARRAY) table.view = &see, table.map_box = &map_box;
  if (kind == ZEO_BYTES_TO_BYTES) table.encode_bytes = &encode_bytes, table.decode_bytes = &decode_bytes;
  if (kind == ZEO_ARRAY_TO_BYTES && plans) table.read_plan = &read_plan, table.write_plan = &write_plan;
  if (kind == ZEO_ARRAY_TO_BYTES && !plans) table.encode = &encode, table.decode = &decode;
  return table;
}
constexpr auto array_table = bound_table(ZEO_ARRAY_TO_BYTES, false);
constexpr auto planned_table = bound_table(ZEO_ARRAY_TO_BYTES, true);
constexpr auto bytes_table = bound_table(ZEO_BYTES_TO_BYTES, false);
constexpr auto view_table = bound_table(ZEO_ARRAY_TO_ARRAY, false);
constexpr auto no_describe_table = [] {
  auto table = bound_table(ZEO_BYTES_TO_BYTES, false);
  table.describe = nullptr;
  return table;
}();
constexpr auto short_table = [] {
  auto table = bound_table(ZEO_BYTES_TO_BYTES, false);
  table.object.struct_size = sizeof(zeo_object_vtable);
  return table;
}();

const zeo_bound_codec_vtable* table_for(const Codec& codec, bool plans) {
  if (codec.lie == "no table") return nullptr;
  if (codec.lie == "no describe") return &no_describe_table;
  if (codec.lie == "short table") return &short_table;
  switch (codec.abi.v->kind) {
    case ZEO_ARRAY_TO_ARRAY: return &view_table;
    case ZEO_ARRAY_TO_BYTES: return plans ? &planned_table : &array_table;
    default: return &bytes_table;
  }
}

zeo_status bind_as(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                   const zeo_call* call, bool plans) {
  const auto& codec = *reinterpret_cast<const Codec*>(self);
  if (codec.lie == "no bound codec") return ZEO_OK;
  std::unique_ptr<Bound> bound(
      new Bound{{table_for(codec, plans)}, codec.lie, {}, {}, *decoded, {}, nullptr, nullptr, 0});
  const auto give = [&] {
    bound->encoded = encoded_of(*bound, codec.abi.v->kind);
    const auto lie = codec.lie;
    const bool whole = lie != "no table" && lie != "short table" && lie != "no describe";
    *out = &(whole ? bound.release() : keep(std::move(bound)))->abi;
    return ZEO_OK;
  };
  if (decoded->kind == ZEO_REPRESENTATION_BYTES) {
    bound->bytes = decoded->max_bytes;
    return give();
  }
  bound->shape.assign(decoded->shape, decoded->shape + decoded->ndim);
  bound->other_shape = bound->shape;
  bound->other_shape[0] = codec.lie == "array too large" ? INT64_MAX : 0;
  bound->decoded.shape = bound->shape.data();
  bound->bytes = item_bytes(*bound);
  for (const auto length : bound->shape) bound->bytes *= length;
  if (!plans && !codec.lie.starts_with("chain shown")) return give();
  // The chain for pieces, or to pass all on to, bound to what the lie says.
  auto inner = bound->decoded;
  if (codec.lie == "chain of wider elements") {
    const std::string_view name = "\"int64\"";
    if (codec.host->create(codec.host, ZEO_POINT_DATA_TYPE, {name.data(), name.size()}, &bound->type, call) != ZEO_OK) {
      return ZEO_INTERNAL;
    }
    inner.data_type = reinterpret_cast<const zeo_data_type*>(bound->type);
    static const std::uint8_t zeros[8] = {};
    inner.fill_value = {zeros, 8};
  }
  if (codec.lie == "chain of fewer dimensions") inner.ndim = 1;
  if (codec.lie == "chain of too many dimensions") inner.ndim = 100'000;
  if (codec.lie == "chain of a short representation") inner.struct_size = offsetof(zeo_representation, max_bytes);
  if (codec.lie == "chain without a shape") inner.shape = nullptr;
  if (codec.lie == "chain without a data type") inner.data_type = nullptr;
  if (codec.lie == "chain with half a fill value") inner.fill_value.size = 1;
  if (codec.lie == "chain for bytes") inner.kind = ZEO_REPRESENTATION_BYTES;
  if (codec.lie == "chain too large") inner.shape = bound->other_shape.data(), bound->other_shape[0] = INT64_MAX;
  if (codec.lie == "chain with an empty axis") inner.shape = bound->other_shape.data();
  std::string codecs = R"([{"name": "bytes", "configuration": {"endian": "little"}}])";
  if (inner.data_type != nullptr && inner.data_type->v->info(inner.data_type)->variable != 0)
    codecs = R"(["vlen-utf8"])";
  if (codec.lie == "chain of nonsense") codecs = "{\xff";
  const auto status = codec.host->create_chain(codec.host, {codecs.data(), codecs.size()}, &inner, &bound->chain, call);
  return status == ZEO_OK ? give() : status;
}

zeo_status bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out, const zeo_call* call) {
  return bind_as(self, decoded, out, call, false);
}
zeo_status bind_planned(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                        const zeo_call* call) {
  return bind_as(self, decoded, out, call, true);
}

// --- naming chunks ---

struct KeyEncoding {
  zeo_chunk_key_encoding abi;
  std::string lie;
};

/// Keys are "c0-1" and so on.
zeo_status encode_keys(const zeo_chunk_key_encoding* self, std::uint32_t ndim, const std::uint64_t* ids,
                       std::uint64_t n, zeo_out* keys, std::uint64_t* ends, const zeo_call*) {
  const auto& lie = reinterpret_cast<const KeyEncoding*>(self)->lie;
  for (std::uint64_t i = 0; i < n; ++i) {
    std::string key = "c";
    for (std::uint32_t axis = 0; axis < ndim; ++axis) {
      if (axis != 0) key += "-";
      key += std::to_string(ids[i * ndim + axis]);
    }
    const auto status = append(keys, key.data(), key.size());
    if (status != ZEO_OK) return status;
    ends[i] = lie == "lengths" ? key.size() : keys->size;
  }
  if (lie == "ends that go back" && n > 1) std::swap(ends[0], ends[1]);
  if (lie == "an end past the keys") ends[0] += 1'000'000;
  if (lie == "a last end past the keys") ends[n - 1] += 1;
  if (lie == "a last end short of the keys") ends[n - 1] -= 1;
  if (lie == "no ends") std::fill_n(ends, n, std::uint64_t{0});
  return ZEO_OK;
}

void release_key_encoding(zeo_object* self) { delete reinterpret_cast<KeyEncoding*>(self); }

zeo_status key_encoding_to_json(const zeo_object* self, zeo_out* out, const zeo_call*) {
  const auto text = "{\"lie\": \"" + reinterpret_cast<const KeyEncoding*>(self)->lie + "\"}";
  return append(out, text.data(), text.size());
}

constexpr zeo_chunk_key_encoding_vtable key_encoding_table = {
    {sizeof(zeo_chunk_key_encoding_vtable), 0, &release_key_encoding, nullptr, &key_encoding_to_json},
    &encode_keys,
    nullptr};

zeo_status create_key_encoding(const zeo_factory*, const zeo_host*, zeo_str, zeo_str configuration, zeo_object** out,
                               const zeo_call*) {
  *out = reinterpret_cast<zeo_object*>(new KeyEncoding{{&key_encoding_table}, lie_in(configuration)});
  return ZEO_OK;
}

// --- creating ---

void release_codec(zeo_object* self) { delete reinterpret_cast<Codec*>(self); }

zeo_status to_json(const zeo_object* self, zeo_out* out, const zeo_call*) {
  const auto text = "{\"lie\": \"" + reinterpret_cast<const Codec*>(self)->lie + "\"}";
  return append(out, text.data(), text.size());
}

constexpr zeo_codec_vtable codec_table(std::uint32_t kind, decltype(zeo_codec_vtable::bind) bind) {
  return {{sizeof(zeo_codec_vtable), 0, &release_codec, nullptr, &to_json}, kind, 0, bind};
}
constexpr auto array_codec = codec_table(ZEO_ARRAY_TO_BYTES, &bind);
constexpr auto planned_codec = codec_table(ZEO_ARRAY_TO_BYTES, &bind_planned);
constexpr auto bytes_codec = codec_table(ZEO_BYTES_TO_BYTES, &bind);
constexpr auto view_codec = codec_table(ZEO_ARRAY_TO_ARRAY, &bind);

template <const zeo_codec_vtable& table>
zeo_status create(const zeo_factory*, const zeo_host* host, zeo_str, zeo_str configuration, zeo_object** out,
                  const zeo_call*) {
  *out = reinterpret_cast<zeo_object*>(new Codec{{&table}, lie_in(configuration), host});
  return ZEO_OK;
}

template <const zeo_codec_vtable& table>
constexpr zeo_factory factory(const char* name) {
  zeo_factory made{};
  made.struct_size = sizeof(made);
  made.point = ZEO_POINT_CODEC;
  made.name = name;
  made.create = &create<table>;
  return made;
}
constexpr zeo_factory array_factory = factory<array_codec>("liar.array");
constexpr zeo_factory planned_factory = factory<planned_codec>("liar.planned");
constexpr zeo_factory bytes_factory = factory<bytes_codec>("liar.bytes");
constexpr zeo_factory view_factory = factory<view_codec>("liar.view");
constexpr zeo_factory keys_factory = [] {
  zeo_factory made{};
  made.struct_size = sizeof(made);
  made.point = ZEO_POINT_CHUNK_KEY_ENCODING;
  made.name = "liar.keys";
  made.create = &create_key_encoding;
  return made;
}();
constexpr const zeo_factory* factories[] = {&array_factory, &planned_factory, &bytes_factory, &view_factory,
                                            &keys_factory};

constexpr zeo_plugin plugin = {sizeof(zeo_plugin), ZEO_ABI_MAJOR, ZEO_ABI_MINOR,         5,      "test.liar", "1.0.0",
                               "Apache-2.0",       nullptr,       factories, nullptr};

}  // namespace

const zeo_plugin& liar_plugin() { return plugin; }

}  // namespace zeolite::test
