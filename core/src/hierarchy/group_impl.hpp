// SPDX-License-Identifier: Apache-2.0
//
// What stands behind a Group handle.
#pragma once

#include <zeolite/hierarchy.hpp>
#include <zeolite/metadata.hpp>

namespace zeolite {

class Group::Impl {
 public:
  Impl(const Store& group_store, std::string normal_path, GroupMetadata group_metadata);

  const Store store;        ///< without an end to how long it waits: each call says that anew
  const std::string path;   ///< normalised
  const std::string shown;  ///< with a slash in front
  GroupMetadata metadata;
};

/// Opens a group whose document was already read. `path` is normalised.
Group make_group(const Store& store, std::string path, GroupMetadata metadata);
Node make_node(const Store& store, std::string path, NodeMetadata metadata);

}  // namespace zeolite
