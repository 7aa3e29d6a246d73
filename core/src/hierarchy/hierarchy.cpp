// SPDX-License-Identifier: Apache-2.0
//
// Opening, creating and removing nodes.
#include <zeolite/hierarchy.hpp>

#include <span>

#include "../engine/array_impl.hpp"
#include "../engine/stored_document.hpp"
#include "complete.hpp"
#include "documents.hpp"
#include "group_impl.hpp"
#include "path.hpp"

namespace zeolite {
namespace {

/// The groups above `path` that are not there yet, from the root down. Throws when one of the nodes above is an array.
std::vector<std::string> missing_parents(const Store& store, std::string_view path) {
  std::vector<std::string> missing;
  for (auto& ancestor : ancestors_of(path)) {
    const auto kind = find_kind(store, ancestor);
    if (!kind) {
      missing.push_back(std::move(ancestor));
    } else if (kind == NodeKind::array) {
      throw Error(ErrorCode::invalid, "cannot create " + shown_path(path) + ": " + shown_path(ancestor) +
                                          " is an array, and arrays have no members");
    }
  }
  return missing;
}

bool set_text_if_absent(const Store& store, const std::string& key, std::string_view text) {
  return store.set_if_absent(key, std::as_bytes(std::span(text)));
}

Error already_there(const Store& store, std::string_view path) {
  return Error(ErrorCode::already_exists, "there is a node at " + shown_path(path) + " of " + store.location() +
                                              "; with overwrite it is replaced, and everything below it");
}

/// Makes room for a new array where no document is. Keys that an interrupted removal has left would be taken for
/// chunks.
void clear_leftovers(const Store& store, std::string_view path, bool overwrite) {
  if (!has_keys_below(store, path)) return;
  const auto what = "there is no node at " + shown_path(path) + " of " + store.location() +
                    ", but there are keys below it, which a new array would take for its chunks";
  // The root may be any folder of the user's, named by mistake: what is in it is not removed unseen.
  if (path.empty()) throw Error(ErrorCode::already_exists, what + ": remove them, or choose another place");
  if (!overwrite) throw Error(ErrorCode::already_exists, what + "; with overwrite they are removed");
  store.remove_prefix(prefix_of(path));
}

/// Writes a new node's document, after the groups above it.
void place_node(const Store& store, const std::string& path, std::string_view document, bool is_array, bool overwrite) {
  const auto missing = missing_parents(store, path);
  const bool present = has_document(store, path);
  if (present && !overwrite) throw already_there(store, path);
  if (present) {
    remove_node(store, path);
  } else if (is_array) {
    clear_leftovers(store, path, overwrite);
  }
  forget_consolidated(store, path);
  const auto group = to_document(GroupMetadata());
  for (const auto& parent : missing) {
    // Whoever created it meanwhile may have made it an array.
    if (!set_text_if_absent(store, document_key(parent), group)) (void)missing_parents(store, path);
  }
  if (overwrite) {
    write_text(store, document_key(path), document);
  } else if (!set_text_if_absent(store, document_key(path), document)) {
    throw already_there(store, path);
  }
}

template <class Wanted>
Wanted only(Node node, const Store& store, std::string_view path) {
  if (auto* const wanted = std::get_if<Wanted>(&node)) return std::move(*wanted);
  constexpr bool array = std::is_same_v<Wanted, Array>;
  throw Error(ErrorCode::invalid,
              shown_path(path) + (array ? " is a group, not an array" : " is an array, not a group"))
      .at("store", store.location());
}

/// What fails in `body` names the node. `kind` is what is known of it: "array", "node".
template <class Body>
auto about(std::string_view kind, std::string_view path, Body&& body) {
  try {
    return body();
  } catch (Error& error) {
    throw error.at(kind, shown_path(path));
  }
}

/// Makes a node that says what the document says, but for a consolidated copy of documents below another node.
Node place_text(const Store& store, const std::string& path, std::string_view document, bool overwrite) {
  auto metadata = parse_node_metadata(document);
  const bool consolidated =
      std::visit([](auto& parsed) { return parsed.additional.erase(consolidated_member) != 0; }, metadata);
  const auto text = consolidated ? without_consolidated(document) : std::string(document);
  place_node(store, path, text, std::holds_alternative<ArrayMetadata>(metadata), overwrite);
  return make_node(store, path, std::move(metadata));
}

std::string shown(const Shape& shape) {
  std::string text = "[";
  for (const auto length : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(length);
  return text + "]";
}

/// Throws unless the array that is there is what the options ask for.
void check_same(const Context& context, const ArrayMetadata& there, const ArrayOptions& options) {
  const auto differ = [](const std::string& what) {
    return Error(ErrorCode::already_exists, "the array is there already, with another " + what);
  };
  if (there.shape != options.shape) {
    throw differ("shape: " + shown(there.shape) + ", not " + shown(options.shape));
  }
  const auto wanted = complete(context, options);
  const auto data_type = canonical(context, Point::data_type, there.data_type);
  if (data_type != wanted.data_type) {
    throw differ("data type: \"" + data_type.name + "\", not \"" + wanted.data_type.name + "\"" +
                 (data_type.name == wanted.data_type.name ? " as configured" : ""));
  }
  const bool grid_asked = options.chunk_grid || !options.chunk_shape.empty() || !options.shard_shape.empty();
  if (grid_asked && canonical(context, Point::chunk_grid, there.chunk_grid) != wanted.chunk_grid) {
    throw differ("chunk grid");
  }
}

}  // namespace

Node make_node(const Store& store, std::string path, NodeMetadata metadata) {
  if (auto* const array = std::get_if<ArrayMetadata>(&metadata)) {
    return open_array_with(store, std::move(path), std::move(*array));
  }
  return make_group(store, std::move(path), std::get<GroupMetadata>(std::move(metadata)));
}

Node open(const Store& store, std::string_view path, const Until& until) {
  auto normal = normalize_path(path);
  auto metadata = read_node(store.within(until), normal);
  return make_node(store, std::move(normal), std::move(metadata));
}

Array open_array(const Store& store, std::string_view path, const Until& until) {
  return only<Array>(open(store, path, until), store, normalize_path(path));
}

Group open_group(const Store& store, std::string_view path, const Until& until) {
  return only<Group>(open(store, path, until), store, normalize_path(path));
}

Array create_array(const Store& store, std::string_view path, const ArrayOptions& options, const Until& until) {
  const auto normal = normalize_path(path);
  return about("array", normal, [&] {
    auto metadata = complete(store.context(), options);
    const auto document = to_document(metadata);
    auto array = open_array_with(store, normal, std::move(metadata));
    if (const auto& failure = array.impl()->failure()) {
      throw failure->reworded(ErrorCode::invalid, "such an array could not be used: " + failure->message());
    }
    array.impl()->check_all_chunk_shapes();
    place_node(store.within(until), normal, document, true, options.overwrite);
    return array;
  });
}

Node create_node(const Store& store, std::string_view path, std::string_view document, bool overwrite,
                 const Until& until) {
  const auto normal = normalize_path(path);
  return about("node", normal, [&] { return place_text(store.within(until), normal, document, overwrite); });
}

Array create_node(const Store& store, std::string_view path, const ArrayMetadata& metadata, bool overwrite,
                  const Until& until) {
  const auto normal = normalize_path(path);
  return about("array", normal, [&] {
    return std::get<Array>(place_text(store.within(until), normal, to_document(metadata), overwrite));
  });
}

Array require_array(const Store& store, std::string_view path, const ArrayOptions& options, const Until& until) {
  const auto normal = normalize_path(path);
  const auto bound = store.within(until);
  for (bool created_meanwhile = false;; created_meanwhile = true) {
    if (auto metadata = find_node(bound, normal)) {
      auto* const there = std::get_if<ArrayMetadata>(&*metadata);
      if (there == nullptr) throw Error(ErrorCode::already_exists, "there is a group at " + shown_path(normal));
      about("array", normal, [&] { check_same(store.context(), *there, options); });
      return open_array_with(store, normal, std::move(*there));
    }
    try {
      auto fresh = options;
      fresh.overwrite = false;
      return create_array(bound, normal, fresh);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::already_exists || created_meanwhile) throw;
    }
  }
}

Group create_group(const Store& store, std::string_view path, const GroupOptions& options, const Until& until) {
  auto normal = normalize_path(path);
  GroupMetadata metadata;
  metadata.attributes = options.attributes;
  place_node(store.within(until), normal, to_document(metadata), false, options.overwrite);
  return make_group(store, std::move(normal), std::move(metadata));
}

Group require_group(const Store& store, std::string_view path, const GroupOptions& options, const Until& until) {
  auto normal = normalize_path(path);
  const auto bound = store.within(until);
  for (bool created_meanwhile = false;; created_meanwhile = true) {
    if (auto metadata = find_node(bound, normal)) {
      auto* const there = std::get_if<GroupMetadata>(&*metadata);
      if (there == nullptr) throw Error(ErrorCode::already_exists, "there is an array at " + shown_path(normal));
      return make_group(store, std::move(normal), std::move(*there));
    }
    try {
      return create_group(bound, normal, {.attributes = options.attributes, .overwrite = false});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::already_exists || created_meanwhile) throw;
    }
  }
}

void erase_node(const Store& store, std::string_view path, const Until& until) {
  const auto normal = normalize_path(path);
  const auto bound = store.within(until);
  if (!has_document(bound, normal)) throw no_node(bound, normal);
  forget_consolidated(bound, normal);
  remove_node(bound, normal);
}

Node open(const Context& context, std::string_view location, const Until& until) {
  return open(Store::open(context, location), "", until);
}

Array open_array(const Context& context, std::string_view location, const Until& until) {
  return open_array(Store::open(context, location), "", until);
}

Group open_group(const Context& context, std::string_view location, const Until& until) {
  return open_group(Store::open(context, location), "", until);
}

Array create_array(const Context& context, std::string_view location, const ArrayOptions& options, const Until& until) {
  return create_array(Store::open(context, location), "", options, until);
}

Group create_group(const Context& context, std::string_view location, const GroupOptions& options, const Until& until) {
  return create_group(Store::open(context, location), "", options, until);
}

}  // namespace zeolite
