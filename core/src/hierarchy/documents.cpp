// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"

#include <span>

#include "../engine/store_impl.hpp"
#include "../metadata/json.hpp"
#include "../metadata/v2.hpp"
#include "path.hpp"

namespace zeolite {
namespace {

std::optional<Buffer> read(const Store& store, const std::string& key) {
  return Store::Impl::get(store, key, max_document_bytes);
}

/// Parses the text of `key`, so that errors name it.
template <class Parse>
auto parse_at(const Store& store, const std::string& key, Parse&& parse) {
  try {
    return parse();
  } catch (Error& error) {
    throw error.at("key", key).at("store", store.location());
  }
}

}  // namespace

std::string document_key(std::string_view path) { return prefix_of(path) + "zarr.json"; }

std::vector<std::string> document_keys(std::string_view path) {
  const auto prefix = prefix_of(path);
  return {document_key(path), prefix + std::string(v2_array_name), prefix + std::string(v2_group_name)};
}

bool has_document(const Store& store, std::string_view path) {
  for (const auto& key : document_keys(path)) {
    if (store.exists(key)) return true;
  }
  return false;
}

std::optional<NodeMetadata> find_v2_node(const Store& store, std::string_view path) {
  const auto prefix = prefix_of(path);
  const auto attributes_key = prefix + std::string(v2_attributes_name);
  const auto attributes = [&] {
    const auto value = read(store, attributes_key);
    return parse_at(store, attributes_key,
                    [&] { return value ? parse_v2_attributes(value->text()) : boost::json::object(); });
  };
  const auto array_key = prefix + std::string(v2_array_name);
  if (const auto value = read(store, array_key)) {
    auto& context = *store.context().impl();
    Call call(context.workers);
    auto metadata = parse_at(store, array_key, [&] { return parse_v2_array(value->text(), context.catalog, call); });
    metadata.attributes = attributes();
    return metadata;
  }
  const auto group_key = prefix + std::string(v2_group_name);
  if (const auto value = read(store, group_key)) {
    auto metadata = parse_at(store, group_key, [&] { return parse_v2_group(value->text()); });
    metadata.attributes = attributes();
    return metadata;
  }
  return std::nullopt;
}

std::optional<NodeKind> find_v2_kind(const Store& store, std::string_view path) {
  const auto keys = document_keys(path);
  if (store.exists(keys[1])) return NodeKind::array;
  if (store.exists(keys[2])) return NodeKind::group;
  return std::nullopt;
}

NodeMetadata parse_document(const Store& store, const std::string& key, std::string_view text) {
  return parse_at(store, key, [&] { return parse_node_metadata(text); });
}

std::optional<NodeMetadata> find_node(const Store& store, std::string_view path) {
  const auto key = document_key(path);
  if (const auto value = read(store, key)) return parse_document(store, key, value->text());
  return find_v2_node(store, path);
}

NodeKind kind_of(const NodeMetadata& node) {
  return std::holds_alternative<ArrayMetadata>(node) ? NodeKind::array : NodeKind::group;
}

std::optional<NodeKind> find_kind(const Store& store, std::string_view path) {
  const auto key = document_key(path);
  if (const auto value = read(store, key)) return kind_of(parse_document(store, key, value->text()));
  return find_v2_kind(store, path);
}

NodeMetadata read_node(const Store& store, std::string_view path) {
  auto node = find_node(store, path);
  if (!node) throw no_node(store, path);
  return std::move(*node);
}

Error no_node(const Store& store, std::string_view path) {
  const auto keys = document_keys(path);
  auto message = "no array or group at " + shown_path(path) + " of " + store.location() + ": looked for " + keys[0] +
                 ", " + keys[1] + " and " + keys[2];
  if (has_keys_below(store, path)) {
    message +=
        "; there are keys below it, but a group exists only where its document is: create one, or open one of "
        "the nodes below";
  }
  return Error(ErrorCode::not_found, std::move(message));
}

bool is_listable(const Store& store) { return (store.properties().flags & ZEO_STORE_LISTABLE) != 0; }

bool has_keys_below(const Store& store, std::string_view path) {
  if (!is_listable(store)) return false;
  struct Found {};
  try {
    // One is enough, and there may be millions.
    store.list(prefix_of(path), true, [](const StoreEntry&) { throw Found(); });
  } catch (const Found&) {
    return true;
  }
  return false;
}

void write_text(const Store& store, std::string_view key, std::string_view text) {
  store.set(key, std::as_bytes(std::span(text)));
}

void remove_node(const Store& store, std::string_view path) {
  for (const auto& key : document_keys(path)) store.remove(key);
  store.remove_prefix(prefix_of(path));
}

}  // namespace zeolite
