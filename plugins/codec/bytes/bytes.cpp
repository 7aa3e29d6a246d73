// SPDX-License-Identifier: Apache-2.0
//
// Elements one after the other, in C order and a chosen byte order. Source: Zarr v3 codec "bytes", version 1.0,
// formerly named "endian". README.md lists its limits.
#include <optional>
#include <vector>

#include <zeolite/sdk/byte_order.hpp>
#include <zeolite/sdk/codec.hpp>

#include "copy.hpp"
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
    properties.flags = ZEO_CODEC_STRIDED;
    if (!swaps) properties.flags |= ZEO_CODEC_IDENTITY;
    if (swaps && info_.swap_unit != ZEOLITE_SWAP_MIXED) properties.flags |= ZEO_CODEC_SWAPPED;
    // The host turns the bytes of a piece by swap unit, which a type of mixed parts does not have.
    properties.read_plans = !swaps || info_.swap_unit != ZEOLITE_SWAP_MIXED;
  }

  void encode(const sdk::Array& decoded, sdk::Out& encoded, const sdk::Call&) const override {
    auto* target = encoded.reserve(bytes_).data();
    decoded.for_each_row([&](const std::uint8_t* row, std::uint64_t count, std::int64_t stride) {
      copy(row, stride, target, item_stride(), count);
      target += count * info_.item_bytes;
    });
    encoded.advance(bytes_);
  }

  void decode(sdk::Bytes encoded, const sdk::Array& decoded, const sdk::Call&) const override {
    if (encoded.size() != bytes_) {
      throw sdk::corrupt("the chunk has {} bytes, but its {} take {}", encoded.size(), sdk::describe(info_), bytes_);
    }
    const auto* source = encoded.data();
    decoded.for_each_row([&](std::uint8_t* row, std::uint64_t count, std::int64_t stride) {
      copy(source, item_stride(), row, stride, count);
      source += count * info_.item_bytes;
    });
  }

  std::unique_ptr<sdk::Plan> read_plan(const sdk::Region& box, const sdk::Call&) const override {
    const auto runs = bytes_codec::find_runs(shape_, info_.item_bytes, box);
    if (!runs) return nullptr;
    return std::make_unique<bytes_codec::ReadBox>(shape_, info_.item_bytes, *runs, box, swaps_);
  }

 private:
  std::int64_t item_stride() const { return static_cast<std::int64_t>(info_.item_bytes); }

  void copy(const std::uint8_t* source, std::int64_t source_stride, std::uint8_t* target, std::int64_t target_stride,
            std::uint64_t count) const {
    if (source_stride == item_stride() && target_stride == item_stride()) {
      copy_items(source, target, count);
    } else if (!bytes_codec::copy_strided(source, source_stride, target, target_stride, count, info_.item_bytes,
                                          swaps_ ? info_.swap_unit : 0)) {
      for (std::uint64_t i = 0; i < count; ++i, source += source_stride, target += target_stride) {
        copy_items(source, target, 1);
      }
    }
  }

  void copy_items(const std::uint8_t* source, std::uint8_t* target, std::uint64_t count) const {
    if (!swaps_) {
      std::memcpy(target, source, count * info_.item_bytes);
    } else if (info_.swap_unit == ZEOLITE_SWAP_MIXED) {
      type_->v->swap(type_, source, target, count);
    } else {
      sdk::swap_units(source, target, info_.swap_unit, count * (info_.item_bytes / info_.swap_unit));
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
