// SPDX-License-Identifier: Apache-2.0
//
// A chain: the codecs of an array, bound one after the other to one chunk shape. To plugins it is an array->bytes
// codec. Source: Zarr v3.1 core specification, "Determination of encoded representations".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zeolite/abi/codec.h>
#include <zeolite/metadata.hpp>

#include "context_impl.hpp"
#include "selection.hpp"

namespace zeolite {

/// The codecs metadata names, created but not bound. Shared by the chains of all chunk shapes.
class CodecList {
 public:
  /// Throws when one is missing or its configuration is wrong, or when their kinds are in no legal order.
  CodecList(Context::Impl& context, const std::vector<Extension>& codecs);

  Context::Impl& context() const { return context_; }
  const std::vector<Created<zeo_codec>>& codecs() const { return codecs_; }

 private:
  Context::Impl& context_;
  std::vector<Created<zeo_codec>> codecs_;
};

class Chain {
 public:
  /// A codec in its place.
  struct Link {
    const Created<zeo_codec>* codec;
    Owned<zeo_bound_codec> bound;
    zeo_representation decoded;
    zeo_representation encoded;
    std::uint32_t flags;                         ///< ZEO_CODEC_*
    const std::uint64_t* piece_shape = nullptr;  ///< zeo_bound_info.piece_shape

    const zeo_bound_codec_vtable& v() const { return *bound->v; }
    bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
    /// array->bytes: the host can do all there is to do by moving elements and reversing the bytes of each swap_unit().
    bool moves_elements() const { return has(ZEO_CODEC_IDENTITY) || has(ZEO_CODEC_SWAPPED); }
    std::uint32_t swap_unit() const {
      return has(ZEO_CODEC_SWAPPED) ? decoded.data_type->v->info(decoded.data_type)->swap_unit : 0;
    }
    /// Throws the failure of one of its functions, saying whose it was.
    void check(Call& call, zeo_status status) const;
    /// An error that names the codec and its plugin.
    Error error(ErrorCode code, std::string message) const;
    /// Names them in an error about the bytes this codec has made or asked for, unless it names others already.
    void blame(Error& error) const;
  };

  /// Binds. `decoded` is copied, but for the data type, which outlives the chain.
  Chain(std::shared_ptr<const CodecList> codecs, const zeo_representation& decoded);
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  Context::Impl& context() const { return codecs_->context(); }

  const Dims& shape() const { return shape_; }
  std::uint64_t item_bytes() const { return type_->item_bytes; }
  bool variable() const { return type_->variable != 0; }
  /// The fill value as one element in memory.
  const std::byte* fill_element() const { return fill_element_; }

  const std::vector<Link>& array_array() const { return links_.array_array; }
  const Link& array_bytes() const { return *links_.array_bytes; }
  const std::vector<Link>& bytes_bytes() const { return links_.bytes_bytes; }

  /// The codec whose output is stored.
  const Link& outermost() const { return bytes_bytes().empty() ? array_bytes() : bytes_bytes().back(); }

  /// What the whole chain encodes to.
  const zeo_representation& encoded() const { return outermost().encoded; }
  /// How long a stored value may be. Other encoders may be wordier than ours, so it is generous where sizes vary.
  std::uint64_t stored_limit() const;
  /// How many bytes may come out of decoding bytes_bytes()[i].
  std::uint64_t decoded_limit(std::size_t i) const;

  /// Whether some array->array codec may not be able to say where a box went: then the whole chunk is decoded step by
  /// step.
  bool may_refuse_boxes() const;

  /// About how many bytes of memory it takes to fetch one value whole.
  std::uint64_t fetch_share_bytes() const { return stored_bytes_; }
  /// The same for decoding it when it is in memory, beside the place of its elements.
  std::uint64_t decode_share_bytes(bool by_steps) const;
  /// When nobody has tried yet whether it must be by steps.
  std::uint64_t decode_share_bytes() const { return decode_share_bytes(may_refuse_boxes()); }
  /// For both.
  std::uint64_t read_share_bytes() const { return fetch_share_bytes() + decode_share_bytes(); }
  /// The same for writing one.
  std::uint64_t write_share_bytes() const;

  /// The shape of the smallest boxes that are decoded as a whole, so that whoever wants several parts of one reads them
  /// together: of the whole chunk, or of pieces that begin at its multiples. Nothing: any part can be read alone.
  const std::optional<Dims>& piece_shape() const { return piece_shape_; }

  /// The selection in terms of the array that the array->bytes codec sees, when all codecs before it only move elements
  /// and can say where; else nothing.
  std::optional<Selection> map(Call& call, const Selection& selection) const;

  /// The face shown to plugins, and the chain behind such a face; null for a codec that is no chain of ours.
  const zeo_bound_codec* abi() const { return &face_.abi; }
  static const Chain* from_abi(const zeo_bound_codec* codec);

  /// Hands a chain over to a plugin, which releases it.
  static zeo_bound_codec* give(std::unique_ptr<Chain> chain) { return &chain.release()->face_.abi; }

 private:
  struct Face {
    zeo_bound_codec abi;
    Chain* chain;
  };
  static const zeo_bound_codec_vtable face_table_;  // chain_face.cpp
  /// The last go first: each was bound to what the one before it describes.
  struct Links {
    std::vector<Link> array_array;
    std::optional<Link> array_bytes;
    std::vector<Link> bytes_bytes;
    ~Links();
  };
  void estimate_shares();
  void find_pieces();

  std::shared_ptr<const CodecList> codecs_;
  Dims shape_;
  std::vector<std::uint8_t> fill_bytes_;
  zeo_str fill_string_{};
  const std::byte* fill_element_ = nullptr;
  const zeo_data_type_info* type_;
  Links links_;
  std::uint64_t stored_bytes_ = 0;   // about as many as a value has
  std::uint64_t decoded_bytes_ = 0;  // of a whole chunk, as far as it is decoded as such
  std::optional<Dims> piece_shape_;
  Face face_;
};

/// What zeo_host.create_chain does.
zeo_status make_chain(Context::Impl& context, zeo_str codecs_json, const zeo_representation* decoded,
                      zeo_bound_codec** out, const zeo_call* call);

/// A zeo_array over memory. Borrows shape and strides.
inline zeo_array make_array(std::span<const std::uint64_t> shape, std::span<const std::int64_t> strides, void* data,
                            zeo_heap* heap = nullptr) {
  return {sizeof(zeo_array),
          static_cast<std::uint32_t>(shape.size()),
          shape.data(),
          strides.data(),
          data,
          heap,
          nullptr,
          1,
          0};
}

}  // namespace zeolite
