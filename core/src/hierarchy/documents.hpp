// SPDX-License-Identifier: Apache-2.0
//
// The documents of nodes in a store, of either version.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/error.hpp>
#include <zeolite/store.hpp>

#include "../metadata/document.hpp"

namespace zeolite {

/// The keys that may hold a node's document, in the order they are tried.
std::vector<std::string> document_keys(std::string_view path);

/// The key of the node's version 3 document.
std::string document_key(std::string_view path);

/// Whether any document is there, readable or not.
bool has_document(const Store& store, std::string_view path);

/// Reads the node's metadata; nothing when there is no document. Throws for a damaged one, naming its key.
std::optional<NodeMetadata> find_node(const Store& store, std::string_view path);

/// What kind of node is there, asking no plugin; nothing when there is no document. Throws for a damaged version 3
/// document, naming its key.
enum class NodeKind { group, array };
NodeKind kind_of(const NodeMetadata& node);
std::optional<NodeKind> find_kind(const Store& store, std::string_view path);

/// The same where no version 3 document is.
std::optional<NodeMetadata> find_v2_node(const Store& store, std::string_view path);
std::optional<NodeKind> find_v2_kind(const Store& store, std::string_view path);

/// What the text of a version 3 document says; errors name its key.
NodeMetadata parse_document(const Store& store, const std::string& key, std::string_view text);

/// Reads the node's metadata; throws ErrorCode::not_found saying what was looked for.
NodeMetadata read_node(const Store& store, std::string_view path);

/// The error for a node that is not there.
Error no_node(const Store& store, std::string_view path);

/// Whether keys start with the node's prefix; false when the store cannot be listed.
bool has_keys_below(const Store& store, std::string_view path);

bool is_listable(const Store& store);

void write_text(const Store& store, std::string_view key, std::string_view text);

/// Removes a node and everything below it; its documents go first, so that nobody finds half a node.
void remove_node(const Store& store, std::string_view path);

}  // namespace zeolite
