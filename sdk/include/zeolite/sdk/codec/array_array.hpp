// SPDX-License-Identifier: Apache-2.0
//
// The author classes for array->array codecs: those that change values, or only where elements stand.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <zeolite/sdk/codec/bytes_bytes.hpp>

namespace zeolite::sdk {

/// An array->array codec bound to one chunk shape and data type. The constructor of a derived class fills in `encoded`
/// and `properties`; nothing changes afterwards.
class BoundArray {
 public:
  virtual ~BoundArray() = default;

  /// What it encodes to.
  struct Encoded {
    std::vector<std::uint64_t> shape;
    const zeo_data_type* data_type = nullptr;  ///< outlives this object
    std::vector<std::uint8_t> fill_value;
  };
  Encoded encoded;

  struct Properties {
    std::uint32_t flags = 0;        ///< ZEO_CODEC_ELEMENTWISE, ZEO_CODEC_MAPS_BOXES
    std::uint32_t concurrency = 1;  ///< threads one call can make use of
    bool coded = true;              ///< has encode() and decode()
    bool viewed = false;            ///< has view() and map_box()
  };
  Properties properties;

  /// Both arrays are contiguous and have the bound shapes, or any one shape with ZEO_CODEC_ELEMENTWISE.
  virtual void encode(const Array& decoded, const Array& encoded, const Call& call) const;
  virtual void decode(const Array& encoded, const Array& decoded, const Call& call) const;

  /// For codecs that only permute or regroup elements: where view() writes the encoded array. `shape` and
  /// `strides_bytes` have room for ZEO_MAX_NDIM.
  struct View {
    std::uint64_t* shape;
    std::int64_t* strides_bytes;
    std::uint32_t ndim;
    void* data;  ///< preset to that of the decoded array
  };
  /// Throws unsupported() for an array it cannot view.
  virtual void view(const Array& decoded, View& encoded) const;

  /// Where map_box() writes the encoded box; room for ZEO_MAX_NDIM each.
  struct Box {
    std::uint64_t* origin;
    std::uint64_t* shape;
    std::uint64_t* step;
  };
  /// False: no box of the encoded array holds just these elements in view order.
  virtual bool map_box(const Region& decoded, const Box& encoded) const;

 protected:
  /// An encoded form that differs in nothing but what the caller changes afterwards.
  void encode_to_same(const Representation& decoded) {
    encoded.shape.assign(decoded.shape().begin(), decoded.shape().end());
    encoded.data_type = decoded.data_type();
    encoded.fill_value.assign(decoded.fill_value().begin(), decoded.fill_value().end());
  }
};

/// Override bind(), beside fields().
class ArrayCodec : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_CODEC;

  /// The codec for chunks like this; throws when it cannot code them, and says what it could.
  virtual std::unique_ptr<BoundArray> bind(const Representation& decoded, const Call& call) const = 0;

  /// Makes the object of the contract; called by the SDK.
  static zeo_object* box(std::unique_ptr<ArrayCodec> codec, std::string configuration);
};

inline void BoundArray::encode(const Array&, const Array&, const Call&) const {
  throw unsupported("encodes by view only");
}
inline void BoundArray::decode(const Array&, const Array&, const Call&) const {
  throw unsupported("decodes by view only");
}
inline void BoundArray::view(const Array&, View&) const { throw unsupported("it has no view of this array"); }
inline bool BoundArray::map_box(const Region&, const Box&) const { return false; }

namespace detail {

/// A bound codec and the rank of what it decodes to, which boxes do not say.
struct BoundArrayHolder {
  std::unique_ptr<BoundArray> codec;
  std::size_t ndim;
  zeo_representation encoded;  // points into the codec

  static const BoundArrayHolder& from(const zeo_bound_codec* self) { return author<BoundArrayHolder>(self); }

  static void describe(const zeo_bound_codec* self, zeo_bound_info* info) {
    const auto& codec = *from(self).codec;
    info->flags = codec.properties.flags;
    info->concurrency = codec.properties.concurrency;
    info->reserved = 0;
    info->encoded = &from(self).encoded;
  }

  static zeo_status view(const zeo_bound_codec* self, const zeo_array* decoded, zeo_array* encoded,
                         const zeo_call* call) {
    return guard(call, [&] {
      BoundArray::View view{const_cast<std::uint64_t*>(encoded->shape),
                            const_cast<std::int64_t*>(encoded->strides_bytes), 0, decoded->data};
      from(self).codec->view(Array(*decoded), view);
      encoded->ndim = view.ndim;
      encoded->data = view.data;
    });
  }

