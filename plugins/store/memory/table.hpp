// SPDX-License-Identifier: Apache-2.0
//
// A value in main memory, and the hash table that finds it by its key.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/intrusive/set_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "pool.hpp"

namespace zeolite::memory {

/// The place of a value in the order of the keys.
using Ordered = boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>,
                                                boost::intrusive::link_mode<boost::intrusive::normal_link>>;

/// A value with its key and its generation in one piece of memory: of a million values none is in the cache when it is
/// asked for, and each further piece would be waited for. But for its place in the order it never changes: whoever
/// holds one reads it without a lock. Lives in a pool, which has to outlive it.
class Value : public Ordered {
 public:
  /// Calls fill(memory of `bytes` bytes).
  template <class Fill>
  static boost::intrusive_ptr<Value> make(Pool& pool, std::string_view key, std::uint64_t bytes,
                                          std::uint64_t generation, Fill&& fill) {
    if (key.size() > UINT32_MAX || bytes > SIZE_MAX - sizeof(Value) - key.size()) throw std::bad_alloc();
    void* const memory = pool.allocate(sizeof(Value) + key.size() + static_cast<std::size_t>(bytes));
    boost::intrusive_ptr<Value> value(new (memory) Value(pool, key, static_cast<std::size_t>(bytes), generation));
    fill(std::span(value->memory() + key.size(), static_cast<std::size_t>(bytes)));
    return value;
  }

  std::string_view key() const { return {reinterpret_cast<const char*>(memory()), key_bytes_}; }
  std::span<const std::uint8_t> bytes() const { return {memory() + key_bytes_, bytes_}; }
  std::string generation() const { return std::to_string(generation_); }

  /// Has the processor fetch what a small one fills, without waiting for it; null and what is gone are fine.
  static void prefetch(const void* value) {
    if (value == nullptr) return;
    __builtin_prefetch(value);
    __builtin_prefetch(static_cast<const std::uint8_t*>(value) + 64);
  }

 private:
  Value(Pool& pool, std::string_view key, std::size_t bytes, std::uint64_t generation)
      : key_bytes_(static_cast<std::uint32_t>(key.size())), bytes_(bytes), generation_(generation), pool_(pool) {
    std::copy(key.begin(), key.end(), memory());
  }

  /// The key and the bytes stand behind this.
  std::uint8_t* memory() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* memory() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }

  friend void intrusive_ptr_add_ref(Value* value) noexcept { value->holders_.fetch_add(1, std::memory_order_relaxed); }
  friend void intrusive_ptr_release(Value* value) noexcept {
    if (value->holders_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    auto& pool = value->pool_;
    const auto size = sizeof(Value) + value->key_bytes_ + value->bytes_;
    value->~Value();
    pool.deallocate(value, size);
  }

  std::atomic<std::uint32_t> holders_{0};
  const std::uint32_t key_bytes_;
  const std::size_t bytes_;
  const std::uint64_t generation_;
  Pool& pool_;
};

using ValuePtr = boost::intrusive_ptr<Value>;

/// Values by their keys: open addressing with linear probing (Knuth, The Art of Computer Programming, section 6.4).
/// Many may look things up at once.
class Table {
 public:
  struct Slot {
    std::uint64_t hash = 0;
    ValuePtr value;  // null: the slot is free
  };

  /// Keys that differ in their last character alone have slots side by side: whoever asks for a chunk mostly asks for
  /// its neighbours next. Where all keys end alike, each run of slots has sixteen to grow into.
  static std::uint64_t hash(std::string_view key) {
    constexpr std::uint64_t side_by_side = 15;
    if (key.empty()) return 0;
    const auto last = static_cast<unsigned char>(key.back());
    key.remove_suffix(1);
    return (std::hash<std::string_view>()(key) & ~side_by_side) | (last & side_by_side);
  }

  /// Null: there is none.
  Slot* find(std::uint64_t hash, std::string_view key) {
    if (slots_.empty()) return nullptr;
    for (auto i = home(hash);; i = next(i)) {
      auto& slot = slots_[i];
      if (slot.value == nullptr) return nullptr;
      if (slot.hash == hash && slot.value->key() == key) return &slot;
    }
  }

  /// The value that find() will look at, and mostly return, without looking at it; null: there is none.
  const Value* likely(std::uint64_t hash) const {
    if (slots_.empty()) return nullptr;
    auto i = home(hash);
    while (slots_[i].value != nullptr && slots_[i].hash != hash) i = next(i);
    return slots_[i].value.get();
  }

  /// `value` has another key than all that are there. Changes nothing when it throws.
  void insert(std::uint64_t hash, ValuePtr value) {
    // At most half full: then runs of slots that are taken stay short.
    if (slots_.size() < 2 * (size_ + 1)) {
      Slots old(std::max<std::size_t>(2 * slots_.size(), 16), LargePages::get());
      old.swap(slots_);
      for (auto& slot : old) {
        if (slot.value != nullptr) place(std::move(slot));
      }
    }
    place({hash, std::move(value)});
    ++size_;
  }

  /// Slots that were found before are no longer valid.
  void erase(Slot* slot) noexcept {
    if (--size_ == 0) {
      Slots(LargePages::get()).swap(slots_);
      return;
    }
    slot->value = nullptr;
    auto hole = static_cast<std::size_t>(slot - slots_.data());
    for (auto i = next(hole); slots_[i].value != nullptr; i = next(i)) {
      // Those that would no longer be found behind the hole move into it.
      const auto from_home = (i - home(slots_[i].hash)) & mask();
      const auto from_hole = (i - hole) & mask();
      if (from_home < from_hole) continue;
      slots_[hole] = std::move(slots_[i]);
      hole = i;
    }
  }

 private:
  using Slots = std::pmr::vector<Slot>;

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask(); }
  std::size_t next(std::size_t i) const { return (i + 1) & mask(); }

  void place(Slot slot) noexcept {
    auto i = home(slot.hash);
    while (slots_[i].value != nullptr) i = next(i);
    slots_[i] = std::move(slot);
  }

  Slots slots_{LargePages::get()};  // a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace zeolite::memory
