// SPDX-License-Identifier: Apache-2.0
//
// A store in main memory: "memory:" is a new one for every opening, "memory://name" is shared within a context.
#include <array>
#include <map>
#include <mutex>
#include <shared_mutex>

#include <zeolite/sdk/store.hpp>

using namespace zeolite;

namespace {

/// Values never change: whoever has found one reads it without a lock.
struct Value {
  std::vector<std::uint8_t> bytes;
  std::string generation;
};
using ValuePtr = std::shared_ptr<const Value>;

/// The keys, spread over several maps so that threads seldom wait for each other.
class Values {
 public:
  ValuePtr find(std::string_view key) {
    auto& shard = shard_of(key);
    const std::shared_lock lock(shard.mutex);
    const auto found = shard.values.find(key);
    return found == shard.values.end() ? nullptr : found->second;
  }

  /// Puts change(value that is there or null) in its place; null removes it. `change` runs under the lock.
  template <class Change>
  void update(std::string_view key, Change&& change) {
    ValuePtr old;  // freed after the lock
    auto& shard = shard_of(key);
    const std::unique_lock lock(shard.mutex);
    const auto found = shard.values.find(key);
    const bool there = found != shard.values.end();
    ValuePtr value = change(there ? found->second.get() : nullptr);
    if (there) old = found->second;
    if (value == nullptr) {
      if (there) shard.values.erase(found);
    } else if (there) {
      found->second = std::move(value);
    } else {
      shard.values.emplace(key, std::move(value));
    }
  }

  void erase_prefix(std::string_view prefix) {
    for (auto& shard : shards_) {
      std::vector<ValuePtr> old;  // freed after the lock
      const std::unique_lock lock(shard.mutex);
      const auto first = shard.values.lower_bound(prefix);
      auto last = first;
      for (; last != shard.values.end() && last->first.starts_with(prefix); ++last) old.push_back(last->second);
      shard.values.erase(first, last);
    }
  }

  /// In the order of the keys.
  void list(sdk::Listing& listing) {
    const auto prefix = listing.prefix();
    std::map<std::string, std::uint64_t> entries;
    for (auto& shard : shards_) {
      const std::shared_lock lock(shard.mutex);
      auto at = shard.values.lower_bound(prefix);
      while (at != shard.values.end() && at->first.starts_with(prefix)) {
        const auto slash = listing.one_level() ? at->first.find('/', prefix.size()) : std::string::npos;
        entries.emplace(at->first, at->second->bytes.size());
        if (slash == std::string::npos) {
          ++at;
        } else {
          at =
              shard.values.lower_bound(at->first.substr(0, slash) + char('/' + 1));  // one of the folded keys is enough
        }
      }
    }
    for (const auto& [key, size] : entries) listing.add(key, size);
  }

  ValuePtr make(std::vector<std::uint8_t> bytes) {
    return std::make_shared<const Value>(
        Value{std::move(bytes), std::to_string(generation_.fetch_add(1, std::memory_order_relaxed) + 1)});
  }

 private:
  struct alignas(64) Shard {
    std::shared_mutex mutex;
    std::map<std::string, ValuePtr, std::less<>> values;
  };

  /// Keys that differ only at their ends lie together: whoever asks for one mostly asks for the others next, and finds
  /// lock and neighbours in the cache.
  Shard& shard_of(std::string_view key) {
    key.remove_suffix(std::min<std::size_t>(key.size(), 2));
    return shards_[std::hash<std::string_view>()(key) % shards_.size()];
  }

  std::array<Shard, 16> shards_;
  std::atomic<std::uint64_t> generation_{0};
};

/// The stores with a name, a set for each host: contexts never see each other's. A store lives while somebody holds it.
class Shared {
 public:
  static std::shared_ptr<Values> open(const zeo_host* host, const std::string& name) {
    static auto& shared = *new Shared;  // never destroyed: contexts may outlive the destruction of static objects
    const std::lock_guard lock(shared.mutex_);
    const Key key(host, name);
    auto& slot = shared.stores_[key];
    if (auto values = slot.lock()) return values;
    std::shared_ptr<Values> values(new Values, [key](Values* gone) {
      delete gone;
      const std::lock_guard forget(shared.mutex_);
      // Someone may have opened the name anew in the meantime.
      const auto found = shared.stores_.find(key);
      if (found != shared.stores_.end() && found->second.expired()) shared.stores_.erase(found);
    });
    slot = values;
    return values;
  }

