// SPDX-License-Identifier: Apache-2.0
//
// Author classes for storage transformers: a store in front of a store. Source: Zarr v3.1 core specification, "Storage
// transformers".
//
// wrap() returns any sdk::Store that asks the inner one. ForwardingStore does the whole work for those that only change
// keys.
#pragma once

#include <cstring>

#include <zeolite/abi/storage_transformer.h>
#include <zeolite/sdk/store.hpp>

namespace zeolite::sdk {

class StorageTransformer : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_STORAGE_TRANSFORMER;

  /// A store that answers from `inner`, which outlives it, as this object does.
  virtual std::unique_ptr<Store> wrap(zeo_store* inner, const Call& call) const = 0;

  static zeo_object* box(std::unique_ptr<StorageTransformer> object, std::string configuration) {
    return reinterpret_cast<zeo_object*>(
        make_box<StorageTransformer, zeo_storage_transformer>(std::move(object), &table, std::move(configuration)));
  }

 private:
  static zeo_status on_wrap(const zeo_storage_transformer* self, zeo_store* inner, zeo_store** out,
                            const zeo_call* call) {
    return guard(call, [&] {
      // The store answers to the transformer's configuration: by that it is told from others in front of the same
      // store.
      const auto& box = *reinterpret_cast<const Box<zeo_storage_transformer, StorageTransformer>*>(self);
      *out = Store::make(box.author->wrap(inner, Call(call)), box.configuration);
    });
  }

  static constexpr zeo_storage_transformer_vtable table = {
      Box<zeo_storage_transformer, StorageTransformer>::head(sizeof(zeo_storage_transformer_vtable)), &on_wrap};
};

/// Hands every operation to the inner store under another key. Values, conditions and properties pass unchanged:
/// a child that changes values in submit() clears least_kept_bytes in adjust().
class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(zeo_store* inner) : inner_(inner) {}

  /// The inner store's key for a key of this one, or its prefix for a prefix ("" or ending in "/").
  virtual std::string to_inner(std::string_view key) const = 0;

  /// The way back, for listings. Nothing: the key does not belong to this store.
  virtual std::optional<std::string> to_outer(std::string_view key) const = 0;

  StoreProperties properties() const override { return {}; }

  void adjust(zeo_store_properties& properties) const override {
    const auto* const theirs = inner_->v->properties(inner_);
    std::memcpy(&properties, theirs, std::min<std::size_t>(theirs->struct_size, sizeof properties));
    properties.struct_size = sizeof properties;
    properties.flags &= ~std::uint32_t{ZEO_STORE_PROGRESSIVE};
    if (!lists()) properties.flags &= ~std::uint32_t{ZEO_STORE_LISTABLE};
  }

  bool place(std::string_view key, Out& name) const override {
    const auto& v = *inner_->v;
    if (v.object.struct_size < offsetof(zeo_store_vtable, place) + sizeof v.place || v.place == nullptr) return false;
    const auto inner_key = to_inner(key);
    return v.place(inner_, sdk::abi(inner_key), name.abi(), nullptr) == ZEO_OK;
  }

  void submit(std::span<Operation> operations, const Call& call) override {
    std::vector<zeo_store_op*> forwarded;
    forwarded.reserve(operations.size());
    for (auto& operation : operations) {
      // A key that cannot be mapped fails alone.
      operation.attempt([&] { forwarded.push_back(Forwarded::make(operation, to_inner(operation.key()))); });
    }
    if (!forwarded.empty()) inner_->v->submit(inner_, forwarded.data(), forwarded.size(), call.abi());
  }

  void submit_list(ListRequest request, const Call& call) override {
    if (!lists()) return request.fail(ZEO_UNSUPPORTED, "the store behind this one cannot list its keys");
    ForwardedList* forwarded = nullptr;
    answer_failure([&] { forwarded = ForwardedList::make(*this, request, to_inner(request.prefix())); },
                   [&](zeo_status status, std::string_view message) { request.fail(status, message); });
    if (forwarded != nullptr) inner_->v->list(inner_, &forwarded->inner, call.abi());
  }

 private:
  /// Copies a struct of the host, whose version may be older or newer, to one of ours.
  template <class T>
  static void copy(T& to, const T& from) {
    std::memcpy(&to, &from, std::min<std::size_t>(from.struct_size, sizeof to));
    to.struct_size = sizeof to;
  }

  /// An operation under way: the inner one comes first, so that its address is that of the whole.
  struct Forwarded {
    zeo_store_op inner{};
    Operation outer;
    std::string key;

    static zeo_store_op* make(Operation& operation, std::string key) {
      auto forwarded = std::make_unique<Forwarded>();
      copy(forwarded->inner, *operation.abi());
      forwarded->key = std::move(key);
      forwarded->inner.key = sdk::abi(forwarded->key);
      forwarded->inner.done = &on_done;
      forwarded->inner.host = nullptr;
      forwarded->outer = std::move(operation);
      return &forwarded.release()->inner;
    }

    static void on_done(zeo_store_op* inner, const zeo_store_result* result) {
      auto* const self = reinterpret_cast<Forwarded*>(inner);
      auto* const outer = self->outer.release();
      delete self;
      outer->done(outer, result);
    }
  };

  struct ForwardedList {
    zeo_list_request inner{};
    const ForwardingStore* store;
    zeo_list_request* outer;
    std::string prefix;

    static ForwardedList* make(const ForwardingStore& store, ListRequest& request, std::string prefix) {
      auto forwarded = std::make_unique<ForwardedList>();
      copy(forwarded->inner, *request.abi());
      forwarded->prefix = std::move(prefix);
      forwarded->inner.prefix = sdk::abi(forwarded->prefix);
      forwarded->inner.page = &on_page;
      forwarded->inner.done = &on_done;
      forwarded->inner.host = nullptr;
      forwarded->store = &store;
      forwarded->outer = request.release();
      return forwarded.release();
    }

    static zeo_status on_page(zeo_list_request* inner, const zeo_list_entry* entries, std::uint64_t n) {
      const auto& self = *reinterpret_cast<ForwardedList*>(inner);
      try {
        std::vector<std::string> keys;
        std::vector<zeo_list_entry> page;
        keys.reserve(static_cast<std::size_t>(n));
        for (std::uint64_t i = 0; i < n; ++i) {
          if (auto key = self.store->to_outer(text(entries[i].key))) {
            keys.push_back(std::move(*key));
            page.push_back({sdk::abi(keys.back()), entries[i].value_bytes});
          }
        }
        return page.empty() ? ZEO_OK : self.outer->page(self.outer, page.data(), page.size());
      } catch (const std::bad_alloc&) {
        return ZEO_NO_MEMORY;
      } catch (...) {
        return ZEO_INTERNAL;
      }
    }

    static void on_done(zeo_list_request* inner, const zeo_store_result* result) {
      auto* const self = reinterpret_cast<ForwardedList*>(inner);
      auto* const outer = self->outer;
      delete self;
      outer->done(outer, result);
    }
  };

  bool lists() const {
    const auto& v = *inner_->v;
    return v.object.struct_size >= offsetof(zeo_store_vtable, list) + sizeof v.list && v.list != nullptr;
  }

  zeo_store* inner_;
};

}  // namespace zeolite::sdk
