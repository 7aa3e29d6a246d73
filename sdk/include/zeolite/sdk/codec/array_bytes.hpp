// SPDX-License-Identifier: Apache-2.0
//
// The author classes for array->bytes codecs: those that write elements as bytes, alone (bytes, strings) or in parts
// that can be fetched one by one (shards).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <zeolite/sdk/codec/bytes_bytes.hpp>
#include <zeolite/sdk/plan.hpp>

namespace zeolite::sdk {

/// An array->bytes codec bound to one chunk shape and data type. The constructor of a derived class fills in
/// `properties`; nothing changes afterwards.
class BoundArrayBytes {
 public:
  virtual ~BoundArrayBytes() = default;

  struct Properties {
    std::uint64_t max_bytes = UINT64_MAX;  ///< no encoded value is longer; UINT64_MAX: not known
    bool exact = false;                    ///< every one is exactly that long
    std::uint32_t flags = 0;               ///< ZEO_CODEC_*
    std::uint32_t concurrency = 1;         ///< threads one call can make use of
    bool whole = true;                     ///< has encode() and decode()
    bool read_plans = false;               ///< has read_plan()
    bool write_plans = false;              ///< has write_plan()
    /// With read plans: the shape of the smallest boxes that are decoded as a whole, where all have one; they begin at
    /// its multiples, and it divides the chunk. Empty: there are none, or they differ.
    std::vector<std::uint64_t> piece_shape = {};
  };
  Properties properties;

  /// Appends the encoded form of `decoded`: contiguous, unless ZEO_CODEC_STRIDED is set.
  virtual void encode(const Array& decoded, Out& encoded, const Call& call) const;
  /// Writes every element of `decoded`. `encoded` is untrusted.
  virtual void decode(Bytes encoded, const Array& decoded, const Call& call) const;

  /// A plan for reading a box; null: not worth one, decode the whole value.
  virtual std::unique_ptr<Plan> read_plan(const Region& box, const Call& call) const;
  /// A plan for replacing a box, which may have steps.
  virtual std::unique_ptr<Plan> write_plan(const Region& box, const Call& call) const;
};

/// Override bind(), beside fields().
class ArrayBytesCodec : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_CODEC;

  /// The codec for chunks like this; throws when it cannot code them, and says what could.
  virtual std::unique_ptr<BoundArrayBytes> bind(const Representation& decoded, const Call& call) const = 0;

  /// Makes the object of the contract; called by the SDK.
  static zeo_object* box(std::unique_ptr<ArrayBytesCodec> codec, std::string configuration);
};

inline void BoundArrayBytes::encode(const Array&, Out&, const Call&) const {
  throw unsupported("encodes by plans only");
}
inline void BoundArrayBytes::decode(Bytes, const Array&, const Call&) const {
  throw unsupported("decodes by plans only");
}
inline std::unique_ptr<Plan> BoundArrayBytes::read_plan(const Region&, const Call&) const { return nullptr; }
inline std::unique_ptr<Plan> BoundArrayBytes::write_plan(const Region&, const Call&) const { return nullptr; }

namespace detail {

/// A bound codec and the rank of what it decodes to, which boxes do not say.
struct BoundArrayBytesHolder {
  std::unique_ptr<BoundArrayBytes> codec;
  std::size_t ndim;
  zeo_representation encoded;

  static const BoundArrayBytesHolder& from(const zeo_bound_codec* self) { return author<BoundArrayBytesHolder>(self); }

  static void describe(const zeo_bound_codec* self, zeo_bound_info* info) {
    const auto& properties = from(self).codec->properties;
    info->flags = properties.flags;
    info->concurrency = properties.concurrency;
    info->reserved = 0;
    info->encoded = &from(self).encoded;
    // A host of an older contract has no place for it.
    if (info->struct_size < offsetof(zeo_bound_info, piece_shape) + sizeof(info->piece_shape)) return;
    info->piece_shape = properties.piece_shape.empty() ? nullptr : properties.piece_shape.data();
  }

