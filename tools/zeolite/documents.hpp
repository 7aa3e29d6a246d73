// SPDX-License-Identifier: Apache-2.0
//
// The keys under which hierarchies of both versions keep their metadata.
#pragma once

#include <string_view>

namespace zeolite::tool {

inline bool is_metadata_key(std::string_view key) {
  const auto name = key.substr(key.rfind('/') + 1);
  return name == "zarr.json" || name == ".zarray" || name == ".zgroup" || name == ".zattrs" || name == ".zmetadata";
}

}  // namespace zeolite::tool
