// SPDX-License-Identifier: Apache-2.0
//
// What the hierarchy tests share: an empty store in memory, and its keys and values as text.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/hierarchy.hpp>

#include "metadata_support.hpp"

namespace zeolite::test {

inline Store empty_store() {
  static const Context context;
  return Store::open(context, "memory:");
}

inline void put(const Store& store, std::string_view key, std::string_view text) {
  store.set(key, std::as_bytes(std::span(text)));
}

inline std::string text_at(const Store& store, std::string_view key) {
  const auto value = store.get(key);
  if (!value) return "(nothing)";
  return {reinterpret_cast<const char*>(value->data()), value->size()};
}

inline std::vector<std::string> keys_of(const Store& store) {
  std::vector<std::string> keys;
  store.list("", false, [&](const StoreEntry& entry) { keys.push_back(entry.key); });
  std::sort(keys.begin(), keys.end());
  return keys;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A small array of what every test has plugins for.
inline ArrayOptions small_array() { return {.shape = {4, 4}, .chunk_shape = {2, 2}, .data_type = "int32"}; }

}  // namespace zeolite::test
