// SPDX-License-Identifier: Apache-2.0
//
// What plans have asked for to find their pieces, such as the index of a shard: kept under the version of the value it
// is of, so that the next read of the value asks for its pieces at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <zeolite/abi/types.h>

namespace zeolite {

/// Thread-safe.
class RangeCache {
 public:
  /// Bytes of one version of a value. Constant once it is in the cache.
  struct Entry {
    std::string generation;
    std::uint64_t value_bytes = 0;
    std::vector<zeo_range> ranges;
    std::vector<std::vector<std::uint8_t>> parts;
    std::vector<std::uint64_t> offsets;  ///< where each part begins in the value
  };

  /// Longer answers are no indexes, or too long to keep.
  static constexpr std::uint64_t max_entry_bytes = std::uint64_t{4} << 20;

  explicit RangeCache(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// A number that no other owner has.
  std::uint64_t new_owner() { return ++owners_; }

  /// What was kept for just these ranges of the value that `owner`, an array, has under `key`; null: nothing.
  std::shared_ptr<const Entry> find(std::uint64_t owner, std::string_view key, std::span<const zeo_range> ranges);

  /// Keeps an entry in the place of whatever is there for these ranges. The longest unused ones go.
  void put(std::uint64_t owner, std::string_view key, Entry entry);

 private:
  struct Kept {
    std::string name;
    std::shared_ptr<const Entry> entry;
    std::uint64_t bytes;
  };
  using List = std::list<Kept>;

  static std::string name_of(std::uint64_t owner, std::string_view key, std::span<const zeo_range> ranges);
  void erase(List::iterator kept);

  std::atomic<std::uint64_t> owners_ = 0;
  std::mutex mutex_;
  List kept_;  // the last used first
  std::unordered_map<std::string_view, List::iterator> by_name_;
  std::uint64_t bytes_ = 0;
  const std::uint64_t limit_bytes_;
};

}  // namespace zeolite
