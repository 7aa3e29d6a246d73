// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <fmt/format.h>

#include <zeolite/json.hpp>

#include "../metadata/json.hpp"
#include "../plugin/objects.hpp"
#include "group.hpp"
#include "store_impl.hpp"

namespace zeolite {

namespace {

/// The scheme of a URL, empty for a path.
std::string_view scheme_of(std::string_view location) {
  const auto colon = location.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  for (std::size_t i = 0; i < colon; ++i) {
    const auto c = location[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == '_';
    if (!letter && !(other && i > 0)) return {};
  }
  return location.substr(0, colon);
}

/// One operation on one key, by way of the same tasks that arrays are read with.
Task<bool> run_request(Operation& operation, Request& request) {
  operation.require_wanted();
  co_return co_await request;
}

/// One listing as something a task awaits.
class Listing final : private Asker {
 public:
  using Visit = std::function<void(const StoreEntry&)>;

  /// What it is given must live until it has been awaited.
  Listing(Operation& operation, zeo_store* store, std::string_view prefix, bool one_level, const Visit& visit)
      : owner_(operation), store_(store), visit_(visit), ticket_(operation.resources().tickets.take_listing(*this)) {
    ticket_.listing.directory = one_level ? 1 : 0;
    ticket_.listing.prefix = str(prefix);
  }
  ~Listing() { owner_.resources().tickets.give_back(ticket_); }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) {
    waiter_.handle = waiter;
    {
      Call call(owner_.workers(), nullptr, owner_.cancelled());
      store_->v->list(store_, &ticket_.listing, call);
    }
    return !has_one_ended();
  }
  /// Throws what went wrong, but for "not found".
  void await_resume() const {
    if (exception_) return;
    // Whatever the store makes of that: there may have been more.
    if (stopped_) owner_.require_wanted();
    if (status_ == ZEO_OK || status_ == ZEO_NOT_FOUND) return;
    const bool known = status_ > ZEO_OK && status_ <= ZEO_INTERNAL;
    throw Error(known ? static_cast<ErrorCode>(status_) : ErrorCode::internal,
                message_.empty() ? "listing failed" : message_);
  }

  /// Throws what visiting has thrown.
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  zeo_status page(std::span<const zeo_list_entry> entries) noexcept override {
    stopped_ = owner_.is_cancelled();
    if (stopped_) return ZEO_CANCELLED;
    try {
      for (const auto& given : entries) {
        StoreEntry entry{std::string(view(given.key)), std::nullopt};
        if (given.value_bytes != UINT64_MAX) entry.value_bytes = given.value_bytes;
        visit_(entry);
      }
      return ZEO_OK;
    } catch (...) {
      exception_ = std::current_exception();
      return ZEO_CANCELLED;
    }
  }

  void answered(const zeo_store_result& result) noexcept override {
    status_ = result.status;
    try {
      message_ = view(result.message);
    } catch (...) {
      message_.clear();  // the status says enough
    }
    if (has_one_ended()) owner_.resume_later(waiter_);
  }

  /// The task goes on when the listing has been answered and the call that asked for it has returned, in either order:
  /// each of them asks here, and the second is told so.
  bool has_one_ended() noexcept { return one_ended_.exchange(true); }

  Operation& owner_;
  zeo_store* const store_;
  const Visit& visit_;
  Ticket& ticket_;
  Ready waiter_;
  std::atomic<bool> one_ended_ = false;
  std::exception_ptr exception_;
  bool stopped_ = false;
  zeo_status status_ = ZEO_OK;
  std::string message_;
};

Task<void> run_listing(Operation& operation, Listing& listing) {
  operation.require_wanted();
  co_await listing;
}

void check_prefix(std::string_view prefix) {
  if (prefix.empty()) return;
  if (prefix.back() != '/') {
    throw Error(ErrorCode::invalid, fmt::format("the prefix \"{}\" must be empty or end in '/'", prefix));
  }
  check_key(prefix.substr(0, prefix.size() - 1));
}

}  // namespace

void check_key(std::string_view key) {
  const auto fail = [&](std::string_view why) {
    throw Error(ErrorCode::invalid, fmt::format("\"{}\" is no key: {}", key, why));
  };
  if (key.empty()) fail("it is empty");
  if (key.front() == '/') fail("keys are relative");
  if (key.find('\0') != std::string_view::npos) fail("it holds a NUL character");
  if (!is_utf8(key)) fail("it is not UTF-8");
  for (std::size_t begin = 0; begin <= key.size();) {
    const auto end = std::min(key.find('/', begin), key.size());
    const auto part = key.substr(begin, end - begin);
    if (part.empty()) fail("a part of it is empty");
    if (part == "." || part == "..") fail("it has a part \".\" or \"..\"");
    begin = end + 1;
  }
}

Store::Impl::~Impl() {
  // The outermost first: each may still use the one below it.
  while (!stores.empty()) stores.pop_back();
}

void Store::Impl::lay(Owned<zeo_store> store) {
  const auto properties = *store->v->properties(store.get());
  const auto most = shared().options.store_threads;
  if (most != 0 && is_slow_and_blocking(*store)) {
    store = make_threaded_store(context, std::move(store), most);
  } else if ((properties.flags & ZEO_STORE_BLOCKING) == 0 && properties.concurrency != 0) {
    store = make_limited_store(shared().resources(), std::move(store));
  }
  if (properties.max_range_bytes != 0) store = make_split_store(shared().resources(), std::move(store));
  stores.push_back(std::move(store));
}

void Store::Impl::push(Owned<zeo_storage_transformer> transformer, Owned<zeo_store> store) {
  transformers.push_back(std::move(transformer));
  stores.push_back(std::move(store));
}

std::string Store::Impl::place(const zeo_store* store, std::string_view scope, std::string_view key) const {
  if (ZEOLITE_HAS(store, place)) {
    Call call(shared().workers);
    Buffer name;
    const auto status = store->v->place(store, str(key), name.abi(), call);
    if (status == ZEO_OK) return std::string(name.text());
    if (status != ZEO_UNSUPPORTED) throw in(call.error(status), key);
  }
  return fmt::format("{}\n{}{}", identity, scope, key);
}

std::string Store::place(std::string_view key) const { return impl_->place(impl_->top(), "", key); }

Error Store::Impl::in(Error error, std::string_view key) const { return blame(error.at("key", key)); }

namespace {

/// The store a location begins with. "p:q.zarr" may well have been meant as a path.
Created<zeo_store> create_store(Catalog& catalog, std::string_view part, std::string_view scheme,
                                const boost::json::object& configuration, Call& call) {
  try {
    return catalog.create<zeo_store>(Point::store, scheme.empty() ? "@path" : scheme, object_to_text(configuration),
                                     call);
  } catch (const Error& error) {
    if (scheme.empty() || part.substr(scheme.size()).starts_with("://")) throw;
    const auto known = catalog.explain(Point::store, scheme);
    if (!known.plugin.empty() || !known.others.empty()) throw;
    throw error.reworded(fmt::format("{}; \"{}:\" was taken for the scheme of a URL: if \"{}\" is a path, write "
                                     "\"./{}\"",
                                     error.message(), scheme, part, part));
  }
}

}  // namespace

Store Store::open(const Context& context, std::string_view location, const boost::json::object& options) {
  auto impl = std::make_shared<Impl>(context, std::string(location));
  Call call(impl->shared().workers);
  auto& catalog = impl->shared().catalog;
  std::string_view rest = location;
  try {
    if (options.contains("url")) {
      throw Error(ErrorCode::invalid, "\"url\" is no option of a store: the location takes its place");
    }
    bool more = true;
    for (bool first = true; more; first = false) {
      const auto bar = std::min(rest.find('|'), rest.size());
      const auto part = rest.substr(0, bar);
      more = bar < rest.size();
      rest.remove_prefix(more ? bar + 1 : bar);
      if (part.empty()) throw Error(ErrorCode::invalid, "a part of the location is empty");
      const auto scheme = scheme_of(part);
      boost::json::object configuration = first ? options : boost::json::object{};
      configuration["url"] = part;
      if (first) {
        auto created = create_store(catalog, part, scheme, configuration, call);
        impl->plugin = created.plugin;
        impl->lay(std::move(created.object));
        continue;
      }
      auto created = catalog.create<zeo_storage_transformer>(Point::storage_transformer, scheme.empty() ? part : scheme,
                                                             object_to_text(configuration), call);
      try {
        auto wrapped = plugin::wrap(*created.object, impl->top(), call);
        impl->push(std::move(created.object), std::move(wrapped));
        impl->plugin += "|" + created.plugin;
      } catch (Error& error) {
        throw error.at("storage_transformer", created.name).at("plugin", created.plugin);
      }
    }
    Buffer identity;
    for (const auto& store : impl->stores) {
      call.check(store->v->object.to_json(reinterpret_cast<const zeo_object*>(store.get()), identity.abi(), call));
    }
    impl->identity = identity.text();
  } catch (Error& error) {
    error.at("location", location);
    throw;
  }
  return Store(std::move(impl));
}

Store Store::adopt(const Context& context, zeo_store* store, std::string location) {
  if (const auto fault = plugin::fault_in_object(Point::store, reinterpret_cast<zeo_object*>(store)); !fault.empty()) {
    throw Error(ErrorCode::invalid, fmt::format("the store is unusable: {}", fault)).at("location", location);
  }
  Owned<zeo_store> owned(store);
  auto impl = std::make_shared<Impl>(context, std::move(location));
  impl->identity = fmt::format("{}", static_cast<const void*>(store));
  impl->lay(std::move(owned));
  return Store(std::move(impl));
}

namespace {

/// Says stop once either of two does.
class Either {
 public:
  Either(const std::stop_token& one, const std::stop_token& other, std::shared_ptr<const void> kept)
      : kept_(std::move(kept)), one_(one, Say{&either_}), other_(other, Say{&either_}) {}
  std::stop_token token() const { return either_.get_token(); }

