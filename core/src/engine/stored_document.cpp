// SPDX-License-Identifier: Apache-2.0
#include "stored_document.hpp"

#include <optional>
#include <string>
#include <utility>

#include "../metadata/json.hpp"
#include "../metadata/splice.hpp"
#include "pause.hpp"
#include "request.hpp"
#include "store_impl.hpp"

namespace zeolite {
namespace {

Task<std::optional<std::string>> changed_value(Operation& operation, const Store::Impl& store, const std::string& key,
                                               const DocumentChange& change) {
  constexpr unsigned attempts = 16;
  auto* const top = store.top();
  const bool compares = (top->v->properties(top)->flags & ZEO_STORE_CONDITIONS) != 0;
  const auto guard = co_await store.shared().write_locks.acquire(operation, store.place(top, "", key));
  for (unsigned attempt = 1;; ++attempt) {
    Buffer buffer(max_document_bytes);
    Request get(operation, top, ZEO_OP_GET, key);
    get.want_all(buffer);
    if (!co_await get) co_return std::nullopt;
    auto changed = change(buffer.text());
    if (changed == buffer.text()) co_return changed;
    Request set(operation, top, ZEO_OP_SET, key);
    set.put({{reinterpret_cast<const std::uint8_t*>(changed.data()), changed.size()}});
    if (compares) set.only_if(get.generation());
    try {
      co_await set;
      co_return changed;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
      if (attempt == attempts) throw Error(ErrorCode::conflict, "others change the document each time it is read");
    }
    co_await Pause(operation, attempt);
  }
}

/// What the value was changed to; nothing when there is none.
std::optional<std::string> change_value(const Store& store, const std::string& key, const DocumentChange& change) {
  const auto& impl = *store.impl();
  try {
    const auto operation = Operation::make(impl.shared().resources(), Store::Impl::until(store));
    return operation->run(changed_value(*operation, impl, key, change));
  } catch (const Error& error) {
    throw impl.in(error, key);
  }
}

Error removed(const Store& store, std::string_view key) {
  return Error(ErrorCode::conflict, "the node has been removed").at("key", key).at("store", store.location());
}

std::string key_of(std::string_view path) { return (path.empty() ? "" : std::string(path) + "/") + "zarr.json"; }

void forget_v2_at(const Store& store, const std::string& prefix) {
  const auto key = prefix + ".zmetadata";
  if (store.exists(key)) store.remove(key);
}

void forget_at(const Store& store, const std::string& prefix) {
  const auto key = prefix + "zarr.json";
  const auto value = Store::Impl::get(store, key, max_document_bytes);
  if (!value) return forget_v2_at(store, prefix);
  const auto has_copy = value->text().find(consolidated_member) != std::string_view::npos;
  if (has_copy) (void)change_value(store, key, [](std::string_view text) { return without_consolidated(text); });
}

}  // namespace

std::string without_consolidated(std::string_view document) {
  return with_member(document, consolidated_member, std::nullopt);
}

void forget_consolidated(const Store& store, std::string_view path) {
  if (path.empty()) return forget_v2_at(store, "");
  forget_at(store, "");
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    forget_at(store, std::string(path.substr(0, slash + 1)));
  }
  forget_v2_at(store, std::string(path) + "/");
}

std::string read_document(const Store& store, std::string_view path) {
  const auto key = key_of(path);
  const auto value = Store::Impl::get(store, key, max_document_bytes);
  if (!value) throw removed(store, key);
  return std::string(value->text());
}

std::string change_stored(const Store& store, std::string_view path, const DocumentChange& change) {
  // A change that cannot be is refused before anything is written.
  (void)change(read_document(store, path));
  forget_consolidated(store, path);
  const auto key = key_of(path);
  auto changed = change_value(store, key, change);
  if (!changed) throw removed(store, key);
  return *std::move(changed);
}

std::string change_document(std::string_view document, std::string_view member, const boost::json::value& value) {
  // Indented as a member of the document.
  auto text = to_indented_text(value);
  if (text.ends_with('\n')) text.pop_back();
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) text.insert(at + 1, "  ");
  return with_member(document, member, text);
}

}  // namespace zeolite
