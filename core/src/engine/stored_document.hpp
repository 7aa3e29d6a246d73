// SPDX-License-Identifier: Apache-2.0
//
// Changing documents that are stored, and what goes stale when they change.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include <zeolite/store.hpp>

namespace zeolite {

/// What zarr-python calls the copies of the documents below a group that it leaves in the group's document.
inline constexpr std::string_view consolidated_member = "consolidated_metadata";

/// A version 3 document without that member.
std::string without_consolidated(std::string_view document);

/// Removes the consolidated metadata, copies of all documents below, that other implementations have left in the groups
/// above `path`: called before a node at `path` changes, since readers that trust such a copy would go on seeing what
/// was. Source: the member "consolidated_metadata" of zarr-python's groups, the key ".zmetadata" of version 2, which
/// holds the group's own documents as well.
void forget_consolidated(const Store& store, std::string_view path);

/// The version 3 document of the node at `path` as it is stored now: somebody else may have changed it since the node
/// was opened. Throws ErrorCode::conflict when it is gone.
std::string read_document(const Store& store, std::string_view path);

/// Makes the text of a document from that which is stored. May be called more than once.
using DocumentChange = std::function<std::string(std::string_view)>;

/// Replaces the version 3 document of the node at `path` by what `change` makes of it, and returns that. Writers in
/// this context take turns; what another program writes meanwhile is not lost, where the store knows conditions: then
/// `change` is called again, with that. Throws ErrorCode::conflict when the node is gone or others never stop.
std::string change_stored(const Store& store, std::string_view path, const DocumentChange& change);

/// A document with one member replaced; all else is kept as it is written, even what we would write otherwise.
std::string change_document(std::string_view document, std::string_view member, const boost::json::value& value);

}  // namespace zeolite
