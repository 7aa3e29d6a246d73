// SPDX-License-Identifier: Apache-2.0
//
// A store that blocks, made one that does not: see make_threaded_store().
#include <algorithm>
#include <memory>
#include <mutex>

#include "../base/thread_pool.hpp"
#include "front_store.hpp"

namespace zeolite {

namespace {

/// The store that blocks. Whoever is inside of it keeps it: with its last answer the one in front may be released, on
/// that very thread, which still has to return from there.
struct Inner {
  Context context;  // outlives the store
  Owned<zeo_store> store;
};

class ThreadedStore final : public FrontStore {
 public:
  ThreadedStore(const Context& context, Owned<zeo_store> store, unsigned most)
      : properties_(*store->v->properties(store.get())),
        threads_wanted_(properties_.concurrency == 0 ? most : std::min(properties_.concurrency, most)),
        inner_(std::make_shared<Inner>(Inner{context, std::move(store)})) {
    properties_.flags &= ~std::uint32_t{ZEO_STORE_BLOCKING};
  }

  zeo_store* inner() const override { return inner_->store.get(); }
  const zeo_store_properties& properties() const override { return properties_; }

  void submit(std::span<zeo_store_op* const> operations, const zeo_call*) noexcept override {
    for (auto* const operation : operations) {
      if (!hand_over(operation)) run(operation);
    }
  }

 private:
  void run(zeo_store_op* operation) const {
    const auto inner = inner_;
    Workers alone(nullptr);
    zeolite::Call call(alone);
    inner->store->v->submit(inner->store.get(), &operation, 1, call);
  }

  /// False: there is no thread to wait for it.
  bool hand_over(zeo_store_op* operation) noexcept {
    try {
      std::call_once(started_, [&] { threads_ = std::make_unique<ThreadPool>(threads_wanted_); });
      threads_->post([this, operation] { run(operation); });
      return true;
    } catch (...) {
      return false;
    }
  }

  zeo_store_properties properties_;
  const unsigned threads_wanted_;
  std::shared_ptr<Inner> inner_;
  std::once_flag started_;
  std::unique_ptr<ThreadPool> threads_;
};

}  // namespace

bool is_slow_and_blocking(const zeo_store& store) {
  const auto& properties = *store.v->properties(&store);
  return (properties.flags & ZEO_STORE_BLOCKING) != 0 && properties.latency_ns >= 1'000'000;
}

Owned<zeo_store> make_threaded_store(const Context& context, Owned<zeo_store> inner, unsigned most) {
  return FrontStore::make(std::make_unique<ThreadedStore>(context, std::move(inner), most));
}

}  // namespace zeolite
