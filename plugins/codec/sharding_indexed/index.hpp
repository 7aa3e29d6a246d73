// SPDX-License-Identifier: Apache-2.0
//
// The index of a shard: where each inner chunk's bytes are, and how that table itself is stored.
// Source: sharding codec 1.0, "Binary shard format".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zeolite/sdk/plan.hpp>

#include "geometry.hpp"

namespace zeolite::sharding_indexed {

/// An inner chunk's bytes; as the stored index has it, two uint64 an entry.
struct Entry {
  std::uint64_t offset;
  std::uint64_t nbytes;
};
static_assert(sizeof(Entry) == 2 * sizeof(std::uint64_t));

/// Both members of the entry of an inner chunk that holds nothing but the fill value.
inline constexpr std::uint64_t empty = UINT64_MAX;

/// The index of one shard, as read: nothing in it is believed before it is checked.
class Index {
 public:
  /// The index of a shard without chunks.
  explicit Index(const Geometry& geometry) : geometry_(&geometry) {}
  Index(const Geometry& geometry, std::vector<Entry> entries, std::uint64_t shard_bytes)
      : geometry_(&geometry), entries_(std::move(entries)), shard_bytes_(shard_bytes) {}

  /// The bytes of an inner chunk, inside the shard's; nothing when the chunk is empty. Gaps and overlaps are legal.
  std::optional<zeo_range> locate(std::uint64_t number) const {
    if (entries_.empty()) return std::nullopt;
    const auto [offset, nbytes] = entries_[number];
    if (offset == empty && nbytes == empty) return std::nullopt;
    if (offset == empty || nbytes == empty || nbytes > shard_bytes_ || offset > shard_bytes_ - nbytes) {
      throw sdk::corrupt(
          "the shard's index says that inner chunk {} has {} bytes at offset {}, but the shard has {} bytes in all",
          geometry_->name(number), nbytes, offset, shard_bytes_);
    }
    return zeo_range{offset, nbytes};
  }

 private:
  const Geometry* geometry_;
  std::vector<Entry> entries_;  // none at all: every chunk is empty
  std::uint64_t shard_bytes_ = 0;
};

enum class Location { start, end };

/// How indexes are stored: the index codecs, bound to this geometry, and the place. Immutable.
class IndexFormat {
 public:
  IndexFormat(const sdk::Host& host, const Geometry& geometry, const sdk::json::array& codecs, Location location,
              const sdk::Call& call)
      : geometry_(geometry), location_(location), shape_(geometry.counts()) {
    shape_.push_back(2);
    data_type_ = host.create<zeo_data_type>(ZEO_POINT_DATA_TYPE, "\"uint64\"", call);
    if (data_type_->v->info(data_type_.get())->item_bytes != sizeof(std::uint64_t)) {
      throw sdk::unsupported("the data type \"uint64\", which a shard's index needs, has items of other than 8 bytes");
    }
    chain_ = host.create_chain(sdk::json::serialize(codecs), representation(), call);
    const auto size = fixed_size(*chain_);
    if (!size) {
      throw sdk::invalid("\"index_codecs\" must encode to a fixed size, and {} does not", culprit(host, codecs, call));
    }
    bytes_ = *size;
  }

  /// Size of a stored index.
  std::uint64_t bytes() const { return bytes_; }
  Location location() const { return location_; }

  /// Where in a shard the index is.
  zeo_range range() const {
    return location_ == Location::end ? zeo_range{ZEOLITE_SUFFIX, bytes_} : zeo_range{0, bytes_};
  }

  /// Reads the index from the answer to range(), or to a request for the whole shard.
  Index read(const zeo_got& got, const sdk::Call& call) const {
    if (got.present == 0) return Index(geometry_);
    auto stored = sdk::bytes(got.bytes);
    if (stored.size() < bytes_ || got.value_bytes < bytes_) {
      throw sdk::corrupt("the shard has {} bytes, fewer than the {} of its index", stored.size(), bytes_);
    }
    stored = location_ == Location::end ? stored.last(bytes_) : stored.first(bytes_);
    std::vector<Entry> entries(geometry_.chunks());
    auto array = view(entries);
    sdk::Call::check(chain_->v->decode(chain_.get(), sdk::abi(stored), &array.array, call.abi()));
    return {geometry_, std::move(entries), got.value_bytes};
  }

