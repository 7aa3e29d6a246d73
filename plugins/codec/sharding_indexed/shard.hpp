// SPDX-License-Identifier: Apache-2.0
//
// A shard of one shape and data type: what binding fixes and the plans share.
#pragma once

#include <zeolite/sdk/codec/representation.hpp>

#include "index.hpp"

namespace zeolite::sharding_indexed {

/// The members of the codec's configuration.
struct Configuration {
  Coordinates chunk_shape;
  sdk::json::array codecs;
  sdk::json::array index_codecs;
  Location index_location = Location::end;
};

/// Immutable; outlives the plans.
struct Shard {
  const Geometry geometry;
  const IndexFormat index;
  const std::uint64_t decoded_bytes;        ///< of all elements
  const sdk::Owned<zeo_bound_codec> inner;  ///< the chain that codes one inner chunk

  Shard(const sdk::Host& host, const sdk::Representation& shard, const Configuration& configuration,
        const sdk::Call& call)
      : geometry(shard.shape(), configuration.chunk_shape),
        index(host, geometry, configuration.index_codecs, configuration.index_location, call),
        decoded_bytes(shard.array_bytes()),
        inner(host.create_chain(sdk::json::serialize(configuration.codecs), inner_chunk(shard), call)) {}
  Shard(const Shard&) = delete;  // the index format and the chain point into it

  /// The pieces of inner chunks; empty when those have none, or tell none.
  Coordinates piece_shape() const {
    zeo_bound_info info{};
    info.struct_size = sizeof info;
    inner->v->describe(inner.get(), &info);
    if (info.piece_shape == nullptr) return {};
    return {info.piece_shape, info.piece_shape + geometry.ndim()};
  }

 private:
  zeo_representation inner_chunk(const sdk::Representation& shard) const {
    zeo_representation inner{};
    inner.struct_size = sizeof inner;
    inner.kind = ZEO_REPRESENTATION_ARRAY;
    inner.ndim = static_cast<std::uint32_t>(geometry.ndim());
    inner.shape = geometry.inner().data();
    inner.data_type = shard.data_type();
    inner.fill_value = sdk::abi(shard.fill_value());
    return inner;
  }
};

}  // namespace zeolite::sharding_indexed
