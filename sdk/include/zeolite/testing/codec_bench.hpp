// SPDX-License-Identifier: Apache-2.0
//
// What the codec suite works with: data types, arrays in any layout, and codecs with short ways to call them, all
// through the C contract.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <random>

#include <boost/json.hpp>

#include <zeolite/abi/codec.h>
#include <zeolite/testing/plugin_bench.hpp>

namespace zeolite::testing {

using Octets = std::vector<std::uint8_t>;
using Shape = std::vector<std::uint64_t>;

inline zeo_bytes bytes(const Octets& octets) { return {octets.data(), octets.size()}; }

/// The least of a data type that codecs need. It needs no plugin.
struct BenchType {
  zeo_data_type abi;  // first
  zeo_data_type_info info_{};
  std::string name;

  BenchType(std::string type_name, std::uint32_t type_class, std::uint64_t item_bytes, std::uint32_t swap_unit,
            bool variable = false)
      : abi{&table()}, name(std::move(type_name)) {
    info_ = {sizeof info_, type_class,        item_bytes, 1, static_cast<std::uint32_t>(item_bytes * 8),
             swap_unit,    variable ? 1u : 0u};
  }

  /// Laid out as a codec's own data type is.
  explicit BenchType(const zeo_data_type& like) : abi{&table()}, info_(*like.v->info(&like)), name("the codec's own") {}

  /// Types of all layouts: plain, with parts, of odd sizes, of mixed byte order, of variable length.
  static const std::deque<BenchType>& all() {
    static const std::deque<BenchType> types = {{"bool", ZEO_CLASS_BOOL, 1, 1},
                                                {"uint8", ZEO_CLASS_UINT, 1, 1},
                                                {"uint16", ZEO_CLASS_UINT, 2, 2},
                                                {"uint32", ZEO_CLASS_UINT, 4, 4},
                                                {"uint64", ZEO_CLASS_UINT, 8, 8},
                                                {"int8", ZEO_CLASS_INT, 1, 1},
                                                {"int16", ZEO_CLASS_INT, 2, 2},
                                                {"int32", ZEO_CLASS_INT, 4, 4},
                                                {"int64", ZEO_CLASS_INT, 8, 8},
                                                {"float16", ZEO_CLASS_FLOAT, 2, 2},
                                                {"float32", ZEO_CLASS_FLOAT, 4, 4},
                                                {"float64", ZEO_CLASS_FLOAT, 8, 8},
                                                {"complex64", ZEO_CLASS_COMPLEX, 8, 4},
                                                {"complex128", ZEO_CLASS_COMPLEX, 16, 8},
                                                {"raw of 3", ZEO_CLASS_RAW, 3, 0},
                                                {"mixed of 5", ZEO_CLASS_OTHER, 5, ZEOLITE_SWAP_MIXED},
                                                {"string", ZEO_CLASS_STRING, 16, 0, true},
                                                {"bytes", ZEO_CLASS_BYTES, 16, 0, true}};
    return types;
  }
  static const BenchType& named(std::string_view name) {
    for (const auto& type : all()) {
      if (type.name == name) return type;
    }
    auto message = "there is no bench type \"" + std::string(name) + "\", only";
    for (const auto& type : all()) message += " \"" + type.name + "\"";
    throw std::logic_error(message);
  }

