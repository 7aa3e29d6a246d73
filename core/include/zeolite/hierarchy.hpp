// SPDX-License-Identifier: Apache-2.0
//
// Hierarchies: groups and arrays by path. Source: Zarr v3.1 core specification, "Stored representation", "Node names".
//
// Paths are relative to the location, with or without a leading slash; "" and "/" mean the node at the location itself.
// A function that takes a location opens its store; one that takes a Store shares it.
//
// Each may be stopped, see Until. What it has written by then stays, and is as good as it can be: the document of a new
// node comes last and that of an erased one goes first, so that nobody finds half a node. But groups above a new node
// may be there without it; with `overwrite` the old node may be gone already; and keys of an erased node may remain,
// which creating one in its place with `overwrite` removes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <zeolite/array.hpp>

namespace zeolite {

class Group;
using Node = std::variant<Group, Array>;

struct GroupOptions {
  boost::json::object attributes = {};
  bool overwrite = false;
};

struct Member;

struct NodeName {
  std::string name;
  bool is_array;
  /// Why its metadata cannot be used, as opening it would say; then `is_array` means nothing. Empty when all is well.
  std::string problem = {};
};

/// A handle; copies share one open group. Thread-safe, except that set_attributes is ordered by the caller.
class Group {
 public:
  const std::string& path() const;
  const Store& store() const;
  const GroupMetadata& metadata() const;

  /// Members, sorted by name: one listing and one small read each. A member with a damaged document is listed with its
  /// problem and does not hide the others. Keys that belong to no node are passed over.
  std::vector<NodeName> members(const Until& until = {}) const;
  /// The same, each opened: no document is read twice.
  std::vector<Member> open_members(const Until& until = {}) const;

  Node open(std::string_view path, const Until& until = {}) const;
  Array open_array(std::string_view path, const Until& until = {}) const;
  Group open_group(std::string_view path, const Until& until = {}) const;
  Array create_array(std::string_view path, const ArrayOptions& options, const Until& until = {}) const;
  Group create_group(std::string_view path, const GroupOptions& options = {}, const Until& until = {}) const;
  /// Opens the group, or creates it when there is none.
  Group require_group(std::string_view path, const GroupOptions& options = {}, const Until& until = {}) const;
  /// Removes a node and everything below it.
  void erase(std::string_view path, const Until& until = {}) const;

  void set_attributes(boost::json::object attributes, const Until& until = {});

  class Impl;
  explicit Group(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<Impl>& impl() const { return impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

/// A member that was opened, or why it could not be.
struct Member {
  std::string name;
  std::optional<Node> node;
  std::string problem = {};
};

Node open(const Store& store, std::string_view path = {}, const Until& until = {});
Array open_array(const Store& store, std::string_view path = {}, const Until& until = {});
Group open_group(const Store& store, std::string_view path = {}, const Until& until = {});
/// Creates the node, and groups where parents are missing; never below an array. Everything is checked before anything
/// is written. Without a chunk shape chunks of about 1 MiB are chosen, all axes cut alike.
Array create_array(const Store& store, std::string_view path, const ArrayOptions& options, const Until& until = {});
Group create_group(const Store& store, std::string_view path, const GroupOptions& options = {},
                   const Until& until = {});
/// Opens the array if its shape, data type and chunk grid are as asked, creates it when there is no node, else throws
/// ErrorCode::already_exists.
Array require_array(const Store& store, std::string_view path, const ArrayOptions& options, const Until& until = {});
Group require_group(const Store& store, std::string_view path, const GroupOptions& options = {},
                    const Until& until = {});
/// Makes a node from the text of a complete version 3 document, which is stored byte for byte: what a parser would lose
/// (numbers of more digits, NaN as others write it, spacing) is kept. Left out is a consolidated copy of the documents
/// below the node, which would be those of another. What the document names need not be installed.
Node create_node(const Store& store, std::string_view path, std::string_view document, bool overwrite = false,
                 const Until& until = {});
/// The same for a document made by this program: to_document(metadata).
Array create_node(const Store& store, std::string_view path, const ArrayMetadata& metadata, bool overwrite = false,
                  const Until& until = {});
void erase_node(const Store& store, std::string_view path, const Until& until = {});

// The same for programs that write a location. The location is the root: what is created there has no groups above it.
Node open(const Context& context, std::string_view location, const Until& until = {});
Array open_array(const Context& context, std::string_view location, const Until& until = {});
Group open_group(const Context& context, std::string_view location, const Until& until = {});
Array create_array(const Context& context, std::string_view location, const ArrayOptions& options,
                   const Until& until = {});
Group create_group(const Context& context, std::string_view location, const GroupOptions& options = {},
                   const Until& until = {});

/// Throws ErrorCode::invalid, saying which part is wrong and why; returns the path without slashes at its ends.
std::string normalize_path(std::string_view path);

}  // namespace zeolite
