// SPDX-License-Identifier: Apache-2.0
//
// What every storage transformer must do: the store it makes passes the store suite, in front of a store that does.
//
//   TEST_CASE("...") { storage_transformer_suite([] { return library.create<zeo_storage_transformer>(...); }); }
#pragma once

#include <functional>

#include <zeolite/abi/storage_transformer.h>
#include <zeolite/sdk/store.hpp>
#include <zeolite/testing/store_suite.hpp>

namespace zeolite::testing {

namespace store_detail {

/// A plain store for transformers to stand in front of. `late` answers on another thread, after submit has returned.
class PlainStore : public sdk::Store {
 public:
  explicit PlainStore(bool late) : late_(late) {}
  ~PlainStore() override {
    for (auto& thread : threads_) thread.join();
  }

  sdk::StoreProperties properties() const override {
    return {.writable = true,
            .listable = true,
            .deletable = true,
            .atomic_set = true,
            .conditions = true,
            .concurrency = 4,
            .least_kept_bytes = 100};
  }

  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    auto taken = std::make_shared<std::vector<sdk::Operation>>();
    for (auto& operation : operations) taken->push_back(std::move(operation));
    later([this, taken] {
      for (auto& operation : *taken) {
        operation.attempt([&] { answer(operation); });
      }
    });
  }

  void submit_list(sdk::ListRequest request, const sdk::Call&) override {
    auto taken = std::make_shared<sdk::ListRequest>(std::move(request));
    later([this, taken] {
      sdk::answer_failure(
          [&] {
            sdk::Listing listing(taken->abi());
            const std::lock_guard lock(mutex_);
            for (const auto& [key, value] : values_) listing.add(key, value.bytes.size());
            listing.flush();
          },
          [&](zeo_status status, std::string_view message) { taken->fail(status, message); });
      taken->succeed();
    });
  }

 private:
  struct Value {
    StoreBytes bytes;
    std::string generation;
  };

  void later(std::function<void()> work) {
    if (!late_) return work();
    const std::lock_guard lock(threads_mutex_);
    threads_.emplace_back(std::move(work));
  }

  void answer(sdk::Operation& operation) {
    std::unique_lock lock(mutex_);
    const std::string key(operation.key());
    const auto found = values_.find(key);
    const auto* const there = found == values_.end() ? nullptr : &found->second.generation;
    sdk::ValueInfo info;
    switch (operation.kind()) {
      case ZEO_OP_GET:
      case ZEO_OP_HEAD:
        if (there == nullptr) {
          lock.unlock();
          return operation.not_found();
        }
        if (operation.kind() == ZEO_OP_GET) operation.reading().answer(found->second.bytes);
        info = {found->second.bytes.size(), *there};
        break;
      case ZEO_OP_SET: {
        const auto writing = operation.writing();
        writing.check(there);
        auto& value = values_[key] = {writing.joined(there == nullptr ? sdk::Bytes() : sdk::Bytes(found->second.bytes)),
                                      std::to_string(++count_)};
        info.generation = value.generation;
        break;
      }
      case ZEO_OP_DELETE:
        operation.writing().check(there);
        values_.erase(key);
        break;
      case ZEO_OP_DELETE_PREFIX:
        std::erase_if(values_, [&](const auto& entry) { return entry.first.starts_with(key); });
        break;
      default: throw sdk::unsupported("not here");
    }
    lock.unlock();
    operation.succeed(info);
  }

  const bool late_;
  std::mutex mutex_;
  std::map<std::string, Value> values_;
  std::uint64_t count_ = 0;
  std::mutex threads_mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace store_detail

/// A store to wrap, empty at first.
class TestStore {
 public:
  explicit TestStore(bool late = false) : store_(sdk::Store::make(std::make_unique<store_detail::PlainStore>(late))) {}
  zeo_store* abi() const { return store_.get(); }

 private:
  Object<zeo_store> store_;
};

/// The store a transformer makes; fails the test when it makes none.
inline Object<zeo_store> wrap(const zeo_storage_transformer* transformer, zeo_store* inner) {
  const BenchCall call;
  zeo_store* made = nullptr;
  const auto status = transformer->v->wrap(transformer, inner, &made, call);
  INFO(call.message());
  REQUIRE(status == ZEO_OK);
  REQUIRE(made != nullptr);
  return Object<zeo_store>(made);
}

namespace store_detail {

/// A transformer's store with all it needs.
template <class Transformer>
struct Wrapped {
  std::unique_ptr<TestStore> inner;
  Transformer transformer;
  Object<zeo_store> store;  // ends first

  zeo_store* get() const { return store.get(); }
  bool operator==(std::nullptr_t) const { return store == nullptr; }
};

template <class Create>
auto opener(Create create, bool late) {
  return [create, late] {
    auto inner = std::make_unique<TestStore>(late);
    auto transformer = create();
    auto store = wrap(transformer.get(), inner->abi());
    return Wrapped<decltype(transformer)>{std::move(inner), std::move(transformer), std::move(store)};
  };
}

}  // namespace store_detail

/// In front of a store that blocks and of one that answers later. `create` makes the transformer.
template <class Create>
void storage_transformer_suite(Create create) {
  SECTION("in front of a store that blocks") { store_suite(store_detail::opener(create, false)); }
  SECTION("in front of a store that answers later") { store_suite(store_detail::opener(create, true)); }
}

/// Call it in a test case tagged [threads].
template <class Create>
void storage_transformer_threads_suite(Create create) {
  store_threads_suite(store_detail::opener(create, false));
}

}  // namespace zeolite::testing