 private:
  static const zeo_data_type_vtable& table() {
    static const auto table = [] {
      zeo_data_type_vtable made{};
      made.object.struct_size = sizeof made;
      made.object.release = [](zeo_object*) {};
      made.info = [](const zeo_data_type* self) { return &reinterpret_cast<const BenchType*>(self)->info_; };
      // The mixed type: a byte, then a number of four bytes.
      made.swap = [](const zeo_data_type*, const void* source, void* target, std::uint64_t n) {
        const auto* from = static_cast<const std::uint8_t*>(source);
        auto* to = static_cast<std::uint8_t*>(target);
        for (std::uint64_t i = 0; i < n; ++i, from += 5, to += 5) {
          const std::uint8_t swapped[] = {from[0], from[4], from[3], from[2], from[1]};
          std::memcpy(to, swapped, 5);
        }
      };
      return made;
    }();
    return table;
  }
};

inline std::uint64_t count(const Shape& shape) {
  std::uint64_t product = 1;
  for (const auto extent : shape) product *= extent;
  return product;
}

enum class Layout { contiguous, gaps, backwards };

/// An array with memory of its own. Elements are written and compared as strings of bytes, in C order.
class BenchArray {
 public:
  BenchArray(const BenchType& type, Shape shape, Layout layout = Layout::contiguous,
             std::uint64_t heap_limit = UINT64_MAX)
      : type_(type), shape_(std::move(shape)), heap_limit_(heap_limit) {
    const auto item = static_cast<std::int64_t>(type.info_.item_bytes);
    strides_.resize(shape_.size());
    auto stride = item * (layout == Layout::contiguous ? 1 : 2) + (layout == Layout::gaps && !variable() ? 1 : 0);
    std::int64_t first = guard;
    for (auto axis = shape_.size(); axis-- > 0;) {
      strides_[axis] = layout == Layout::backwards && axis % 2 == 0 ? -stride : stride;
      if (strides_[axis] < 0) first += stride * static_cast<std::int64_t>(shape_[axis] - 1);
      stride *= static_cast<std::int64_t>(shape_[axis]);
      if (layout == Layout::gaps) stride += 3 * item;
    }
    memory_.assign(static_cast<std::size_t>(stride + item) + 2 * guard, filler);
    heap_.host = this;
    heap_.allocate = [](zeo_heap* heap, std::uint64_t size) -> void* {
      auto& self = *static_cast<BenchArray*>(heap->host);
      if (size > self.heap_limit_) return nullptr;
      return self.blocks_.emplace_back(new std::byte[size]).get();
    };
    abi_ = {sizeof abi_,
            static_cast<std::uint32_t>(shape_.size()),
            shape_.data(),
            strides_.data(),
            memory_.data() + first,
            variable() ? &heap_ : nullptr,
            nullptr,
            1,
            0};
    // Elements of variable length are pointers: what nobody has written must not be followed.
    if (variable()) for_each([](std::uint8_t* slot) { std::memset(slot, 0, sizeof(zeo_str)); });
  }
  BenchArray(const BenchArray&) = delete;
  BenchArray& operator=(const BenchArray&) = delete;

  zeo_array* abi() { return &abi_; }
  const BenchType& type() const { return type_; }
  const Shape& shape() const { return shape_; }
  bool variable() const { return type_.info_.variable != 0; }

  template <class Body>
  void for_each(Body body) const {
    Shape at(shape_.size(), 0);
    for (std::uint64_t n = count(shape_); n > 0; --n) {
      body(slot(at));
      for (auto axis = at.size(); axis-- > 0 && ++at[axis] == shape_[axis];) at[axis] = 0;
    }
  }

  std::uint8_t* slot(const Shape& at) const {
    auto* place = static_cast<std::uint8_t*>(abi_.data);
    for (std::size_t axis = 0; axis < at.size(); ++axis) place += static_cast<std::int64_t>(at[axis]) * strides_[axis];
    return place;
  }

  std::string element(const std::uint8_t* slot) const {
    if (!variable()) return {reinterpret_cast<const char*>(slot), type_.info_.item_bytes};
    zeo_str value;
    std::memcpy(&value, slot, sizeof value);
    return value.size == 0 ? std::string() : std::string(value.data, value.size);
  }
  std::vector<std::string> elements() const {
    std::vector<std::string> list;
    for_each([&](const std::uint8_t* slot) { list.push_back(element(slot)); });
    return list;
  }
  void assign(const std::vector<std::string>& elements) {
    auto next = elements.begin();
    for_each([&](std::uint8_t* slot) {
      if (variable()) {
        const auto& kept = payloads_.emplace_back(*next++);
        const zeo_str value{kept.data(), kept.size()};
        std::memcpy(slot, &value, sizeof value);
      } else {
        std::memcpy(slot, (next++)->data(), type_.info_.item_bytes);
      }
    });
  }

