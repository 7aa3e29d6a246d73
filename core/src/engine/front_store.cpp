// SPDX-License-Identifier: Apache-2.0
#include "front_store.hpp"

#include <algorithm>
#include <cstring>

namespace zeolite {

namespace {

struct Front {
  zeo_store abi;
  std::unique_ptr<FrontStore> store;
};

const FrontStore& of(const zeo_store* store) { return *reinterpret_cast<const Front*>(store)->store; }

void release(zeo_object* store) { delete reinterpret_cast<Front*>(store); }

zeo_status to_json(const zeo_object* store, zeo_out* out, const zeo_call* call) {
  const auto* const inner = reinterpret_cast<zeo_object*>(of(reinterpret_cast<const zeo_store*>(store)).inner());
  return inner->v->to_json(inner, out, call);
}

const zeo_store_properties* properties(const zeo_store* store) { return &of(store).properties(); }

void submit(zeo_store* store, zeo_store_op* const* operations, std::uint64_t n, const zeo_call* call) {
  reinterpret_cast<Front*>(store)->store->submit({operations, n}, call);
}

void list(zeo_store* store, zeo_list_request* request, const zeo_call* call) {
  auto* const inner = of(store).inner();
  inner->v->list(inner, request, call);
}

zeo_status place(const zeo_store* store, zeo_str key, zeo_out* out, const zeo_call* call) {
  const auto* const inner = of(store).inner();
  return ZEOLITE_HAS(inner, place) ? inner->v->place(inner, key, out, call) : ZEO_UNSUPPORTED;
}

constexpr zeo_object_vtable head = {sizeof(zeo_store_vtable), 0, &release, nullptr, &to_json};
constexpr zeo_store_vtable plain_table = {head, &properties, &submit, nullptr, &place};
constexpr zeo_store_vtable listing_table = {head, &properties, &submit, &list, &place};

}  // namespace

Owned<zeo_store> FrontStore::make(std::unique_ptr<FrontStore> front) {
  const auto* const table = ZEOLITE_HAS(front->inner(), list) ? &listing_table : &plain_table;
  return Owned<zeo_store>(&(new Front{{table}, std::move(front)})->abi);
}

void FrontStore::copy(Ticket& to, const zeo_store_op& from) noexcept {
  auto& operation = to.operation;
  const auto done = operation.done;
  std::memcpy(&operation, &from, std::min<std::size_t>(from.struct_size, sizeof(operation)));
  operation.struct_size = sizeof(operation);
  operation.done = done;
  operation.host = nullptr;
  if (operation.range_done != nullptr) operation.range_done = &Tickets::on_range_done;
}

}  // namespace zeolite
