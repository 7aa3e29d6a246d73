// SPDX-License-Identifier: Apache-2.0
//
// Groups: their members and their attributes.
#include <algorithm>
#include <mutex>
#include <new>

#include "../engine/store_impl.hpp"
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

}  // namespace

Group::Impl::Impl(const Store& group_store, std::string normal_path, GroupMetadata group_metadata)
    : store(Store::Impl::plain(group_store)),
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

/// What is one level below, in the order of names. Where a version 3 document is, `read` makes of a path, a name and
/// the metadata what is found; else look(path, name, is_older) finds it, or nothing: of version 2, or, where a document
/// could not be read together with others, of either. Both run on several threads; what they throw becomes the problem
/// of the one that is looked at, unless nobody wants to know any more.
template <class Found, class Read, class Look>
std::vector<Found> look_below(const Group::Impl& group, const Store& store, const Read& read, const Look& look) {
  if (!is_listable(store)) {
    throw Error(ErrorCode::unsupported, "the members of " + group.shown + " cannot be listed: the store " +
                                            store.location() + " cannot list its keys; open members by their paths");
  }
  const auto prefix = prefix_of(group.path);
  const auto names = candidates(store, prefix);
  std::vector<std::string> keys;
  keys.reserve(names.size());
  for (const auto& name : names) keys.push_back(document_key(prefix + name));

  std::vector<std::optional<Found>> found(names.size());
  const auto find = [&](std::size_t i, const auto& body) {
    try {
      found[i] = body();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled && Store::Impl::is_given_up(store)) throw;
      found[i].emplace();
      found[i]->name = names[i];
      found[i]->problem = error.what();
    } catch (const std::bad_alloc&) {
      found[i].emplace();
      found[i]->name = names[i];
      found[i]->problem = "out of memory";
    }
  };
  struct Other {
    std::size_t i;
    bool is_older;
  };
  std::mutex mutex;
  std::vector<Other> others;  // guarded by mutex
  // Longer documents are read one by one, or many of them would be in memory together.
  constexpr std::uint64_t short_bytes = std::uint64_t{1} << 20;
  Store::Impl::get_each(store, keys, short_bytes, [&](std::size_t i, const Store::Impl::Value& value) {
    if (const auto* const text = std::get_if<std::string_view>(&value)) {
      return find(i, [&] { return read(prefix + names[i], names[i], parse_document(store, keys[i], *text)); });
    }
    const std::lock_guard lock(mutex);
    others.push_back({i, std::holds_alternative<std::monostate>(value)});
  });
  store.context().impl()->workers.parallel_for(others.size(), [&](std::uint64_t k) {
    const auto other = others[k];
    find(other.i, [&] { return look(prefix + names[other.i], names[other.i], other.is_older); });
  });

  std::vector<Found> members;
  members.reserve(found.size());
  for (auto& member : found) {
    if (member) members.push_back(std::move(*member));
  }
  return members;
}

}  // namespace

std::vector<NodeName> Group::members(const Until& until) const {
  const auto store = impl_->store.within(until);
  const auto named = [](const std::string& name, NodeKind kind) { return NodeName{name, kind == NodeKind::array, {}}; };
  return look_below<NodeName>(
      *impl_, store,
      [&](const std::string&, const std::string& name, const NodeMetadata& node) { return named(name, kind_of(node)); },
      [&](const std::string& path, const std::string& name, bool is_older) -> std::optional<NodeName> {
        const auto kind = is_older ? find_v2_kind(store, path) : find_kind(store, path);
        if (!kind) return std::nullopt;
        return named(name, *kind);
      });
}

std::vector<Member> Group::open_members(const Until& until) const {
  const auto store = impl_->store.within(until);
  const auto opened = [&](std::string path, const std::string& name, NodeMetadata node) {
    return Member{name, make_node(store, std::move(path), std::move(node)), {}};
  };
  const auto look = [&](std::string path, const std::string& name, bool is_older) -> std::optional<Member> {
    auto node = is_older ? find_v2_node(store, path) : find_node(store, path);
    if (!node) return std::nullopt;
    return opened(std::move(path), name, std::move(*node));
  };
  return look_below<Member>(*impl_, store, opened, look);
}

Node Group::open(std::string_view path, const Until& until) const {
  return zeolite::open(store(), join_path(impl_->path, path), until);
}

Array Group::open_array(std::string_view path, const Until& until) const {
  return zeolite::open_array(store(), join_path(impl_->path, path), until);
}

Group Group::open_group(std::string_view path, const Until& until) const {
  return zeolite::open_group(store(), join_path(impl_->path, path), until);
}

Array Group::create_array(std::string_view path, const ArrayOptions& options, const Until& until) const {
  return zeolite::create_array(store(), join_path(impl_->path, path), options, until);
}

Group Group::create_group(std::string_view path, const GroupOptions& options, const Until& until) const {
  return zeolite::create_group(store(), join_path(impl_->path, path), options, until);
}

Group Group::require_group(std::string_view path, const GroupOptions& options, const Until& until) const {
  return zeolite::require_group(store(), join_path(impl_->path, path), options, until);
}

void Group::erase(std::string_view path, const Until& until) const {
  erase_node(store(), join_path(impl_->path, path), until);
}

void Group::set_attributes(boost::json::object attributes, const Until& until) {
  const auto store = impl_->store.within(until);
  // From the stored document, so that nothing is lost that somebody else has put there meanwhile.
  auto node = read_node(store, impl_->path);
  auto* const metadata = std::get_if<GroupMetadata>(&node);
  if (metadata == nullptr) throw Error(ErrorCode::conflict, impl_->shown + " has become an array");
  if (metadata->zarr_format == 2) {
    forget_consolidated(store, impl_->path);
    write_text(store, prefix_of(impl_->path) + std::string(v2_attributes_name), to_indented_text(attributes));
    metadata->attributes = std::move(attributes);
  } else {
    (void)change_stored(store, impl_->path, [&](std::string_view stored) {
      auto document = change_document(stored, "attributes", attributes);
      *metadata = parse_group_metadata(document);
      return document;
    });
  }
  impl_->metadata = std::move(*metadata);
}

}  // namespace zeolite