  static zeo_status encode(const zeo_bound_codec* self, const zeo_array* decoded, zeo_out* encoded,
                           const zeo_call* abi) {
    return guard(abi, [&] {
      const Call call(abi);
      call.check_cancelled();
      Out out(encoded);
      from(self).codec->encode(Array(*decoded), out, call);
    });
  }

  static zeo_status decode(const zeo_bound_codec* self, zeo_bytes encoded, zeo_array* decoded, const zeo_call* abi) {
    return guard(abi, [&] {
      const Call call(abi);
      call.check_cancelled();
      from(self).codec->decode(bytes(encoded), Array(*decoded), call);
    });
  }

  template <auto Function>
  static zeo_status plan(const zeo_bound_codec* self, const zeo_box* box, zeo_plan** out, const zeo_call* abi) {
    bool worth_one = false;
    const auto status = guard(abi, [&] {
      const auto& bound = from(self);
      auto plan = ((*bound.codec).*Function)(Region(*box, bound.ndim), Call(abi));
      worth_one = plan != nullptr;
      if (worth_one) *out = Plan::box(std::move(plan));
    });
    if (status != ZEO_OK || worth_one) return status;
    // Hosts ask for every chunk: an exception would take longer than reading a small one.
    return report(abi, ZEO_UNSUPPORTED, "a plan would gain nothing for this box");
  }

  static zeo_status bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                         const zeo_call* call);
};

constexpr zeo_bound_codec_vtable bound_array_bytes_table(bool whole, bool reads, bool writes) {
  zeo_bound_codec_vtable table{};
  table.object = Box<zeo_bound_codec, BoundArrayBytesHolder>::bound_head(sizeof table);
  table.kind = ZEO_ARRAY_TO_BYTES;
  table.describe = &BoundArrayBytesHolder::describe;
  if (whole) {
    table.encode = &BoundArrayBytesHolder::encode;
    table.decode = &BoundArrayBytesHolder::decode;
  }
  if (reads) table.read_plan = &BoundArrayBytesHolder::plan<&BoundArrayBytes::read_plan>;
  if (writes) table.write_plan = &BoundArrayBytesHolder::plan<&BoundArrayBytes::write_plan>;
  return table;
}

/// One table for each combination of functions a codec may have, so that what it lacks is NULL.
inline constexpr zeo_bound_codec_vtable bound_array_bytes[8] = {
    bound_array_bytes_table(false, false, false), bound_array_bytes_table(true, false, false),
    bound_array_bytes_table(false, true, false),  bound_array_bytes_table(true, true, false),
    bound_array_bytes_table(false, false, true),  bound_array_bytes_table(true, false, true),
    bound_array_bytes_table(false, true, true),   bound_array_bytes_table(true, true, true)};

inline zeo_status BoundArrayBytesHolder::bind(const zeo_codec* self, const zeo_representation* decoded,
                                              zeo_bound_codec** out, const zeo_call* call) {
  return guard(call, [&] {
    const Representation representation(*decoded);
    auto codec = author<ArrayBytesCodec>(self).bind(representation, Call(call));
    if (!codec) throw Error(ZEO_INTERNAL, "a defect of the plugin: its bind() returned nothing");
    const auto& has = codec->properties;
    const auto& table = bound_array_bytes[(has.whole ? 1 : 0) + (has.read_plans ? 2 : 0) + (has.write_plans ? 4 : 0)];
    const auto encoded = bytes_representation(has.max_bytes, has.exact);
    auto holder = std::make_unique<BoundArrayBytesHolder>(
        BoundArrayBytesHolder{std::move(codec), representation.ndim(), encoded});
    *out = make_box<BoundArrayBytesHolder, zeo_bound_codec>(std::move(holder), &table);
  });
}

inline constexpr auto array_bytes_codec =
    codec_table<ArrayBytesCodec>(ZEO_ARRAY_TO_BYTES, &BoundArrayBytesHolder::bind);

}  // namespace detail

inline zeo_object* ArrayBytesCodec::box(std::unique_ptr<ArrayBytesCodec> codec, std::string configuration) {
  return reinterpret_cast<zeo_object*>(
      make_box<ArrayBytesCodec, zeo_codec>(std::move(codec), &detail::array_bytes_codec, std::move(configuration)));
}

}  // namespace zeolite::sdk
