// SPDX-License-Identifier: Apache-2.0
#include "stored_document.hpp"

#include <span>
#include <string>

#include "../metadata/json.hpp"
#include "../metadata/splice.hpp"
#include "store_impl.hpp"

namespace zeolite {
namespace {

void forget_v2_at(const Store& store, const std::string& prefix) {
  const auto key = prefix + ".zmetadata";
  if (store.exists(key)) store.remove(key);
}

void forget_at(const Store& store, const std::string& prefix) {
  const auto key = prefix + "zarr.json";
  const auto value = Store::Impl::get(store, key, max_document_bytes);
  if (!value) return forget_v2_at(store, prefix);
  const auto text = value->text();
  if (text.find(consolidated_member) == std::string_view::npos) return;
  const auto without = without_consolidated(text);
  if (without != text) store.set(key, std::as_bytes(std::span(without)));
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
  const auto key = (path.empty() ? std::string() : std::string(path) + "/") + "zarr.json";
  const auto value = Store::Impl::get(store, key, max_document_bytes);
  if (!value)
    throw Error(ErrorCode::conflict, "the node has been removed").at("key", key).at("store", store.location());
  return std::string(value->text());
}

std::string change_document(std::string_view document, std::string_view member, const boost::json::value& value) {
  // Indented as a member of the document.
  auto text = to_indented_text(value);
  if (text.ends_with('\n')) text.pop_back();
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) text.insert(at + 1, "  ");
  return with_member(document, member, text);
}

}  // namespace zeolite
