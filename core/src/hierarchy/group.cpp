// SPDX-License-Identifier: Apache-2.0
//
// Groups: their members and their attributes.
#include <algorithm>

#include "../engine/context_impl.hpp"
#include "../engine/stored_document.hpp"
#include "../metadata/json.hpp"
#include "../metadata/v2.hpp"
#include "documents.hpp"
#include "group_impl.hpp"
#include "path.hpp"

namespace zeolite {
namespace {

/// The names one level below that a node may have.
std::vector<std::string> candidates(const Store& store, const std::string& prefix) {
  std::vector<std::string> names;
  store.list(prefix, true, [&](const StoreEntry& entry) {
    std::string_view name = entry.key;
    if (!name.ends_with('/') || !name.starts_with(prefix)) return;
    name = name.substr(prefix.size(), name.size() - prefix.size() - 1);
    if (name_fault(name).empty()) names.emplace_back(name);
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// What is at the path; nothing when there is no node.
std::optional<NodeName> look_at(const Store& store, const std::string& path, std::string name) {
  try {
    const auto kind = find_kind(store, path);
    if (!kind) return std::nullopt;
    return NodeName{std::move(name), *kind == NodeKind::array, {}};
  } catch (const Error& error) {
    return NodeName{std::move(name), false, error.what()};
  }
}

}  // namespace

Group::Impl::Impl(Store group_store, std::string normal_path, GroupMetadata group_metadata)
    : store(std::move(group_store)),
      path(std::move(normal_path)),
      shown(shown_path(path)),
      metadata(std::move(group_metadata)) {}

Group make_group(const Store& store, std::string path, GroupMetadata metadata) {
  return Group(std::make_shared<Group::Impl>(store, std::move(path), std::move(metadata)));
}

const std::string& Group::path() const { return impl_->shown; }
const Store& Group::store() const { return impl_->store; }
const GroupMetadata& Group::metadata() const { return impl_->metadata; }

namespace {

/// What look(path, name) finds at the paths one level below, on several threads, in the order of their names.
template <class Found, class Look>
std::vector<Found> look_below(const Group::Impl& group, Look look) {
  const auto& store = group.store;
  if (!is_listable(store)) {
    throw Error(ErrorCode::unsupported, "the members of " + group.shown + " cannot be listed: the store " +
                                            store.location() + " cannot list its keys; open members by their paths");
  }
  const auto prefix = prefix_of(group.path);
  auto names = candidates(store, prefix);
  std::vector<std::optional<Found>> found(names.size());
  store.context().impl()->workers.parallel_for(names.size(), [&](std::uint64_t i) {
    auto path = prefix + names[i];
    found[i] = look(std::move(path), std::move(names[i]));
  });
  std::vector<Found> members;
  for (auto& member : found) {
    if (member) members.push_back(std::move(*member));
  }
  return members;
}

}  // namespace

std::vector<NodeName> Group::members() const {
  return look_below<NodeName>(
      *impl_, [&](const std::string& path, std::string name) { return look_at(impl_->store, path, std::move(name)); });
}

std::vector<Member> Group::open_members() const {
  return look_below<Member>(*impl_, [&](std::string path, std::string name) -> std::optional<Member> {
    try {
      auto metadata = find_node(impl_->store, path);
      if (!metadata) return std::nullopt;
      return Member{std::move(name), make_node(impl_->store, std::move(path), std::move(*metadata)), {}};
    } catch (const Error& error) {
      return Member{std::move(name), std::nullopt, error.what()};
    }
  });
}

Node Group::open(std::string_view path) const { return zeolite::open(store(), join_path(impl_->path, path)); }

Array Group::open_array(std::string_view path) const {
  return zeolite::open_array(store(), join_path(impl_->path, path));
}

Group Group::open_group(std::string_view path) const {
  return zeolite::open_group(store(), join_path(impl_->path, path));
}

Array Group::create_array(std::string_view path, const ArrayOptions& options) const {
  return zeolite::create_array(store(), join_path(impl_->path, path), options);
}

Group Group::create_group(std::string_view path, const GroupOptions& options) const {
  return zeolite::create_group(store(), join_path(impl_->path, path), options);
}

Group Group::require_group(std::string_view path, const GroupOptions& options) const {
  return zeolite::require_group(store(), join_path(impl_->path, path), options);
}

void Group::erase(std::string_view path) const { erase_node(store(), join_path(impl_->path, path)); }

void Group::set_attributes(boost::json::object attributes) {
  // From the stored document, so that nothing is lost that somebody else has put there meanwhile.
  auto node = read_node(impl_->store, impl_->path);
  auto* const metadata = std::get_if<GroupMetadata>(&node);
  if (metadata == nullptr) throw Error(ErrorCode::conflict, impl_->shown + " has become an array");
  forget_consolidated(impl_->store, impl_->path);
  if (metadata->zarr_format == 2) {
    write_text(impl_->store, prefix_of(impl_->path) + std::string(v2_attributes_name), to_indented_text(attributes));
    metadata->attributes = std::move(attributes);
  } else {
    const auto document = change_document(read_document(impl_->store, impl_->path), "attributes", attributes);
    *metadata = parse_group_metadata(document);
    write_text(impl_->store, document_key(impl_->path), document);
  }
  impl_->metadata = std::move(*metadata);
}

}  // namespace zeolite
