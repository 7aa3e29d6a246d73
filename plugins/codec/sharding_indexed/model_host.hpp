// SPDX-License-Identifier: Apache-2.0
//
// For tests: the least a host can be. It makes codec chains of four toy codecs and drives plans over values in memory,
// the slow and obvious way, checking what the contract promises about their wants.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>

#include <zeolite/sdk/codec/representation.hpp>
#include <zeolite/sdk/plan.hpp>
#include <zeolite/testing/catch.hpp>

namespace zeolite::sharding_indexed::model {

using Value = std::optional<std::vector<std::uint8_t>>;
using Elements = std::vector<std::uint16_t>;

inline std::uint64_t count(const std::vector<std::uint64_t>& shape) {
  std::uint64_t product = 1;
  for (const auto extent : shape) product *= extent;
  return product;
}

/// A call that keeps the last message.
struct ModelCall {
  zeo_call abi{};
  std::string message;

  ModelCall() {
    abi.struct_size = sizeof abi;
    abi.concurrency = 1;
    abi.fail = [](const zeo_call* self, zeo_status, const char* text, std::uint64_t size) {
      static_cast<ModelCall*>(self->host)->message.assign(text, size);
    };
    abi.scratch = [](const zeo_call*, std::uint64_t, std::uint64_t) -> void* { return nullptr; };
    abi.host = this;
  }
  ModelCall(const ModelCall&) = delete;

  operator const zeo_call*() const { return &abi; }
};

struct Failure {
  zeo_status status;
  std::string message;
};

/// Unsigned integers of a size.
struct ModelType {
  zeo_data_type abi;
  zeo_data_type_info info;

  explicit ModelType(std::uint64_t item_bytes) : abi{&table()}, info{} {
    info.struct_size = sizeof info;
    info.type_class = ZEO_CLASS_UINT;
    info.item_bytes = item_bytes;
    info.align_bytes = static_cast<std::uint32_t>(item_bytes);
  }

  static const zeo_data_type_vtable& table() {
    static const zeo_data_type_vtable table = [] {
      zeo_data_type_vtable made{};
      made.object.struct_size = sizeof made;
      made.object.release = [](zeo_object* self) { delete reinterpret_cast<ModelType*>(self); };
      made.info = [](const zeo_data_type* self) { return &reinterpret_cast<const ModelType*>(self)->info; };
      return made;
    }();
    return table;
  }
};

/// Chains of: "raw" (the elements as they are), "swapped" (in the other byte order), "sum" (a byte added to the end)
/// and "trim" (without zeros at the end but one byte at least, so that sizes differ).
struct ModelChain {
  zeo_bound_codec abi{&table()};
  std::vector<std::string> codecs;
  std::uint64_t decoded_bytes;
  std::uint64_t item_bytes;
  zeo_representation encoded;

  static const ModelChain& from(const zeo_bound_codec* self) { return *reinterpret_cast<const ModelChain*>(self); }

  std::vector<std::uint8_t> encode(const void* elements) const {
    std::vector<std::uint8_t> bytes(decoded_bytes);
    std::memcpy(bytes.data(), elements, decoded_bytes);
    for (const auto& codec : codecs) {
      if (codec == "swapped") swap(bytes);
      if (codec == "sum") bytes.push_back(sum(bytes));
      if (codec == "trim") {
        while (bytes.size() > 1 && bytes.back() == 0) bytes.pop_back();
      }
    }
    return bytes;
  }

  bool decode(std::vector<std::uint8_t> bytes, void* elements) const {
    for (auto codec = codecs.rbegin(); codec != codecs.rend(); ++codec) {
      if (*codec == "swapped") swap(bytes);
      if (*codec == "sum") {
        if (bytes.empty()) return false;
        const auto expected = bytes.back();
        bytes.pop_back();
        if (sum(bytes) != expected) return false;
      }
      if (*codec == "trim") {
        if (bytes.size() > decoded_bytes) return false;
        bytes.resize(decoded_bytes);
      }
    }
    if (bytes.size() != decoded_bytes) return false;
    std::memcpy(elements, bytes.data(), decoded_bytes);
    return true;
  }

