// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <zeolite/error.hpp>
#include <zeolite/store.hpp>

#include "context_impl.hpp"
#include "request.hpp"

namespace zeolite {

/// A location's store and the transformers in front of it.
class Store::Impl {
 public:
  Impl(Context a_context, std::string a_location) : context(std::move(a_context)), location(std::move(a_location)) {}
  ~Impl();

  /// The first layer.
  void lay(Owned<zeo_store> store);
  /// Puts one more layer in front.
  void push(Owned<zeo_storage_transformer> transformer, Owned<zeo_store> store);

  zeo_store* top() const { return stores.back().get(); }
  Context::Impl& shared() const { return *context.impl(); }

  // What asks the store is given the handle, since that knows how long the result is wanted.

  /// A handle that waits as long as it takes.
  static Store plain(const Store& handle) { return Store(handle.impl_); }
  static const Until& until(const Store& handle) { return handle.until_; }
  /// Whether what is asked for through this handle is not wanted any more.
  static bool is_given_up(const Store& handle);

  /// Calls `visit` for every entry of `layer`, one of the layers or a store in front of them.
  static void list(const Store& handle, zeo_store* layer, std::string_view prefix, bool one_level,
                   const std::function<void(const StoreEntry&)>& visit);

  /// The value, or nothing when there is none. Throws ErrorCode::corrupt when it is longer than this.
  static std::optional<Buffer> get(const Store& handle, std::string_view key, std::uint64_t limit_bytes);

  /// The same for many values: requests go to the store in batches, and visit(i, value) is called once for each key, on
  /// several threads, while the bytes are there. What is wrong with one of them hides no other; only when they are not
  /// wanted any more it throws. Takes nothing of the memory budget, so that it waits for nobody: no more than 128
  /// values are under way.
  using Value = std::variant<std::monostate, std::string_view, Error>;  ///< none, its bytes, why it cannot be read
  static void get_each(const Store& handle, std::span<const std::string> keys, std::uint64_t limit_bytes,
                       const std::function<void(std::size_t, const Value&)>& visit);

  /// Where `store`, one of the layers or a store in front of them, keeps the value of `key`: see Store::place(). Keys
  /// of a store in front of them are relative to `scope`.
  std::string place(const zeo_store* store, std::string_view scope, std::string_view key) const;

  /// Adds which store an error comes from, and whose.
  Error& blame(Error& error) const { return error.at("store", location).at("plugin", plugin); }
  /// The same for an operation on a key.
  Error in(Error error, std::string_view key) const;

  Context context;
  std::string location;
  std::string plugin;  ///< who made the store and the transformers, as `location` names those; empty: this program
  std::vector<Owned<zeo_storage_transformer>> transformers;
  std::vector<Owned<zeo_store>> stores;  ///< the innermost first
  std::string identity;                  ///< the same for handles whose stores are configured alike
};

/// Whether requests of this store keep a thread waiting for a millisecond or more.
bool is_slow_and_blocking(const zeo_store& store);

/// In front of such a store: its requests wait on threads of their own, as many as it finds useful and no more than
/// `most`, and no longer on those that compute.
Owned<zeo_store> make_threaded_store(const Context& context, Owned<zeo_store> inner, unsigned most);

/// In front of a store that wants long ranges split: those of reads are asked for in parts, by operations of their own
/// and at the same time, and answered as if they were one. Parts of two versions make no whole: ZEO_CONFLICT. The
/// resources outlive it, here and below.
Owned<zeo_store> make_split_store(const Resources& resources, Owned<zeo_store> inner);

/// In front of a store that does not block: no more operations are under way than it finds useful, and the others wait
/// in the order they came.
Owned<zeo_store> make_limited_store(const Resources& resources, Owned<zeo_store> inner);

/// A store that puts a prefix in front of every key of another one: how a storage transformer sees one array.
/// `inner` and the tickets outlive it.
Owned<zeo_store> make_scoped_store(zeo_store* inner, std::string prefix, Tickets& tickets);

}  // namespace zeolite
