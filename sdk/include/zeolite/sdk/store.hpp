// SPDX-License-Identifier: Apache-2.0
//
// Author classes for stores. Source: Zarr v3.1 core specification, "Abstract store interface".
//
// Most stores block: derive from BlockingStore, override get(), and as many of the other plain functions as make sense.
//
//   class Constant : public sdk::BlockingStore {
//    public:
//     static constexpr sdk::Names names{.name = "constant"};
//     void fields(sdk::Fields& f) override { f.required("url", url_); }
//     bool get(std::string_view key, sdk::Reading& reading) override {
//       if (key != "answer") return false;
//       reading.answer(forty_two_);
//       return true;
//     }
//     ...
//   };
//
// A store that waits for a network derives from Store and gets the operations themselves, to answer them when it can.
// All functions but fields() and created() are called by any number of threads at once.
#pragma once

#include <algorithm>
#include <memory>
#include <unordered_set>

#include <zeolite/sdk/plugin.hpp>
#include <zeolite/sdk/store/operation.hpp>

namespace zeolite::sdk {

/// What a store can do, and how it likes to be asked. The host believes it.
struct StoreProperties {
  bool readable = true;
  bool writable = false;
  bool listable = false;
  bool deletable = false;
  bool atomic_set = false;  ///< readers see the old value or the new one, never a mixture
  bool ranged_set = false;
  bool conditions = false;            ///< all of if_match and if_none_match, of sets and of deletes
  bool create_only = false;           ///< of the conditions of a set, at least if_none_match "*"
  bool progressive = false;           ///< get() reads by Reading::each_range() or answer(), and by nothing else
  std::uint64_t latency_ns = 0;       ///< of one small request
  std::uint64_t merge_gap_bytes = 0;  ///< ranges closer than this are better read as one
  std::uint64_t max_range_bytes = 0;  ///< longer ranges are asked for in parts; 0: no limit
  std::uint32_t concurrency = 0;      ///< operations that are useful at once; 0: any number
  /// set() understands Writing::each_part(), and it pays for ranges of this length or more; 0: it does not.
  std::uint32_t least_kept_bytes = 0;
};

/// Collects the entries of a listing and hands them to the host in pages.
class Listing {
 public:
  explicit Listing(zeo_list_request* request) : request_(request), prefix_(text(request->prefix)) {
    keys_.reserve(page_entries);
    sizes_.reserve(page_entries);
  }

  std::string_view prefix() const { return prefix_; }
  /// Only one level is wanted. add() sees to it; a store that can save work may too.
  bool one_level() const { return request_->directory != 0; }

  /// Any key of the store: those that are not wanted are passed over, deeper ones are folded into their prefix.
  void add(std::string_view key, std::uint64_t value_bytes = UINT64_MAX) {
    if (!key.starts_with(prefix_) || key.size() == prefix_.size()) return;
    if (one_level()) {
      if (const auto slash = key.find('/', prefix_.size()); slash != key.npos) {
        return add_prefix(key.substr(0, slash + 1));
      }
    }
    entry(key, value_bytes);
  }

  /// When one_level(): something one level below the prefix under which there are keys; ends in "/".
  void add_prefix(std::string_view prefix) {
    if (prefix == last_prefix_ || !prefixes_.emplace(prefix).second) return;
    last_prefix_ = prefix;
    entry(prefix, UINT64_MAX);
  }

  /// Hands over what has been collected. Throws when the host wants no more. Called by the SDK at the end.
  void flush() {
    if (keys_.empty()) return;
    std::vector<zeo_list_entry> entries(keys_.size());
    for (std::size_t i = 0; i < keys_.size(); ++i) entries[i] = {abi(keys_[i]), sizes_[i]};
    const auto status = request_->page(request_, entries.data(), entries.size());
    keys_.clear();
    sizes_.clear();
    if (status != ZEO_OK) throw Error(status, "the listing was stopped by its receiver");
  }

 private:
  static constexpr std::size_t page_entries = 1000;

