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

#include "request.hpp"

namespace zeolite {

/// What a source gave. The parts stand in the order of the ranges; they borrow from the buffers or from the source.
struct Fetched {
  bool present = false;
  std::uint64_t value_bytes = 0;
  std::vector<Buffer> buffers;
  std::vector<zeo_bytes> parts;
  std::vector<std::uint64_t> offsets;  ///< where each part begins in the source
};

/// Which version of a value was seen first: parts of several make no whole. Thread-safe.
class Version {
 public:
  /// Throws ErrorCode::conflict when the value is not the one that was seen before.
  void check(bool present, const std::string& generation);

 private:
  std::mutex mutex_;
  bool seen_ = false;       // guarded by mutex_
  bool present_ = false;    // guarded by mutex_
  std::string generation_;  // guarded by mutex_
};

class Source {
 public:
  /// `key` outlives the source. All that is fetched from it and its parts is of one version, where the store names
  /// versions; else fetching throws ErrorCode::conflict.
  static Source value(zeo_store* store, std::string_view key) {
    return Source(store, key, {}, 0, std::nullopt, std::make_shared<Version>());
  }
  static Source memory(zeo_bytes bytes) { return Source(nullptr, {}, bytes, 0, bytes.size, nullptr); }

  /// A part of this one. Throws ErrorCode::corrupt when it is known to reach past the end.
  Source part(zeo_range range) const;

  bool in_memory() const { return store_ == nullptr; }
  /// The bytes of a source in memory.
  zeo_bytes bytes() const { return {memory_.data + offset_, *length_}; }

  /// Ranges closer than this are better read as one.
  std::uint64_t merge_gap_bytes() const;

  Task<Fetched> fetch(Operation& operation, std::vector<zeo_range> ranges, std::uint64_t limit_bytes) const;
  Task<Fetched> fetch_all(Operation& operation, std::uint64_t limit_bytes) const;
  /// Everything, straight to its place, which it must fill.
  Task<bool> fetch_into(Operation& operation, void* place, std::uint64_t bytes) const;

 private:
  Source(zeo_store* store, std::string_view key, zeo_bytes memory, std::uint64_t offset,
         std::optional<std::uint64_t> length, std::shared_ptr<Version> version)
      : store_(store), key_(key), memory_(memory), offset_(offset), length_(length), version_(std::move(version)) {}

  /// A range in terms of the whole value; checked against the part's length when that is known.
  zeo_range absolute(zeo_range range) const;

  zeo_store* store_;
  std::string_view key_;
  zeo_bytes memory_;
  std::uint64_t offset_;
  std::optional<std::uint64_t> length_;
  std::shared_ptr<Version> version_;
};

}  // namespace zeolite
