// SPDX-License-Identifier: Apache-2.0
//
// A store that blocks, made one that does not: see make_threaded_store().
#include <algorithm>
#include <memory>
#include <mutex>

#include "../base/thread_pool.hpp"
#include "store_impl.hpp"

namespace zeolite {

namespace {

/// The store that blocks. Whoever is inside of it keeps it: with its last answer the one in front may be released, on
/// that very thread, which still has to return from there.
struct Inner {
  Context context;  // outlives the store
  Owned<zeo_store> store;
};

struct ThreadedStore {
  zeo_store abi;
  std::shared_ptr<Inner> inner;
  unsigned most;
  zeo_store_properties properties;
  std::once_flag started;
  std::unique_ptr<ThreadPool> threads;
};

ThreadedStore& of(zeo_store* store) { return *reinterpret_cast<ThreadedStore*>(store); }
const ThreadedStore& of(const zeo_store* store) { return *reinterpret_cast<const ThreadedStore*>(store); }

void release(zeo_object* store) { delete reinterpret_cast<ThreadedStore*>(store); }

zeo_status to_json(const zeo_object* store, zeo_out* out, const zeo_call* call) {
  auto* const inner = reinterpret_cast<zeo_object*>(reinterpret_cast<const ThreadedStore*>(store)->inner->store.get());
  return inner->v->to_json(inner, out, call);
}

const zeo_store_properties* properties(const zeo_store* store) { return &of(store).properties; }

void run(const ThreadedStore& self, zeo_store_op* operation) {
  const auto inner = self.inner;
  Workers alone(nullptr);
  Call call(alone);
  inner->store->v->submit(inner->store.get(), &operation, 1, call);
}

/// False: there is no thread to wait for it.
bool hand_over(ThreadedStore& self, zeo_store_op* operation) noexcept {
  try {
    std::call_once(self.started, [&] {
      self.threads = std::make_unique<ThreadPool>(std::min(self.properties.concurrency, self.most));
    });
    self.threads->post([&self, operation] { run(self, operation); });
    return true;
  } catch (...) {
    return false;
  }
}

void submit(zeo_store* store, zeo_store_op* const* operations, std::uint64_t n, const zeo_call*) {
  auto& self = of(store);
  for (std::uint64_t i = 0; i < n; ++i) {
    if (!hand_over(self, operations[i])) run(self, operations[i]);
  }
}

void list(zeo_store* store, zeo_list_request* request, const zeo_call* call) {
  auto& inner = *of(store).inner->store;
  inner.v->list(&inner, request, call);
}

zeo_status place(const zeo_store* store, zeo_str key, zeo_out* out, const zeo_call* call) {
  const auto& inner = *of(store).inner->store;
  return ZEOLITE_HAS(&inner, place) ? inner.v->place(&inner, key, out, call) : ZEO_UNSUPPORTED;
}

constexpr zeo_object_vtable head = {sizeof(zeo_store_vtable), 0, &release, nullptr, &to_json};
constexpr zeo_store_vtable plain_table = {head, &properties, &submit, nullptr, &place};
constexpr zeo_store_vtable listing_table = {head, &properties, &submit, &list, &place};

}  // namespace

bool is_slow_and_blocking(const zeo_store& store) {
  const auto& properties = *store.v->properties(&store);
  return (properties.flags & ZEO_STORE_BLOCKING) != 0 && properties.latency_ns >= 1'000'000;
}

Owned<zeo_store> make_threaded_store(const Context& context, Owned<zeo_store> inner, unsigned most) {
  const auto* const table = ZEOLITE_HAS(inner.get(), list) ? &listing_table : &plain_table;
  auto threaded = std::make_unique<ThreadedStore>();
  threaded->abi = {table};
  threaded->properties = *inner->v->properties(inner.get());
  threaded->properties.flags &= ~std::uint32_t{ZEO_STORE_BLOCKING};
  threaded->inner = std::make_shared<Inner>(Inner{context, std::move(inner)});
  threaded->most = most;
  return Owned<zeo_store>(&threaded.release()->abi);
}

}  // namespace zeolite
