// SPDX-License-Identifier: Apache-2.0
//
// The store a storage transformer is given: one array's part of another store.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "store_impl.hpp"

namespace zeolite {

namespace {

struct ScopedStore {
  zeo_store abi;
  zeo_store* inner;
  std::string prefix;
  zeo_store_properties properties;
  Tickets& tickets;
};

ScopedStore& of(zeo_store* store) { return *reinterpret_cast<ScopedStore*>(store); }
const ScopedStore& of(const zeo_store* store) { return *reinterpret_cast<const ScopedStore*>(store); }

void release(zeo_object* store) { delete reinterpret_cast<ScopedStore*>(store); }

zeo_status to_json(const zeo_object*, zeo_out* out, const zeo_call* call) {
  (void)out;
  return Call::fail(call, Error(ErrorCode::unsupported, "a part of a store cannot be opened on its own"));
}

const zeo_store_properties* properties(const zeo_store* store) { return &of(store).properties; }

constexpr zeo_store_result out_of_memory = {sizeof(zeo_store_result), ZEO_NO_MEMORY, {}, UINT64_MAX, {}};

/// An operation with a longer key. It ends with the answer.
class ScopedOperation final : public Asker {
 public:
  ScopedOperation(const ScopedStore& store, zeo_store_op* original)
      : tickets_(store.tickets),
        original_(original),
        key_(store.prefix + std::string(view(original->key))),
        ticket_(tickets_.take(*this)) {
    auto& operation = ticket_.operation;
    const auto done = operation.done;
    std::memcpy(&operation, original, std::min<std::size_t>(original->struct_size, sizeof(operation)));
    operation.struct_size = sizeof(operation);
    operation.key = str(key_);
    operation.done = done;
    operation.range_done = nullptr;
  }
  ~ScopedOperation() { tickets_.give_back(ticket_); }

  zeo_store_op* operation() { return &ticket_.operation; }

 private:
  void answered(const zeo_store_result& result) noexcept override {
    auto* const original = original_;
    // Before the answer, with which the tickets may go.
    delete this;
    original->done(original, &result);
  }

  Tickets& tickets_;
  zeo_store_op* const original_;
  const std::string key_;
  Ticket& ticket_;
};

void submit(zeo_store* store, zeo_store_op* const* operations, std::uint64_t n, const zeo_call* call) {
  auto& self = of(store);
  std::vector<zeo_store_op*> longer;
  for (std::uint64_t i = 0; i < n; ++i) {
    try {
      longer.reserve(n);
      longer.push_back((new ScopedOperation(self, operations[i]))->operation());
    } catch (...) {
      operations[i]->done(operations[i], &out_of_memory);
    }
  }
  if (!longer.empty()) self.inner->v->submit(self.inner, longer.data(), longer.size(), call);
}

/// A listing with a longer prefix. It ends with the answer.
class ScopedList final : public Asker {
 public:
  ScopedList(const ScopedStore& store, zeo_list_request* original)
      : tickets_(store.tickets),
        original_(original),
        prefix_(store.prefix + std::string(view(original->prefix))),
        scope_bytes_(store.prefix.size()),
        ticket_(tickets_.take_listing(*this)) {
    ticket_.listing.directory = original->directory;
    ticket_.listing.prefix = str(prefix_);
  }
  ~ScopedList() { tickets_.give_back(ticket_); }

  zeo_list_request* request() { return &ticket_.listing; }

 private:
  zeo_status page(std::span<const zeo_list_entry> entries) noexcept override {
    try {
      std::vector<zeo_list_entry> relative(entries.begin(), entries.end());
      for (auto& entry : relative) {
        const auto key = view(entry.key);
        if (!key.starts_with(prefix_)) return ZEO_INTERNAL;  // not what was asked for
        entry.key = str(key.substr(scope_bytes_));
      }
      return original_->page(original_, relative.data(), relative.size());
    } catch (...) {
      return ZEO_NO_MEMORY;
    }
  }

  void answered(const zeo_store_result& result) noexcept override {
    auto* const original = original_;
    delete this;
    original->done(original, &result);
  }

  Tickets& tickets_;
  zeo_list_request* const original_;
  const std::string prefix_;
  const std::size_t scope_bytes_;
  Ticket& ticket_;
};

void list(zeo_store* store, zeo_list_request* request, const zeo_call* call) {
  auto& self = of(store);
  std::unique_ptr<ScopedList> scoped;
  try {
    scoped = std::make_unique<ScopedList>(self, request);
  } catch (...) {
    request->done(request, &out_of_memory);
    return;
  }
  self.inner->v->list(self.inner, scoped.release()->request(), call);
}

zeo_status place(const zeo_store* store, zeo_str key, zeo_out* out, const zeo_call* call) {
  const auto& self = of(store);
  if (!ZEOLITE_HAS(self.inner, place)) return ZEO_UNSUPPORTED;
  try {
    const auto longer = self.prefix + std::string(view(key));
    return self.inner->v->place(self.inner, str(longer), out, call);
  } catch (...) {
    return ZEO_NO_MEMORY;
  }
}

constexpr zeo_store_vtable listing_table = {
    {sizeof(zeo_store_vtable), 0, &release, nullptr, &to_json}, &properties, &submit, &list, &place};
constexpr zeo_store_vtable plain_table = {
    {sizeof(zeo_store_vtable), 0, &release, nullptr, &to_json}, &properties, &submit, nullptr, &place};

}  // namespace

Owned<zeo_store> make_scoped_store(zeo_store* inner, std::string prefix, Tickets& tickets) {
  const auto* const table = ZEOLITE_HAS(inner, list) ? &listing_table : &plain_table;
  auto* const scoped = new ScopedStore{{table}, inner, std::move(prefix), *inner->v->properties(inner), tickets};
  scoped->properties.flags &= ~std::uint32_t{ZEO_STORE_PROGRESSIVE};
  return Owned<zeo_store>(&scoped->abi);
}

}  // namespace zeolite