  /// The stored form of an index.
  std::vector<std::uint8_t> write(std::vector<Entry> entries, const sdk::Call& call) const {
    std::vector<std::uint8_t> stored(bytes_);
    zeo_out out = {stored.data(), 0, bytes_,
                   [](zeo_out* self, std::uint64_t capacity) -> zeo_status {
                     return capacity <= self->capacity ? ZEO_OK : ZEO_NO_MEMORY;
                   },
                   nullptr};
    const auto array = view(entries);
    sdk::Call::check(chain_->v->encode(chain_.get(), &array.array, &out, call.abi()));
    if (out.size != bytes_) {
      throw sdk::failure(ZEO_INTERNAL, "the index codecs made {} bytes and had promised {}", out.size, bytes_);
    }
    return stored;
  }

 private:
  /// The entries as an array of uint64 shaped [inner chunks along each axis..., 2].
  struct View {
    std::vector<std::int64_t> strides;
    zeo_array array;
  };
  View view(std::vector<Entry>& entries) const {
    View view{std::vector<std::int64_t>(shape_.size()), {}};
    std::int64_t stride = sizeof(std::uint64_t);
    for (std::size_t axis = shape_.size(); axis-- > 0; stride *= static_cast<std::int64_t>(shape_[axis])) {
      view.strides[axis] = stride;
    }
    view.array.struct_size = sizeof(zeo_array);
    view.array.ndim = static_cast<std::uint32_t>(shape_.size());
    view.array.shape = shape_.data();
    view.array.strides_bytes = view.strides.data();
    view.array.data = entries.data();
    view.array.device_type = 1;
    return view;
  }

  zeo_representation representation() const {
    zeo_representation decoded{};
    decoded.struct_size = sizeof decoded;
    decoded.kind = ZEO_REPRESENTATION_ARRAY;
    decoded.ndim = static_cast<std::uint32_t>(shape_.size());
    decoded.shape = shape_.data();
    decoded.data_type = data_type_.get();
    decoded.fill_value = {reinterpret_cast<const std::uint8_t*>(&empty), sizeof empty};
    return decoded;
  }

  static std::optional<std::uint64_t> fixed_size(const zeo_bound_codec& chain) {
    zeo_bound_info info{};
    info.struct_size = sizeof info;
    chain.v->describe(&chain, &info);
    const bool fixed = info.encoded->kind == ZEO_REPRESENTATION_BYTES && info.encoded->exact != 0;
    return fixed ? std::optional(info.encoded->max_bytes) : std::nullopt;
  }

  /// The codec that makes the size vary: the last of the shortest list of codecs whose size does.
  std::string culprit(const sdk::Host& host, const sdk::json::array& codecs, const sdk::Call& call) const {
    for (std::size_t length = 1; length < codecs.size(); ++length) {
      try {
        const sdk::json::array beginning(codecs.begin(), codecs.begin() + static_cast<std::ptrdiff_t>(length));
        if (!fixed_size(*host.create_chain(sdk::json::serialize(beginning), representation(), call))) {
          return sdk::json::serialize(codecs[length - 1]);
        }
      } catch (const sdk::Passed&) {  // the array->bytes codec comes later
      }
    }
    return sdk::json::serialize(codecs[codecs.size() - 1]);
  }

  const Geometry& geometry_;
  Location location_;
  Coordinates shape_;
  sdk::Owned<zeo_data_type> data_type_;
  sdk::Owned<zeo_bound_codec> chain_;  // released before the data type and shape it is bound to
  std::uint64_t bytes_ = 0;
};

}  // namespace zeolite::sharding_indexed