  void entry(std::string_view key, std::uint64_t value_bytes) {
    keys_.emplace_back(key);
    sizes_.push_back(value_bytes);
    if (keys_.size() == page_entries) flush();
  }

  zeo_list_request* request_;
  std::string_view prefix_;
  std::vector<std::string> keys_;
  std::vector<std::uint64_t> sizes_;
  std::unordered_set<std::string> prefixes_;
  std::string last_prefix_;
};

/// A listing to be answered: like Operation, once, whatever happens.
class ListRequest {
 public:
  explicit ListRequest(zeo_list_request* request) noexcept : request_(request) {}
  ListRequest(ListRequest&& other) noexcept : request_(other.release()) {}
  ListRequest& operator=(ListRequest&&) = delete;
  ~ListRequest() {
    if (request_ != nullptr) fail(ZEO_INTERNAL, "the store dropped the listing without an answer");
  }

  explicit operator bool() const { return request_ != nullptr; }
  zeo_list_request* abi() const { return request_; }
  std::string_view prefix() const { return text(request_->prefix); }
  bool one_level() const { return request_->directory != 0; }

  void succeed() noexcept { finish(ZEO_OK, {}); }
  void fail(zeo_status status, std::string_view message) noexcept { finish(status, message); }
  zeo_list_request* release() noexcept { return std::exchange(request_, nullptr); }

 private:
  void finish(zeo_status status, std::string_view message) noexcept {
    if (request_ == nullptr) return;
    const zeo_store_result result{sizeof(result), status, sdk::abi(message), UINT64_MAX, {nullptr, 0}};
    auto* const request = release();
    request->done(request, &result);
  }

  zeo_list_request* request_;
};

/// A store that is given the operations themselves.
class Store : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_STORE;

  /// After created(), always the same.
  virtual StoreProperties properties() const = 0;

  /// Whether the table says ZEO_STORE_BLOCKING: submit() and submit_list() return when everything is answered.
  virtual bool blocking() const { return false; }

  /// Move those out of the span that are answered later; what is left in it, fails. When this throws, what is left
  /// fails with that error. `call` ends when this returns.
  virtual void submit(std::span<Operation> operations, const Call& call) = 0;

  virtual void submit_list(ListRequest request, const Call&) {
    request.fail(ZEO_UNSUPPORTED, "this store cannot list its keys");
  }

  static zeo_object* box(std::unique_ptr<Store> object, std::string configuration = "{}") {
    return reinterpret_cast<zeo_object*>(make(std::move(object), std::move(configuration)));
  }

  /// The object of the contract for a store; released through its table.
  static zeo_store* make(std::unique_ptr<Store> object, std::string configuration = "{}") {
    object->describe();
    return make_box<Store, zeo_store>(std::move(object), &table, std::move(configuration));
  }

  /// Appends a name of where the value of a key lies, which is the same through every object that leads there, whatever
  /// its options and its root; names of longer keys start with those of shorter ones. False: there is none, and stores
  /// with the same configuration are taken for the same.
  virtual bool place(std::string_view /*key*/, Out& /*name*/) const { return false; }

  /// For stores in front of others, which hand on what those say.
  virtual void adjust(zeo_store_properties&) const {}

 private:
  void describe() {
    const auto p = properties();
    const auto flag = [](bool set, std::uint32_t bit) { return set ? bit : 0U; };
    properties_.struct_size = sizeof properties_;
    properties_.flags = flag(p.readable, ZEO_STORE_READABLE) | flag(p.writable, ZEO_STORE_WRITABLE) |
                        flag(p.listable, ZEO_STORE_LISTABLE) | flag(p.deletable, ZEO_STORE_DELETABLE) |
                        flag(p.atomic_set, ZEO_STORE_ATOMIC_SET) | flag(p.ranged_set, ZEO_STORE_RANGED_SET) |
                        flag(p.conditions, ZEO_STORE_CONDITIONS) |
                        flag(p.conditions || p.create_only, ZEO_STORE_CREATE_ONLY) |
                        flag(p.progressive, ZEO_STORE_PROGRESSIVE) | flag(blocking(), ZEO_STORE_BLOCKING);
    properties_.latency_ns = p.latency_ns;
    properties_.merge_gap_bytes = p.merge_gap_bytes;
    properties_.max_range_bytes = p.max_range_bytes;
    properties_.concurrency = p.concurrency;
    properties_.least_kept_bytes = p.least_kept_bytes;
    adjust(properties_);
  }