 private:
  struct Say {
    std::stop_source* stop;
    void operator()() const noexcept { stop->request_stop(); }
  };
  std::stop_source either_;
  const std::shared_ptr<const void> kept_;
  std::stop_callback<Say> one_, other_;
};

}  // namespace

Store Store::within(const Until& until) const {
  auto bound = *this;
  bound.until_.deadline = std::min(until_.deadline, until.deadline);
  if (!until_.stopped.stop_possible()) {
    bound.until_.stopped = until.stopped;
  } else if (until.stopped.stop_possible() && until.stopped != until_.stopped) {
    const auto either = std::make_shared<Either>(until_.stopped, until.stopped, forwarding_);
    bound.until_.stopped = either->token();
    bound.forwarding_ = either;
  }
  return bound;
}

bool Store::Impl::is_given_up(const Store& handle) {
  return handle.until_.stopped.stop_requested() || handle.until_.deadline <= Alarms::Clock::now();
}

const std::string& Store::location() const { return impl_->location; }
const Context& Store::context() const { return impl_->context; }
const zeo_store_properties& Store::properties() const { return *impl_->top()->v->properties(impl_->top()); }

namespace {

struct Answer {
  bool present;
  std::uint64_t value_bytes;
};

/// Runs one operation; `prepare` adds what is special to it.
template <class Prepare>
Answer run_one(const Store::Impl& store, const Until& until, std::uint32_t kind, std::string_view key,
               Prepare prepare) {
  try {
    const auto operation = Operation::make(store.shared().resources(), until);
    Request request(*operation, store.top(), kind, key);
    prepare(request);
    const bool present = operation->run(run_request(*operation, request));
    return {present, request.value_bytes()};
  } catch (const Error& error) {
    throw store.in(error, key);
  }
}

std::optional<Buffer> get(const Store::Impl& store, const Until& until, std::string_view key,
                          std::optional<zeo_range> range, std::uint64_t limit_bytes) {
  check_key(key);
  std::optional<Buffer> buffer(limit_bytes);
  const auto answer = run_one(store, until, ZEO_OP_GET, key, [&](Request& request) {
    range ? request.want(*range, *buffer) : request.want_all(*buffer);
  });
  if (!answer.present) buffer.reset();
  return buffer;
}

std::optional<std::vector<std::byte>> copy_of(const std::optional<Buffer>& value) {
  if (!value) return std::nullopt;
  return std::vector<std::byte>(value->span().begin(), value->span().end());
}

}  // namespace

std::optional<std::vector<std::byte>> Store::get(std::string_view key) const {
  return copy_of(zeolite::get(*impl_, until_, key, std::nullopt, impl_->shared().options.max_chunk_bytes));
}

std::optional<Buffer> Store::Impl::get(const Store& handle, std::string_view key, std::uint64_t limit_bytes) {
  return zeolite::get(*handle.impl_, handle.until_, key, std::nullopt, limit_bytes);
}

namespace {

Task<void> get_one(Operation& operation, const Store::Impl& store, std::string_view key, std::uint64_t limit_bytes,
                   std::function<void(const Store::Impl::Value&)> visit) {
  Buffer buffer(limit_bytes);
  Store::Impl::Value value;
  try {
    check_key(key);
    Request request(operation, store.top(), ZEO_OP_GET, key);
    request.want_all(buffer);
    if (co_await request) value = buffer.text();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) operation.require_wanted();
    value = store.in(error, key);
  }
  visit(value);
}

}  // namespace

