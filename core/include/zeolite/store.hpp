// SPDX-License-Identifier: Apache-2.0
//
// Stores and locations. Most programs only ever write a location; this header is for those that look at raw keys and
// values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include <zeolite/context.hpp>
#include <zeolite/until.hpp>

namespace zeolite {

struct StoreEntry {
  std::string key;                           ///< a prefix ends in '/'
  std::optional<std::uint64_t> value_bytes;  ///< when the store knows it without asking again
};

/// A handle; copies share one store, which is closed with the last of them. Thread-safe. Functions throw Error; its
/// frames name store and key.
class Store {
 public:
  /// Opens a location: a URL whose scheme names a store ("memory:", "file:///data/x.zarr"), or a path; storage
  /// transformers are chained with '|' ("file:x.zarr|prefix:p"). `options` are further members of the store's
  /// configuration.
  static Store open(const Context& context, std::string_view location, const boost::json::object& options = {});

  /// A store of this program's own, without a plugin around it. Takes ownership.
  static Store adopt(const Context& context, zeo_store* store, std::string location);

  /// Another handle of the same store, whose calls end with ErrorCode::cancelled once their result is not wanted any
  /// more. What this handle heeds already, that one heeds, too. It does not bind what is opened through it: that has
  /// handles of its own.
  Store within(const Until& until) const;

  const std::string& location() const;
  const Context& context() const;
  const zeo_store_properties& properties() const;

  /// A name of where the value of `key` lies: the same through every handle that leads to it, as far as its store can
  /// tell, and the start of the names of longer keys.
  std::string place(std::string_view key = {}) const;

  /// The value, or nothing when there is none.
  std::optional<std::vector<std::byte>> get(std::string_view key) const;
  /// Bytes [offset, offset + length) of the value; see zeo_range for suffixes.
  std::optional<std::vector<std::byte>> get(std::string_view key, zeo_range range) const;
  bool exists(std::string_view key) const;
  /// The size of a value in bytes, or nothing when there is none. Throws ErrorCode::unsupported when the store cannot
  /// tell.
  std::optional<std::uint64_t> size(std::string_view key) const;
  void set(std::string_view key, std::span<const std::byte> value) const;
  /// Sets the value only if there is none yet; false when there is. Of several who try at once one succeeds, unless the
  /// store knows no conditions: then it looks first and sets after.
  bool set_if_absent(std::string_view key, std::span<const std::byte> value) const;
  void remove(std::string_view key) const;
  /// Removes every key that starts with the prefix, which is "" or ends in '/'.
  void remove_prefix(std::string_view prefix) const;
  /// Calls `visit` for every entry: one level below the prefix, or all keys below it. One call at a time, on whatever
  /// thread the store answers on; what it throws ends the listing and is thrown here.
  void list(std::string_view prefix, bool one_level, const std::function<void(const StoreEntry&)>& visit) const;

  class Impl;
  const std::shared_ptr<Impl>& impl() const { return impl_; }

 private:
  explicit Store(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
  Until until_;
  std::shared_ptr<const void> forwarding_;  ///< to the token in until_, where it stands for several
};

/// Throws ErrorCode::invalid for a key that is empty, absolute, or has a part that is empty, "." or "..", or a NUL.
void check_key(std::string_view key);

}  // namespace zeolite
