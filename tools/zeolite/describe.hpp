// SPDX-License-Identifier: Apache-2.0
//
// What `tree` and `info` tell about an array, beyond what its metadata says by itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <zeolite/array.hpp>
#include <zeolite/registry.hpp>

namespace zeolite::tool {

/// The shape of all chunks when metadata states one, else nothing: they differ, or only the grid knows.
std::optional<Shape> chunk_shape(const ArrayMetadata& metadata);

/// The shape of inner chunks, where a codec packs many of them into one.
std::optional<Shape> inner_chunk_shape(const ArrayMetadata& metadata);

/// Adds the members "chunk_shape", of the smallest unit that is read, and "shard_shape", of the unit that is stored
/// when that is another one; null where there is none.
void add_shapes(boost::json::object& object, const ArrayMetadata& metadata);

/// The members of a document of version 3, whatever version they were read from.
boost::json::object to_json(const ArrayMetadata& metadata);
boost::json::object to_json(const GroupMetadata& metadata);

/// An extension an array names, and who provides it.
struct Part {
  Point point;
  Extension extension;
  std::string plugin;   ///< empty: nobody
  std::string missing;  ///< why nobody does, or why its plugin refuses this use; empty when all is well
  unsigned depth = 0;   ///< 1 for codecs inside a codec's configuration, and so on
};

/// All of them: data type, chunk grid, chunk key encoding, codecs in order with those inside them, storage
/// transformers.
std::vector<Part> parts_of(const Array& array);

}  // namespace zeolite::tool