  /// Whether the bytes between, before and after the elements are as they were.
  bool gaps_untouched() const {
    auto copy = memory_;
    for_each([&](const std::uint8_t* slot) {
      std::fill_n(copy.begin() + (slot - memory_.data()), type_.info_.item_bytes, filler);
    });
    return std::all_of(copy.begin(), copy.end(), [](std::uint8_t byte) { return byte == filler; });
  }

 private:
  static constexpr std::int64_t guard = 32;
  static constexpr std::uint8_t filler = 0xA5;

  const BenchType& type_;
  Shape shape_;
  std::uint64_t heap_limit_;
  std::vector<std::int64_t> strides_;
  Octets memory_;
  std::deque<std::string> payloads_;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  zeo_heap heap_{};
  zeo_array abi_{};
};

/// Contents to encode: all alike, regular, or random.
enum class Content { same, regular, random };

inline Octets random_octets(std::size_t size, Content content, std::mt19937_64& random) {
  Octets octets(size);
  for (std::size_t i = 0; i < size; ++i) {
    octets[i] = content == Content::same      ? std::uint8_t{0}
                : content == Content::regular ? static_cast<std::uint8_t>(i / 7)
                                              : static_cast<std::uint8_t>(random());
  }
  return octets;
}

inline std::vector<std::string> random_elements(const BenchType& type, std::uint64_t n, Content content,
                                                std::mt19937_64& random) {
  std::vector<std::string> elements;
  static const std::string words[] = {"", "a", "Zeolith", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8C\x8B",
                                      std::string(300, 'x')};
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto pick = content == Content::same ? 0 : content == Content::regular ? i : random();
    if (type.info_.type_class == ZEO_CLASS_STRING) {
      elements.push_back(words[pick % std::size(words)]);
    } else {
      const auto size = type.info_.variable != 0 ? pick % 40 : type.info_.item_bytes;
      const auto octets = random_octets(size, content, random);
      elements.emplace_back(octets.begin(), octets.end());
      if (type.info_.type_class == ZEO_CLASS_BOOL) elements.back()[0] &= 1;
    }
  }
  return elements;
}

/// A representation and everything it points to.
struct BenchRepresentation {
  zeo_representation abi{};
  Shape shape;
  Octets fill;

  /// Bytes; `exact`: always that many.
  explicit BenchRepresentation(std::uint64_t max_bytes, bool exact) {
    abi.struct_size = sizeof abi;
    abi.kind = ZEO_REPRESENTATION_BYTES;
    abi.max_bytes = max_bytes;
    abi.exact = exact ? 1 : 0;
  }
  BenchRepresentation(const BenchType& type, Shape of) : shape(std::move(of)) {
    fill.assign(type.info_.variable != 0 ? 0 : type.info_.item_bytes, 0);
    abi.struct_size = sizeof abi;
    abi.kind = ZEO_REPRESENTATION_ARRAY;
    abi.ndim = static_cast<std::uint32_t>(shape.size());
    abi.shape = shape.data();
    abi.data_type = &type.abi;
    abi.fill_value = bytes(fill);
  }
  BenchRepresentation(const BenchRepresentation&) = delete;
};

/// A bound codec, and the codec it came from.
class BenchCodec {
 public:
  BenchCodec(const PluginLibrary& library, std::string_view name, std::string_view configuration)
      : codec_(library.create<zeo_codec>(name, configuration)) {}

  const zeo_codec* abi() const { return codec_.get(); }
  std::uint32_t kind() const { return codec_->v->kind; }