 private:
  void swap(std::vector<std::uint8_t>& bytes) const {
    for (std::size_t i = 0; i + item_bytes <= bytes.size(); i += item_bytes) {
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   bytes.begin() + static_cast<std::ptrdiff_t>(i + item_bytes));
    }
  }
  static std::uint8_t sum(const std::vector<std::uint8_t>& bytes) {
    std::uint8_t total = 1;
    for (const auto byte : bytes) total = static_cast<std::uint8_t>(total * 31 + byte);
    return total;
  }

  static const zeo_bound_codec_vtable& table() {
    static const zeo_bound_codec_vtable table = [] {
      zeo_bound_codec_vtable made{};
      made.object.struct_size = sizeof made;
      made.object.release = [](zeo_object* self) { delete reinterpret_cast<ModelChain*>(self); };
      made.kind = ZEO_ARRAY_TO_BYTES;
      made.describe = [](const zeo_bound_codec* self, zeo_bound_info* info) { info->encoded = &from(self).encoded; };
      made.encode = [](const zeo_bound_codec* self, const zeo_array* decoded, zeo_out* out, const zeo_call* call) {
        return sdk::guard(call, [&] { sdk::Out(out).append(sdk::Bytes(from(self).encode(decoded->data))); });
      };
      made.decode = [](const zeo_bound_codec* self, zeo_bytes encoded, zeo_array* decoded, const zeo_call* call) {
        return sdk::guard(call, [&] {
          if (!from(self).decode({encoded.data, encoded.data + encoded.size}, decoded->data)) {
            throw sdk::corrupt("the toy codecs cannot decode {} bytes", encoded.size);
          }
        });
      };
      return made;
    }();
    return table;
  }
};

struct ModelHost {
  zeo_host abi{};

  ModelHost() {
    abi.struct_size = sizeof abi;
    abi.create = [](const zeo_host*, std::uint32_t point, zeo_str json, zeo_object** out, const zeo_call* call) {
      return sdk::guard(call, [&] {
        if (point != ZEO_POINT_DATA_TYPE || sdk::text(json) != "\"uint64\"") throw sdk::failure(ZEO_NOT_FOUND, "no");
        *out = reinterpret_cast<zeo_object*>(&(new ModelType(8))->abi);
      });
    };
    abi.create_chain = [](const zeo_host*, zeo_str json, const zeo_representation* decoded, zeo_bound_codec** out,
                          const zeo_call* call) {
      return sdk::guard(call, [&] {
        auto chain = std::make_unique<ModelChain>();
        const auto codecs = sdk::json::parse(std::string(sdk::text(json)));
        for (const auto& codec : codecs.as_array()) {
          chain->codecs.emplace_back(codec.at("name").as_string());
        }
        const auto& first = chain->codecs.at(0);
        if (first != "raw" && first != "swapped") throw sdk::invalid("no array->bytes codec");
        chain->item_bytes = decoded->data_type->v->info(decoded->data_type)->item_bytes;
        chain->decoded_bytes = chain->item_bytes * count({decoded->shape, decoded->shape + decoded->ndim});
        const auto number_of = [&](std::string_view name) {
          return static_cast<std::uint64_t>(std::count(chain->codecs.begin(), chain->codecs.end(), name));
        };
        chain->encoded = sdk::bytes_representation(chain->decoded_bytes + number_of("sum"), number_of("trim") == 0);
        *out = &chain.release()->abi;
      });
    };
  }
};

/// A box with memory of its own.
struct Selection {
  std::vector<std::uint64_t> origin, shape, step;

  zeo_box abi() const { return {origin.data(), shape.data(), step.empty() ? nullptr : step.data()}; }

  /// Where a place of the shard is inside the selection, counted in C order; nothing when it is not in it.
  std::optional<std::uint64_t> index(const std::vector<std::uint64_t>& place) const {
    std::uint64_t index = 0;
    for (std::size_t axis = 0; axis < origin.size(); ++axis) {
      const auto by = step.empty() ? 1 : step[axis];
      if (place[axis] < origin[axis] || (place[axis] - origin[axis]) % by != 0) return std::nullopt;
      const auto along = (place[axis] - origin[axis]) / by;
      if (along >= shape[axis]) return std::nullopt;
      index = index * shape[axis] + along;
    }
    return index;
  }
};