void Store::Impl::get_each(const Store& handle, std::span<const std::string> keys, std::uint64_t limit_bytes,
                           const std::function<void(std::size_t, const Value&)>& visit) {
  constexpr std::size_t most = 128;
  const auto& store = *handle.impl_;
  // What is done with a value takes about as long as reading it, so threads share them evenly.
  const auto start = store.shared().workers.concurrency() > 1 ? Start::spread : Start::together;
  for (std::size_t first = 0; first < keys.size(); first += most) {
    const auto operation = Operation::make(store.shared().resources(), handle.until_);
    const auto get = [&](std::uint64_t k) {
      const auto i = first + k;
      return get_one(*operation, store, keys[i], limit_bytes, [&visit, i](const Value& value) { visit(i, value); });
    };
    try {
      operation->run(all(*operation, std::min(most, keys.size() - first), get, start));
    } catch (Error& error) {
      throw store.blame(error);
    }
  }
}

std::optional<std::vector<std::byte>> Store::get(std::string_view key, zeo_range range) const {
  return copy_of(zeolite::get(*impl_, until_, key, range, impl_->shared().options.max_chunk_bytes));
}

bool Store::exists(std::string_view key) const {
  check_key(key);
  return run_one(*impl_, until_, ZEO_OP_HEAD, key, [](Request&) {}).present;
}

