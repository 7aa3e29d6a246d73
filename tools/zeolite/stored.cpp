// SPDX-License-Identifier: Apache-2.0
#include "stored.hpp"

#include <zeolite/hierarchy.hpp>

#include "documents.hpp"

namespace zeolite::tool {

Stored count_stored_chunks(const Array& array) {
  const auto path = normalize_path(array.path());
  Stored stored;
  array.store().list(path.empty() ? "" : path + "/", false, [&](const StoreEntry& entry) {
    if (entry.key.ends_with('/') || is_metadata_key(entry.key)) return;
    ++stored.chunks;
    stored.bytes += entry.value_bytes ? *entry.value_bytes : array.store().size(entry.key).value_or(0);
  });
  return stored;
}

}  // namespace zeolite::tool
