// SPDX-License-Identifier: Apache-2.0
//
// Elements one after the other, in C order and a chosen byte order. Source: Zarr v3 codec "bytes", version 1.0,
// formerly named "endian". README.md lists its limits.
#include <cstring>
#include <optional>
#include <vector>

#include <zeolite/sdk/byte_order.hpp>
#include <zeolite/sdk/codec.hpp>

#include "read_box.hpp"

namespace {

using namespace zeolite;

enum class Endian { little, big };
constexpr auto host_endian = sdk::little_endian_host ? Endian::little : Endian::big;

class Bound final : public sdk::BoundArrayBytes {
 public:
  Bound(const sdk::Representation& decoded, bool swaps)
      : type_(decoded.data_type()),
        info_(decoded.type()),
        swaps_(swaps),
        bytes_(decoded.array_bytes()),
        shape_(decoded.shape().begin(), decoded.shape().end()) {
    properties.max_bytes = bytes_;
    properties.exact = true;
    // The host turns bytes by swap unit, which a type of mixed parts does not have.
    const bool mixed = swaps && info_.swap_unit == ZEOLITE_SWAP_MIXED;
    if (!mixed) properties.flags = swaps ? ZEO_CODEC_SWAPPED : ZEO_CODEC_IDENTITY;
    properties.read_plans = !mixed;
  }

  void encode(const sdk::Array& decoded, sdk::Out& encoded, const sdk::Call&) const override {
    copy(decoded.data(), encoded.reserve(bytes_).data());
    encoded.advance(bytes_);
  }

  void decode(sdk::Bytes encoded, const sdk::Array& decoded, const sdk::Call&) const override {
    if (encoded.size() != bytes_) {
      throw sdk::corrupt("the chunk has {} bytes, but its {} take {}", encoded.size(), sdk::describe(info_), bytes_);
    }
    copy(encoded.data(), decoded.data());
  }

  std::unique_ptr<sdk::Plan> read_plan(const sdk::Region& box, const sdk::Call&) const override {
    const auto runs = bytes_codec::find_runs(shape_, info_.item_bytes, box);
    if (!runs) return nullptr;
    return std::make_unique<bytes_codec::ReadBox>(shape_, info_.item_bytes, *runs, box, swaps_);
  }

 private:
  /// All elements, from memory order to stored order or back. A host that reads the flags moves elements by itself and
  /// comes here for those of mixed parts alone.
  void copy(const std::uint8_t* source, std::uint8_t* target) const {
    if (bytes_ == 0) return;
    if (!swaps_) {
      std::memcpy(target, source, bytes_);
    } else if (info_.swap_unit == ZEOLITE_SWAP_MIXED) {
      type_->v->swap(type_, source, target, bytes_ / info_.item_bytes);
    } else {
      sdk::swap_units(source, target, info_.swap_unit, bytes_ / info_.swap_unit);
    }
  }

  const zeo_data_type* type_;
  const zeo_data_type_info& info_;
  bool swaps_;
  std::uint64_t bytes_;
  std::vector<std::uint64_t> shape_;
};

class BytesInOrder : public sdk::ArrayBytesCodec {
 public:
  /// "@elements" is how the host asks for it when it reads version 2 arrays.
  static constexpr sdk::Names names{.name = "bytes", .aliases = {"endian", "@elements"}};

  void fields(sdk::Fields& f) override {
    f.maybe_one_of("endian", endian_, {{"little", Endian::little}, {"big", Endian::big}});
  }

  std::unique_ptr<sdk::BoundArrayBytes> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    const auto& info = decoded.type();
    if (decoded.variable()) {
      throw sdk::invalid("it stores elements of one size, not {}: use \"{}\" instead", sdk::describe(info),
                         info.type_class == ZEO_CLASS_STRING ? "vlen-utf8" : "vlen-bytes");
    }
    const auto ordered = info.swap_unit > 1;
    if (ordered && !endian_) {
      throw sdk::invalid("member \"endian\" is missing: {} need \"little\" or \"big\"", sdk::describe(info));
    }
    return std::make_unique<Bound>(decoded, ordered && *endian_ != host_endian);
  }

 private:
  std::optional<Endian> endian_;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.bytes", "0.1.0", "Apache-2.0", BytesInOrder)