std::optional<std::uint64_t> Store::size(std::string_view key) const {
  check_key(key);
  const auto answer = run_one(*impl_, until_, ZEO_OP_HEAD, key, [](Request&) {});
  if (!answer.present) return std::nullopt;
  if (answer.value_bytes == UINT64_MAX) {
    throw impl_->in(Error(ErrorCode::unsupported, "the store cannot tell how large the value is"), key);
  }
  return answer.value_bytes;
}

void Store::set(std::string_view key, std::span<const std::byte> value) const {
  check_key(key);
  run_one(*impl_, until_, ZEO_OP_SET, key, [&](Request& request) {
    request.put({{reinterpret_cast<const std::uint8_t*>(value.data()), value.size()}});
  });
}

bool Store::set_if_absent(std::string_view key, std::span<const std::byte> value) const {
  check_key(key);
  if ((properties().flags & (ZEO_STORE_CREATE_ONLY | ZEO_STORE_CONDITIONS)) == 0) {
    // The best such a store can do; whoever shares it with others knows that they may come in between.
    if (exists(key)) return false;
    set(key, value);
    return true;
  }
  try {
    run_one(*impl_, until_, ZEO_OP_SET, key, [&](Request& request) {
      request.put({{reinterpret_cast<const std::uint8_t*>(value.data()), value.size()}});
      request.only_if_absent();
    });
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::conflict) return false;
    throw;
  }
}

void Store::remove(std::string_view key) const {
  check_key(key);
  run_one(*impl_, until_, ZEO_OP_DELETE, key, [](Request&) {});
}

void Store::remove_prefix(std::string_view prefix) const {
  check_prefix(prefix);
  run_one(*impl_, until_, ZEO_OP_DELETE_PREFIX, prefix, [](Request&) {});
}

void Store::list(std::string_view prefix, bool one_level, const std::function<void(const StoreEntry&)>& visit) const {
  check_prefix(prefix);
  Impl::list(*this, impl_->top(), prefix, one_level, visit);
}

void Store::Impl::list(const Store& handle, zeo_store* layer, std::string_view prefix, bool one_level,
                       const std::function<void(const StoreEntry&)>& visit) {
  const auto& store = *handle.impl_;
  if (!ZEOLITE_HAS(layer, list)) {
    throw store.in(Error(ErrorCode::unsupported, "the store cannot list its keys"), prefix);
  }
  const auto operation = Operation::make(store.shared().resources(), handle.until_);
  Listing listing(*operation, layer, prefix, one_level, visit);
  try {
    operation->run(run_listing(*operation, listing));
  } catch (const Error& error) {
    throw store.in(error, prefix);
  }
  listing.rethrow();
}

}  // namespace zeolite
