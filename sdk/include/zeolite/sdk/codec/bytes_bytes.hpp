// SPDX-License-Identifier: Apache-2.0
//
// The author class for bytes->bytes codecs: compressors and checksums.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <zeolite/sdk/codec/representation.hpp>
#include <zeolite/sdk/object.hpp>

namespace zeolite::sdk {

/// Override the three functions and, where it holds, exact_size(). The SDK checks sizes around them.
class BytesCodec : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_CODEC;

  /// What the encoded form of `decoded_bytes` bytes, or fewer, never exceeds; UINT64_MAX when nobody knows. Not asked
  /// about more than 2^62 bytes, so a little arithmetic cannot overflow.
  virtual std::uint64_t max_encoded(std::uint64_t decoded_bytes) const = 0;

  /// Whether n bytes always encode to exactly max_encoded(n).
  virtual bool exact_size() const { return false; }

  /// Appends the encoded form to `encoded`.
  virtual void encode(Bytes decoded, Out& encoded, const Call& call) const = 0;

  /// Appends the decoded form to `decoded`. `encoded` is untrusted. When the decoded size is known, `decoded.limit()`
  /// says so and there is room for all of it already; otherwise write to `decoded.room()`, and `decoded.grow()` when it
  /// is full.
  virtual void decode(Bytes encoded, Out& decoded, const Call& call) const = 0;

  /// Makes the object of the contract; called by the SDK.
  static zeo_object* box(std::unique_ptr<BytesCodec> codec, std::string configuration);
};

/// Decodes with a library that works piecemeal. `step(input, room)` reads from the front of `input`, writes to the
/// front of `room` (which may be empty) and says how far it came; `complete` when what it has read so far may end here.
struct Progress {
  std::uint64_t consumed;
  std::uint64_t produced;
  bool complete;
};
template <class Step>
void decode_stream(Bytes encoded, Out& decoded, const Call& call, Step step) {
  auto complete = false;
  auto room = decoded.room();
  while (!complete || !encoded.empty()) {
    call.check_cancelled();
    const Progress progress = step(encoded, room);
    const auto stuck = progress.consumed == 0 && progress.produced == 0;
    // With a full output it may still have read a checksum, so more room is asked for only when nothing moves any
    // longer.
    if (stuck && (!room.empty() || (encoded.empty() && decoded.size() == decoded.limit()))) {
      throw corrupt("the encoded value ends too early");
    }
    encoded = encoded.subspan(progress.consumed);
    decoded.advance(progress.produced);
    complete = progress.complete;
    room = stuck ? decoded.grow() : decoded.room();
  }
}

namespace detail {

struct BoundBytes {
  const BytesCodec* codec;
  std::uint64_t max_decoded;
  bool exact;
  zeo_representation encoded;

  static const BoundBytes& from(const zeo_bound_codec* self) { return author<BoundBytes>(self); }

  static void describe(const zeo_bound_codec* self, zeo_bound_info* info) {
    info->flags = 0;
    info->concurrency = 1;
    info->reserved = 0;
    info->encoded = &from(self).encoded;
  }

  static zeo_status encode(const zeo_bound_codec* self, zeo_bytes decoded, zeo_out* encoded, const zeo_call* abi) {
    return guard(abi, [&] {
      const Call call(abi);
      call.check_cancelled();
      Out out(encoded);
      from(self).codec->encode(bytes(decoded), out, call);
    });
  }

  static zeo_status decode(const zeo_bound_codec* self, zeo_bytes encoded, zeo_out* decoded, const zeo_call* abi) {
    return guard(abi, [&] {
      const Call call(abi);
      call.check_cancelled();
      const auto& bound = from(self);
      const auto before = decoded->size;
      // Where the size is a bound, not a promise, the host's memory sets the limit: others may need more for the same.
      const auto unlimited = !bound.exact || bound.max_decoded > UINT64_MAX - before;
      Out out(decoded, unlimited ? UINT64_MAX : before + bound.max_decoded);
      bound.codec->decode(bytes(encoded), out, call);
      if (out.size() > out.limit()) throw out.too_long();
      if (bound.exact && out.size() != out.limit()) {
        throw corrupt("the value decodes to {} bytes, not the {} it must have", out.size() - before, bound.max_decoded);
      }
    });
  }

  static zeo_status bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                         const zeo_call* call);
};

constexpr zeo_bound_codec_vtable bound_bytes_table() {
  zeo_bound_codec_vtable table{};
  table.object = Box<zeo_bound_codec, BoundBytes>::bound_head(sizeof table);
  table.kind = ZEO_BYTES_TO_BYTES;
  table.describe = &BoundBytes::describe;
  table.encode_bytes = &BoundBytes::encode;
  table.decode_bytes = &BoundBytes::decode;
  return table;
}
inline constexpr zeo_bound_codec_vtable bound_bytes = bound_bytes_table();

inline zeo_status BoundBytes::bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                                   const zeo_call* call) {
  return guard(call, [&] {
    if (decoded->kind != ZEO_REPRESENTATION_BYTES) {
      throw invalid("it takes bytes: put a codec that turns the array into bytes before it");
    }
    const auto& codec = author<BytesCodec>(self);
    const bool exact = decoded->exact != 0 && decoded->max_bytes != UINT64_MAX;
    const bool askable = decoded->max_bytes <= std::uint64_t{1} << 62;
    const auto max_encoded = askable ? codec.max_encoded(decoded->max_bytes) : UINT64_MAX;
    const BoundBytes bound{&codec, decoded->max_bytes, exact,
                           bytes_representation(max_encoded, exact && codec.exact_size())};
    *out = make_box<BoundBytes, zeo_bound_codec>(std::make_unique<BoundBytes>(bound), &bound_bytes);
  });
}

/// The table of unbound codecs of one kind.
template <class Author>
constexpr zeo_codec_vtable codec_table(std::uint32_t kind, decltype(zeo_codec_vtable::bind) bind) {
  zeo_codec_vtable table{};
  table.object = Box<zeo_codec, Author>::head(sizeof table);
  table.kind = kind;
  table.bind = bind;
  return table;
}

inline constexpr auto bytes_codec = codec_table<BytesCodec>(ZEO_BYTES_TO_BYTES, &BoundBytes::bind);

}  // namespace detail

inline zeo_object* BytesCodec::box(std::unique_ptr<BytesCodec> codec, std::string configuration) {
  return reinterpret_cast<zeo_object*>(
      make_box<BytesCodec, zeo_codec>(std::move(codec), &detail::bytes_codec, std::move(configuration)));
}

}  // namespace zeolite::sdk