/// Calls body(place) for all places of a shape, in C order.
template <class Body>
void each(const std::vector<std::uint64_t>& shape, Body body) {
  std::vector<std::uint64_t> place(shape.size());
  for (std::uint64_t i = 0; i < count(shape); ++i) {
    auto rest = i;
    for (auto axis = shape.size(); axis-- > 0; rest /= shape[axis]) place[axis] = rest % shape[axis];
    body(place, i);
  }
}

/// What a plan asked for, for tests to look at.
struct Log {
  std::vector<zeo_range> ranges;
  std::vector<std::size_t> pages;  ///< pieces in each
  std::size_t coded = 0;
  std::size_t needed = 0;  ///< writing: pieces whose present bytes were wanted
  std::vector<zeo_segment> segments;
};

/// Drives the plans of one bound codec over shards of `shape` whose elements are uint16 with the fill value `fill`.
class Driver {
 public:
  Driver(const zeo_bound_codec& codec, std::vector<std::uint64_t> shape, std::uint16_t fill)
      : codec_(codec), shape_(std::move(shape)), fill_(fill) {}

  Elements read(const Value& value, const Selection& box, Log* log = nullptr) const {
    Log unused;
    log = log != nullptr ? log : &unused;
    Elements result(count(box.shape), fill_);
    if (!value) return result;
    std::vector<bool> written(result.size());
    const auto plan = make(codec_.v->read_plan, box);
    std::vector<zeo_got> got;
    for (auto pieces_began = false;;) {
      const auto wants = advance(*plan, got);
      if (wants.kind == ZEO_WANTS_DONE) break;
      if (wants.kind == ZEO_WANTS_RANGES) {
        REQUIRE_FALSE(pieces_began);
        got = fetch(wants, value, *log);
        continue;
      }
      REQUIRE(wants.kind == ZEO_WANTS_PIECES);
      REQUIRE(wants.n > 0);
      pieces_began = true;
      got.clear();
      log->pages.push_back(wants.n);
      for (std::uint64_t i = 0; i < wants.n; ++i) {
        log->coded += wants.pieces[i].kind == ZEO_PIECE_CODED;
        const auto elements = decode(wants.pieces[i], *value);
        each(shape_of(wants.pieces[i]), [&](const auto& place, std::uint64_t from) {
          if (const auto to = box.index(shift(place, wants.pieces[i]))) {
            REQUIRE_FALSE(written[*to]);
            written[*to] = true;
            result[*to] = elements[from];
          }
        });
      }
    }
    REQUIRE(std::all_of(written.begin(), written.end(), [](bool w) { return w; }));
    return result;
  }

  Value write(const Value& value, const Selection& box, const Elements& elements, Log* log = nullptr) const {
    Log unused;
    log = log != nullptr ? log : &unused;
    const auto plan = make(codec_.v->write_plan, box);
    std::vector<zeo_got> got;
    std::vector<std::vector<std::uint8_t>> encoded;
    while (true) {
      const auto wants = advance(*plan, got);
      if (wants.kind == ZEO_WANTS_RANGES) {
        got = fetch(wants, value, *log);
      } else if (wants.kind == ZEO_WANTS_PIECES) {
        REQUIRE(encoded.empty());
        log->pages.push_back(wants.n);
        got.clear();
        encoded.reserve(wants.n);
        for (std::uint64_t i = 0; i < wants.n; ++i) {
          encoded.push_back(encode(wants.pieces[i], value, box, elements, *log));
          const bool present = !encoded.back().empty();
          got.push_back({sdk::abi(sdk::Bytes(encoded.back())), 0, present ? 1u : 0u, 0});
        }
      } else {
        REQUIRE(wants.kind == ZEO_WANTS_SEGMENTS);
        log->segments.assign(wants.segments, wants.segments + wants.n);
        return join(wants, value, encoded);
      }
    }
  }

 private:
  template <class Make>
  sdk::Owned<zeo_plan> make(Make make, const Selection& box) const {
    const auto abi = box.abi();
    zeo_plan* plan = nullptr;
    ModelCall call;
    check(make(&codec_, &abi, &plan, call), call);
    return sdk::Owned<zeo_plan>(plan);
  }

  static zeo_wants advance(zeo_plan& plan, const std::vector<zeo_got>& got) {
    zeo_wants wants{};
    wants.struct_size = sizeof wants;
    ModelCall call;
    check(plan.v->advance(&plan, got.data(), got.size(), &wants, call), call);
    return wants;
  }