  static zeo_status map_box(const zeo_bound_codec* self, const zeo_box* decoded, zeo_box* encoded,
                            const zeo_call* call) {
    bool mapped = false;
    const auto status = guard(call, [&] {
      const BoundArray::Box box{const_cast<std::uint64_t*>(encoded->origin), const_cast<std::uint64_t*>(encoded->shape),
                                const_cast<std::uint64_t*>(encoded->step)};
      const auto& bound = from(self);
      mapped = bound.codec->map_box(Region(*decoded, bound.ndim), box);
    });
    if (status != ZEO_OK || mapped) return status;
    // Hosts ask for every chunk, so this is no exception.
    return report(call, ZEO_UNSUPPORTED, "no box of the encoded array holds just these elements");
  }

  static zeo_status encode(const zeo_bound_codec* self, const zeo_array* decoded, zeo_array* encoded,
                           const zeo_call* abi) {
    return guard(abi, [&] {
      const Call call(abi);
      call.check_cancelled();
      from(self).codec->encode(Array(*decoded), Array(*encoded), call);
    });
  }

  static zeo_status decode(const zeo_bound_codec* self, const zeo_array* encoded, zeo_array* decoded,
                           const zeo_call* abi) {
    return guard(abi, [&] {
      const Call call(abi);
      call.check_cancelled();
      from(self).codec->decode(Array(*encoded), Array(*decoded), call);
    });
  }

  static zeo_status bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                         const zeo_call* call);
};

constexpr zeo_bound_codec_vtable bound_array_table(bool coded, bool viewed) {
  zeo_bound_codec_vtable table{};
  table.object = Box<zeo_bound_codec, BoundArrayHolder>::bound_head(sizeof table);
  table.kind = ZEO_ARRAY_TO_ARRAY;
  table.describe = &BoundArrayHolder::describe;
  if (coded) {
    table.encode_array = &BoundArrayHolder::encode;
    table.decode_array = &BoundArrayHolder::decode;
  }
  if (viewed) {
    table.view = &BoundArrayHolder::view;
    table.map_box = &BoundArrayHolder::map_box;
  }
  return table;
}

/// One table for each combination of functions a codec may have, so that what it lacks is NULL.
inline constexpr zeo_bound_codec_vtable bound_array[4] = {
    bound_array_table(false, false), bound_array_table(true, false), bound_array_table(false, true),
    bound_array_table(true, true)};

inline zeo_status BoundArrayHolder::bind(const zeo_codec* self, const zeo_representation* decoded,
                                         zeo_bound_codec** out, const zeo_call* call) {
  return guard(call, [&] {
    const Representation representation(*decoded);
    auto codec = author<ArrayCodec>(self).bind(representation, Call(call));
    if (!codec) throw Error(ZEO_INTERNAL, "a defect of the plugin: its bind() returned nothing");
    const auto& table = bound_array[(codec->properties.coded ? 1 : 0) + (codec->properties.viewed ? 2 : 0)];
    zeo_representation encoded{};
    encoded.struct_size = sizeof encoded;
    encoded.kind = ZEO_REPRESENTATION_ARRAY;
    encoded.ndim = static_cast<std::uint32_t>(codec->encoded.shape.size());
    encoded.shape = codec->encoded.shape.data();
    encoded.data_type = codec->encoded.data_type;
    encoded.fill_value = abi(Bytes(codec->encoded.fill_value));
    auto holder =
        std::make_unique<BoundArrayHolder>(BoundArrayHolder{std::move(codec), representation.ndim(), encoded});
    *out = make_box<BoundArrayHolder, zeo_bound_codec>(std::move(holder), &table);
  });
}

inline constexpr auto array_codec = codec_table<ArrayCodec>(ZEO_ARRAY_TO_ARRAY, &BoundArrayHolder::bind);

}  // namespace detail

inline zeo_object* ArrayCodec::box(std::unique_ptr<ArrayCodec> codec, std::string configuration) {
  return reinterpret_cast<zeo_object*>(
      make_box<ArrayCodec, zeo_codec>(std::move(codec), &detail::array_codec, std::move(configuration)));
}

}  // namespace zeolite::sdk
