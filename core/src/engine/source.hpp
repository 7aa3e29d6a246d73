// SPDX-License-Identifier: Apache-2.0
//
// Where encoded bytes come from: a value in a store, bytes in memory, or a part of either.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "range_cache.hpp"
#include "request.hpp"

namespace zeolite {

/// What a source gave. The parts stand in the order of the ranges; they borrow from the buffers or from the source.
struct Fetched {
  bool present = false;
  std::uint64_t value_bytes = 0;
  std::string generation;  ///< empty: not known
  std::vector<Buffer> buffers;
  std::vector<zeo_bytes> parts;
  std::vector<std::uint64_t> offsets;                        ///< where each part begins in the source
  std::shared_ptr<const RangeCache::Entry> entry = nullptr;  ///< what the parts borrow from when they were cached
};

/// Which version of a value was seen first: parts of several make no whole. Thread-safe.
class Version {
 public:
  /// `trusts_caches`: what was read before may stand for what is there now, until the store says otherwise.
  explicit Version(bool trusts_caches = false) : trusts_caches_(trusts_caches) {}

  bool trusts_caches() const { return trusts_caches_; }
  /// Whether a cache has been believed: then every failure may come of that.
  bool has_trusted();

  /// The store has said this. Throws ErrorCode::conflict when the value is not the one that was seen before.
  void check(bool present, std::string generation);

  /// A cache has said this: the store is still to be asked. Throws likewise.
  void expect(std::string generation);
  /// Whether only caches have spoken.
  bool is_hearsay();

  /// What was seen: nothing, that there is no value, or its generation, which is empty where it is not known.
  struct Seen {
    bool present = false;
    std::string generation;
  };
  std::optional<Seen> seen();

 private:
  std::mutex mutex_;
  void compare(bool present, std::string generation);

  const bool trusts_caches_;
  bool seen_ = false;       // guarded by mutex_
  bool heard_ = false;      // guarded by mutex_: from the store itself
  bool expected_ = false;   // guarded by mutex_: a cache has been believed
  bool present_ = false;    // guarded by mutex_
  std::string generation_;  // guarded by mutex_
};

class Source {
 public:
  /// `key` and `version` outlive the source. All that is fetched from it and its parts is of that version, where the
  /// store names versions; else fetching throws ErrorCode::conflict.
  static Source value(zeo_store* store, std::string_view key, Version& version) {
    return Source(store, key, {}, 0, std::nullopt, &version);
  }
  static Source memory(zeo_bytes bytes) { return Source(nullptr, {}, bytes, 0, bytes.size, nullptr); }

  /// A part of this one. Throws ErrorCode::corrupt when it is known to reach past the end.
  Source part(zeo_range range) const;

  bool in_memory() const { return store_ == nullptr; }
  /// Whether this is a whole value of a store, and its key.
  bool is_value() const { return store_ != nullptr && !length_; }
  std::string_view key() const { return key_; }
  Version* version() const { return version_; }
  /// The bytes of a source in memory.
  zeo_bytes bytes() const { return {memory_.data + offset_, *length_}; }

  /// Whether the store reads ranges in turn: see Request::want_in_turn().
  bool reads_in_turn() const;
  /// The least length of ranges that the store keeps when it replaces the version that was seen; UINT64_MAX: it keeps
  /// none.
  std::uint64_t least_kept_bytes() const;
  /// Ranges closer than this are better read as one.
  std::uint64_t merge_gap_bytes() const;

  Task<Fetched> fetch(Operation& operation, std::vector<zeo_range> ranges, std::uint64_t limit_bytes) const;
  Task<Fetched> fetch_all(Operation& operation, std::uint64_t limit_bytes) const;
  /// Asks the store whether the value is still of the version that was seen.
  Task<void> confirm(Operation& operation) const;
  /// Ranges, one after the other through the same memory, of a source that must have `whole_bytes` bytes; false: there
  /// is no value.
  Task<bool> fetch_in_turn(Operation& operation, std::span<const zeo_range> ranges, Buffer& slab, Request::Take take,
                           std::uint64_t whole_bytes) const;
  /// A range, straight to its place, of a source that must have `whole_bytes` bytes.
  Task<bool> fetch_into(Operation& operation, void* place, zeo_range range, std::uint64_t whole_bytes) const;

 private:
  Source(zeo_store* store, std::string_view key, zeo_bytes memory, std::uint64_t offset,
         std::optional<std::uint64_t> length, Version* version)
      : store_(store), key_(key), memory_(memory), offset_(offset), length_(length), version_(version) {}

  /// Whether a read may have failed by another one that it was joined with, or because the value is another than was
  /// seen, by which ranges came to lie past its end.
  static bool is_doubtful(const Request& request);
  /// Asks once more, in the first case; in the second throws ErrorCode::conflict. The request then stands as before.
  Task<void> look_again(Operation& operation, Request& request) const;

  /// A range in terms of the whole value; checked against the part's length when that is known.
  zeo_range absolute(zeo_range range) const;

  zeo_store* store_;
  std::string_view key_;
  zeo_bytes memory_;
  std::uint64_t offset_;
  std::optional<std::uint64_t> length_;
  Version* version_;
};

}  // namespace zeolite