  static const zeo_store_properties* on_properties(const zeo_store* self) { return &author<Store>(self).properties_; }

  static void on_submit(zeo_store* self, zeo_store_op* const* operations, std::uint64_t n, const zeo_call* call) {
    std::vector<Operation> taken;
    try {
      taken.reserve(static_cast<std::size_t>(n));
    } catch (...) {
      for (std::uint64_t i = 0; i < n; ++i) Operation(operations[i]).fail(ZEO_NO_MEMORY, "out of memory");
      return;
    }
    for (std::uint64_t i = 0; i < n; ++i) taken.emplace_back(operations[i]);
    try {
      author<Store>(self).submit(taken, Call(call));
    } catch (...) {
      const auto error = std::current_exception();
      for (auto& operation : taken) operation.attempt([&] { std::rethrow_exception(error); });
    }
  }

  static void on_list(zeo_store* self, zeo_list_request* request, const zeo_call* call) {
    try {
      author<Store>(self).submit_list(ListRequest(request), Call(call));
    } catch (...) {
      // The request has been answered by its destructor on the way here.
    }
  }

  static zeo_status on_place(const zeo_store* self, zeo_str key, zeo_out* out, const zeo_call* call) {
    bool named = false;
    const auto status = guard(call, [&] {
      Out name(out);
      named = author<Store>(self).place(text(key), name);
    });
    return status == ZEO_OK && !named ? ZEO_UNSUPPORTED : status;
  }

  static constexpr zeo_store_vtable table = {Box<zeo_store, Store>::head(sizeof(zeo_store_vtable)), &on_properties,
                                             &on_submit, &on_list, &on_place};

  zeo_store_properties properties_{};
};

/// A store of plain functions, each of which returns when it is done, and throws when it cannot. Operations of one
/// batch run on several threads at once.
class BlockingStore : public Store {
 public:
  StoreProperties properties() const override { return {}; }

  /// Called before the operations of each batch, and without any before each listing: what it costs to find the way to
  /// the store, or to the values, can be paid here, once for all of them.
  virtual void prepare(std::span<const Operation> /*operations*/) {}

  /// Reads a value. False: there is none.
  virtual bool get(std::string_view key, Reading& reading) = 0;

  /// What is known about a value; nothing: there is none. By default get() of no bytes at all.
  virtual std::optional<ValueInfo> head(std::string_view key) {
    const zeo_range nothing{0, 0};
    zeo_out out{nullptr, 0, 0, [](zeo_out*, std::uint64_t) -> zeo_status { return ZEO_NO_MEMORY; }, nullptr};
    Reading reading({&nothing, 1}, &out);
    if (!get(key, reading)) return std::nullopt;
    return std::move(reading.info);
  }

  /// Replaces or creates a value. Conditions arrive here only as far as properties() says they are supported.
  virtual void set(std::string_view, Writing&) { throw unsupported("this store cannot be written"); }

  /// Overwrites bytes inside a value. False: there is none. Bytes past its end are ZEO_INVALID, and nothing changes.
  virtual bool set_range(std::string_view, std::uint64_t /*offset*/, Bytes) {
    throw unsupported("this store cannot overwrite a part of a value");
  }

  /// Removes a value; one that is not there is fine.
  virtual void erase(std::string_view) { throw unsupported("this store cannot delete"); }

  /// The same under conditions, when properties() has them.
  virtual void erase_if(std::string_view, std::string_view /*if_match*/, std::string_view /*if_none_match*/) {
    throw unsupported("this store cannot delete under a condition");
  }