  zeo_status bind(const BenchRepresentation& decoded, Object<zeo_bound_codec>& bound, const zeo_call* call) const {
    zeo_bound_codec* made = nullptr;
    const auto status = codec_->v->bind(codec_.get(), &decoded.abi, &made, call);
    bound.reset(made);
    return status;
  }

  /// Fails the test when it cannot be bound.
  Object<zeo_bound_codec> bind(const BenchRepresentation& decoded) const {
    BenchCall call;
    Object<zeo_bound_codec> bound;
    const auto status = bind(decoded, bound, call);
    INFO("bind: " << call.message());
    REQUIRE(status == ZEO_OK);
    REQUIRE(bound->v->kind == kind());
    return bound;
  }

  /// Why it cannot be bound; fails the test when it can, or when no reason is given.
  std::string refusal(const BenchRepresentation& decoded) const {
    BenchCall call;
    Object<zeo_bound_codec> bound;
    const auto status = bind(decoded, bound, call);
    CHECK((status == ZEO_INVALID || status == ZEO_UNSUPPORTED));
    CHECK(bound == nullptr);
    CHECK_FALSE(call.message().empty());
    return call.message();
  }

 private:
  Object<zeo_codec> codec_;
};

inline zeo_bound_info describe(const zeo_bound_codec* bound) {
  zeo_bound_info info{};
  info.struct_size = sizeof info;
  bound->v->describe(bound, &info);
  REQUIRE(info.encoded != nullptr);
  CHECK(info.encoded->struct_size >= sizeof *info.encoded);
  // A host of an older contract has less room.
  const std::uint64_t untouched = 0;
  zeo_bound_info shorter{};
  shorter.struct_size = offsetof(zeo_bound_info, piece_shape);
  shorter.piece_shape = &untouched;
  bound->v->describe(bound, &shorter);
  CHECK(shorter.piece_shape == &untouched);
  return info;
}

/// A zeo_out over memory that was set aside before, surrounded by guards. It grows up to `limit`.
class PresetOut {
 public:
  explicit PresetOut(std::uint64_t capacity, std::uint64_t limit = 0) : limit_(limit < capacity ? capacity : limit) {
    memory_.assign(capacity + 2 * guard, filler);
    out_ = {memory_.data() + guard, 0, capacity, &reserve, this};
  }
  PresetOut(const PresetOut&) = delete;
  PresetOut& operator=(const PresetOut&) = delete;

  zeo_out* abi() { return &out_; }
  Octets octets() const { return {out_.data, out_.data + out_.size}; }
  std::uint64_t size() const { return out_.size; }
  bool guards_untouched() const {
    const auto is_filler = [](std::uint8_t byte) { return byte == filler; };
    return out_.size <= out_.capacity && std::all_of(memory_.begin(), memory_.begin() + guard, is_filler) &&
           std::all_of(memory_.end() - guard, memory_.end(), is_filler);
  }

 private:
  static constexpr std::ptrdiff_t guard = 64;
  static constexpr std::uint8_t filler = 0x5A;

  static zeo_status reserve(zeo_out* out, std::uint64_t capacity) {
    auto& self = *static_cast<PresetOut*>(out->host);
    if (capacity <= out->capacity) return ZEO_OK;
    if (capacity > self.limit_) return ZEO_NO_MEMORY;
    // Exactly what was asked for while that is little, to catch codecs that count on more; then in proportion, as hosts
    // do.
    if (capacity > 4096) capacity = std::min(self.limit_, capacity + capacity / 2);
    Octets moved(capacity + 2 * guard, filler);
    std::copy(out->data, out->data + out->size, moved.begin() + guard);
    self.memory_ = std::move(moved);
    out->data = self.memory_.data() + guard;
    out->capacity = capacity;
    return ZEO_OK;
  }

  std::uint64_t limit_;
  Octets memory_;
  zeo_out out_{};
};

}  // namespace zeolite::testing