 private:
  using Key = std::pair<const zeo_host*, std::string>;
  std::recursive_mutex mutex_;  // out of memory in open() calls the deleter
  std::map<Key, std::weak_ptr<Values>> stores_;
};

class MemoryStore : public sdk::BlockingStore {
 public:
  static constexpr sdk::Names names{.name = "memory"};

  void fields(sdk::Fields& f) override { f.optional("url", url_); }

  void created(const sdk::Call&) override {
    std::string_view name = url_;
    if (!name.starts_with("memory:")) throw sdk::invalid("\"{}\" must be \"memory:\" or \"memory://name\"", url_);
    name.remove_prefix(7);
    if (name.starts_with("//")) name.remove_prefix(2);
    while (name.ends_with('/')) name.remove_suffix(1);
    // One without a name gets one nobody else uses, so that the stores can be told apart by their configuration.
    static std::atomic<std::uint64_t> count{0};
    const auto own = name.empty() ? fmt::format("private-{}", ++count) : std::string(name);
    values_ = Shared::open(host().abi(), own);
    url_ = "memory://" + own;
  }

  sdk::StoreProperties properties() const override {
    return {.writable = true,
            .listable = true,
            .deletable = true,
            .atomic_set = true,
            .ranged_set = true,
            .conditions = true,
            .create_only = true,
            .concurrency = 16};
  }

  bool get(std::string_view key, sdk::Reading& reading) override {
    const auto value = values_->find(key);
    if (value == nullptr) return false;
    reading.answer(value->bytes);
    reading.info.generation = value->generation;
    return true;
  }

  std::optional<sdk::ValueInfo> head(std::string_view key) override {
    const auto value = values_->find(key);
    if (value == nullptr) return std::nullopt;
    return sdk::ValueInfo{value->bytes.size(), value->generation};
  }

  void set(std::string_view key, sdk::Writing& writing) override {
    const auto value = values_->make(writing.joined());
    values_->update(key, [&](const Value* old) {
      writing.check(old == nullptr ? nullptr : &old->generation);
      return value;
    });
    writing.info = {value->bytes.size(), value->generation};
  }

  bool set_range(std::string_view key, std::uint64_t offset, sdk::Bytes bytes) override {
    bool found = false;
    values_->update(key, [&](const Value* old) -> ValuePtr {
      if (old == nullptr) return nullptr;
      found = true;
      if (offset > old->bytes.size() || bytes.size() > old->bytes.size() - offset) {
        throw sdk::invalid("{} bytes at {} do not lie inside the value of {} bytes", bytes.size(), offset,
                           old->bytes.size());
      }
      auto changed = old->bytes;
      std::copy(bytes.begin(), bytes.end(), changed.begin() + static_cast<std::ptrdiff_t>(offset));
      return values_->make(std::move(changed));
    });
    return found;
  }

  void erase(std::string_view key) override { erase_if(key, {}, {}); }

  void erase_if(std::string_view key, std::string_view if_match, std::string_view if_none_match) override {
    values_->update(key, [&](const Value* old) -> ValuePtr {
      sdk::Writing::check_conditions(if_match, if_none_match, old == nullptr ? nullptr : &old->generation);
      return nullptr;
    });
  }

  void erase_prefix(std::string_view prefix) override { values_->erase_prefix(prefix); }

  void list(sdk::Listing& listing) override { values_->list(listing); }

 private:
  std::string url_ = "memory:";
  std::shared_ptr<Values> values_;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.memory", "1.0.0", "Apache-2.0", MemoryStore)