  static void check(zeo_status status, const ModelCall& call) {
    if (status != ZEO_OK) throw Failure{status, call.message};
  }

  static std::vector<zeo_got> fetch(const zeo_wants& wants, const Value& value, Log& log) {
    std::vector<zeo_got> got;
    for (std::uint64_t i = 0; i < wants.n; ++i) {
      auto range = wants.ranges[i];
      log.ranges.push_back(range);
      if (!value) {
        got.push_back({});
        continue;
      }
      const std::uint64_t size = value->size();
      if (range.offset == ZEOLITE_SUFFIX) {
        range.length = std::min(range.length, size);
        range.offset = size - range.length;
      } else if (range.length == ZEOLITE_REST) {
        range.length = size - range.offset;
      }
      if (range.offset + range.length > size) throw Failure{ZEO_CORRUPT, "the store has no such range"};
      got.push_back({{value->data() + range.offset, range.length}, size, 1, 0});
    }
    return got;
  }

  std::vector<std::uint64_t> shape_of(const zeo_piece& piece) const {
    return {piece.shape, piece.shape + shape_.size()};
  }

  std::vector<std::uint64_t> shift(std::vector<std::uint64_t> place, const zeo_piece& piece) const {
    for (std::size_t axis = 0; axis < place.size(); ++axis) {
      place[axis] += piece.origin[axis];
      REQUIRE(place[axis] < shape_[axis]);
    }
    return place;
  }

  Elements decode(const zeo_piece& piece, const std::vector<std::uint8_t>& value) const {
    Elements elements(count(shape_of(piece)), fill_);
    if (piece.kind == ZEO_PIECE_FILL) return elements;
    REQUIRE(piece.range.length <= value.size());
    REQUIRE(piece.range.offset <= value.size() - piece.range.length);
    const auto* const begin = value.data() + piece.range.offset;
    if (!ModelChain::from(piece.codec).decode({begin, begin + piece.range.length}, elements.data())) {
      throw Failure{ZEO_CORRUPT, "the toy codecs cannot decode this"};
    }
    return elements;
  }

  /// Empty when the piece holds nothing but the fill value.
  std::vector<std::uint8_t> encode(const zeo_piece& piece, const Value& value, const Selection& box,
                                   const Elements& input, Log& log) const {
    Elements elements(count(shape_of(piece)), fill_);
    bool partly = false;
    each(shape_of(piece), [&](const auto& place, std::uint64_t) { partly |= !box.index(shift(place, piece)); });
    log.needed += piece.range.length != 0;
    if (partly && piece.range.length != 0) elements = decode(piece, *value);
    each(shape_of(piece), [&](const auto& place, std::uint64_t to) {
      if (const auto from = box.index(shift(place, piece))) elements[to] = input[*from];
    });
    if (std::count(elements.begin(), elements.end(), fill_) == static_cast<std::ptrdiff_t>(elements.size())) return {};
    return ModelChain::from(piece.codec).encode(elements.data());
  }

  static Value join(const zeo_wants& wants, const Value& value, const std::vector<std::vector<std::uint8_t>>& encoded) {
    if (wants.n == 0) return std::nullopt;
    std::vector<std::uint8_t> joined;
    const auto append = [&](const std::uint8_t* data, std::uint64_t size) {
      joined.insert(joined.end(), data, data + size);
    };
    for (std::uint64_t i = 0; i < wants.n; ++i) {
      const auto& segment = wants.segments[i];
      if (segment.kind == ZEO_SEGMENT_BYTES) append(segment.bytes.data, segment.bytes.size);
      if (segment.kind == ZEO_SEGMENT_PIECE) append(encoded.at(segment.piece).data(), encoded.at(segment.piece).size());
      if (segment.kind == ZEO_SEGMENT_OLD) {
        REQUIRE(value);
        REQUIRE(segment.range.length <= value->size());
        REQUIRE(segment.range.offset <= value->size() - segment.range.length);
        append(value->data() + segment.range.offset, segment.range.length);
      }
    }
    return joined;
  }

  const zeo_bound_codec& codec_;
  std::vector<std::uint64_t> shape_;
  std::uint16_t fill_;
};

}  // namespace zeolite::sharding_indexed::model