  /// Removes all keys that start with `prefix`, which is "" or ends in "/".
  virtual void erase_prefix(std::string_view) { throw unsupported("this store cannot delete"); }

  /// Adds every key that starts with listing.prefix(); adding too many does no harm.
  virtual void list(Listing&) { throw unsupported("this store cannot list its keys"); }

  bool blocking() const final { return true; }

  void submit(std::span<Operation> operations, const Call& call) final {
    // Each turn takes the next operation, whatever its index: none runs twice, and none is left when the loop ends
    // early.
    prepare(operations);
    std::atomic<std::size_t> next{0};
    const auto turn = [&](const Call& on) {
      const auto i = next.fetch_add(1, std::memory_order_relaxed);
      if (i < operations.size()) run(std::move(operations[i]), on);
      return i < operations.size();
    };
    if (operations.size() > 1 && call.concurrency() > 1) {
      try {
        call.parallel_for(operations.size(), [&](std::uint64_t, const Call& on) { turn(on); });
      } catch (...) {
        // What the loop has not come to follows on this thread.
      }
    }
    while (turn(call)) {
    }
  }

  void submit_list(ListRequest request, const Call&) final {
    answer_failure(
        [&] {
          prepare({});
          Listing listing(request.abi());
          list(listing);
          listing.flush();
        },
        [&](zeo_status status, std::string_view message) { request.fail(status, message); });
    request.succeed();  // does nothing after a failure
  }

 private:
  void run(Operation operation, const Call& call) noexcept {
    if (operation.cancelled() || call.cancelled()) return operation.fail(ZEO_CANCELLED, "cancelled");
    std::optional<ValueInfo> info;
    operation.attempt([&] { info = answer(operation); });
    if (!operation) return;  // it threw
    if (info) {
      operation.succeed(*info);
    } else {
      operation.not_found();
    }
  }

  std::optional<ValueInfo> answer(Operation& operation) {
    const auto key = operation.key();
    check(operation);
    switch (operation.kind()) {
      case ZEO_OP_GET: {
        auto reading = operation.reading();
        if (!get(key, reading)) return std::nullopt;
        return std::move(reading.info);
      }
      case ZEO_OP_HEAD: return head(key);
      case ZEO_OP_SET: {
        auto writing = operation.writing();
        set(key, writing);
        return std::move(writing.info);
      }
      case ZEO_OP_SET_RANGE:
        if (operation.ranges().size() != 1 || operation.writing().parts().size() != 1) {
          throw invalid("overwriting takes one range and one run of bytes");
        }
        if (!set_range(key, operation.ranges()[0].offset, bytes(operation.writing().parts()[0]))) return std::nullopt;
        return ValueInfo{};
      case ZEO_OP_DELETE:
        if (operation.if_match().empty() && operation.if_none_match().empty()) {
          erase(key);
        } else {
          erase_if(key, operation.if_match(), operation.if_none_match());
        }
        return ValueInfo{};
      case ZEO_OP_DELETE_PREFIX: erase_prefix(key); return ValueInfo{};
      default: throw unsupported("operations of kind {} are not known here", operation.kind());
    }
  }

  /// A condition that is not understood must not be passed over.
  void check(const Operation& operation) {
    const bool keeps = operation.kind() == ZEO_OP_SET && operation.writing().keeps();
    if (!keeps && operation.if_match().empty() && operation.if_none_match().empty()) return;
    const auto p = properties();
    if (keeps && p.least_kept_bytes == 0) throw unsupported("this store cannot keep parts of a value");
    if (p.conditions || (keeps && operation.if_none_match().empty())) return;
    if (p.create_only && operation.kind() == ZEO_OP_SET && operation.if_match().empty() &&
        operation.if_none_match() == "*") {
      return;
    }
    throw unsupported("this store knows {}",
                      p.create_only ? "no condition but \"only if there is no value\"" : "no conditions");
  }
};

}  // namespace zeolite::sdk
