// SPDX-License-Identifier: Apache-2.0
//
// Values under keys in main memory, for any number of threads at once.
#pragma once

#include <array>
#include <mutex>
#include <shared_mutex>

#include <boost/intrusive/set.hpp>

#include <zeolite/sdk/store.hpp>

#include "table.hpp"

namespace zeolite::memory {

/// Spread over several parts, each with its lock, so that threads seldom wait for each other. A part finds its values
/// by the hash of their keys and, for listings, holds them in the order of the keys; both hold the same values.
class Values {
 public:
  /// Null: there is none. Nobody may hold one for longer than these values.
  ValuePtr find(std::string_view key) {
    const auto hash = Table::hash(key);
    auto& part = part_of(hash);
    const std::shared_lock lock(part.mutex);
    const auto* const slot = part.table.find(hash, key);
    return slot == nullptr ? nullptr : slot->value;
  }

  /// Has the processor fetch what the operations will look at, all at once: each that waits for its own value by itself
  /// takes several times as long.
  void prefetch(std::span<const sdk::Operation> operations) {
    std::array<const Value*, 64> found;  // of more, the first would be pushed out of the cache again
    const auto n = std::min(operations.size(), found.size());
    {
      std::shared_lock<std::shared_mutex> lock;
      for (std::size_t i = 0; i < n; ++i) {
        const auto hash = Table::hash(operations[i].key());
        auto& part = part_of(hash);
        if (lock.mutex() != &part.mutex) {
          if (lock) lock.unlock();
          lock = std::shared_lock(part.mutex);
        }
        found[i] = part.table.likely(hash);
      }
    }
    // Not before the last lock: taking one, and giving it back, waits for fetches or drops them. What is removed
    // meanwhile does no harm: nothing reads it here.
    for (std::size_t i = 0; i < n; ++i) Value::prefetch(found[i]);
  }

  /// A value that is in no place yet; calls fill(memory of `bytes` bytes).
  template <class Fill>
  ValuePtr make(std::string_view key, std::uint64_t bytes, Fill&& fill) {
    const auto generation = generation_.fetch_add(1, std::memory_order_relaxed) + 1;
    return Value::make(part_of(Table::hash(key)).pool, key, bytes, generation, fill);
  }

  /// Puts change(value that is there or null), of the same key, in its place; null removes it. `change` runs under the
  /// lock.
  template <class Change>
  void update(std::string_view key, Change&& change) {
    const auto hash = Table::hash(key);
    auto& part = part_of(hash);
    ValuePtr old;  // freed after the lock
    const std::unique_lock lock(part.mutex);
    auto* const slot = part.table.find(hash, key);
    if (slot != nullptr) old = slot->value;
    ValuePtr value = change(static_cast<const Value*>(old.get()));
    if (value == nullptr) {
      if (slot != nullptr) part.erase(slot);
    } else if (slot != nullptr) {
      part.order.replace_node(Order::s_iterator_to(*old), *value);
      slot->value = std::move(value);
    } else {
      auto& added = *value;
      part.table.insert(hash, std::move(value));
      part.order.insert(added);
    }
  }

  void erase_prefix(std::string_view prefix) {
    for (auto& part : parts_) {
      std::vector<ValuePtr> old;  // freed after the lock
      const std::unique_lock lock(part.mutex);
      part.list(prefix, false, old);
      for (const auto& value : old) part.erase(part.table.find(Table::hash(value->key()), value->key()));
    }
  }

  /// In the order of the keys.
  void list(sdk::Listing& listing) {
    std::vector<ValuePtr> values;
    for (auto& part : parts_) {
      const auto before = static_cast<std::ptrdiff_t>(values.size());
      {
        const std::shared_lock lock(part.mutex);
        part.list(listing.prefix(), listing.one_level(), values);
      }
      std::inplace_merge(values.begin(), values.begin() + before, values.end(),
                         [](const ValuePtr& a, const ValuePtr& b) { return a->key() < b->key(); });
    }
    for (const auto& value : values) listing.add(value->key(), value->bytes().size());
  }

 private:
  struct KeyOf {
    using type = std::string_view;
    type operator()(const Value& value) const { return value.key(); }
  };
  using Order =
      boost::intrusive::set<Value, boost::intrusive::base_hook<Ordered>, boost::intrusive::key_of_value<KeyOf>,
                            boost::intrusive::constant_time_size<false>>;

  struct alignas(64) Part {
    Pool pool;  // of the values
    std::shared_mutex mutex;
    Table table;
    Order order;

    /// Appends the values below the prefix in their order; with one_level, of those that are folded into one entry, the
    /// first alone.
    void list(std::string_view prefix, bool one_level, std::vector<ValuePtr>& values) {
      auto at = order.lower_bound(prefix);
      while (at != order.end() && at->key().starts_with(prefix)) {
        values.emplace_back(&*at);
        const auto slash = one_level ? at->key().find('/', prefix.size()) : std::string_view::npos;
        if (slash == std::string_view::npos) {
          ++at;
        } else {
          at = order.lower_bound(std::string(at->key().substr(0, slash)) + char('/' + 1));
        }
      }
    }

    void erase(Table::Slot* slot) noexcept {
      order.erase(Order::s_iterator_to(*slot->value));
      table.erase(slot);
    }
  };

  Part& part_of(std::uint64_t hash) { return parts_[hash >> 60]; }

  std::array<Part, 16> parts_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace zeolite::memory
