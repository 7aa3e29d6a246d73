// SPDX-License-Identifier: Apache-2.0
//
// How an author's class becomes an object of the contract: a box that starts with the ABI struct and owns the author's
// object. The headers of the extension points (codec.hpp, store.hpp, ...) fill their tables with functions over boxes.
#pragma once

#include <memory>
#include <string>

#include <zeolite/abi/object.h>
#include <zeolite/sdk/call.hpp>
#include <zeolite/sdk/fields.hpp>
#include <zeolite/sdk/host.hpp>

namespace zeolite::sdk {

/// What every author class that is created from a configuration derives from, through the class of its point.
class Extension {
 public:
  virtual ~Extension() = default;

  /// Declares the configuration. Run twice: to read, then to write. None by default.
  virtual void fields(Fields&) {}

  /// Called once, after fields() has read and before anything else: the place for checks that span members.
  virtual void created(const Call&) {}

  /// The host; set before fields() runs.
  const Host& host() const { return host_; }

 private:
  friend struct Creator;
  Host host_;
};

/// Abi: zeo_codec, zeo_bound_codec, ...; Author: the class the tables call.
template <class Abi, class Author>
struct Box {
  Abi abi;  // first: the contract sees this and nothing else
  std::unique_ptr<Author> author;
  std::string configuration;

  static constexpr zeo_object_vtable head(std::uint32_t table_bytes) {
    return {table_bytes, 0, &release, nullptr, &to_json};
  }
  /// For what has no configuration of its own: bound codecs, plans.
  static constexpr zeo_object_vtable bound_head(std::uint32_t table_bytes) {
    return {table_bytes, 0, &release, nullptr, nullptr};
  }

  static void release(zeo_object* self) { delete reinterpret_cast<Box*>(self); }

  static zeo_status to_json(const zeo_object* self, zeo_out* out, const zeo_call* call) {
    return guard(call, [&] { Out(out).append(reinterpret_cast<const Box*>(self)->configuration); });
  }
};

/// The author's object behind an ABI object that this SDK boxed. `Author` is the class of the point.
template <class Author, class Abi>
Author& author(const Abi* self) {
  return *reinterpret_cast<const Box<Abi, Author>*>(self)->author;
}

/// Puts an author's object into a box with this table.
template <class Author, class Abi, class Table>
Abi* make_box(std::unique_ptr<Author> object, const Table* table, std::string configuration = "{}") {
  auto* const box = new Box<Abi, Author>{{table}, std::move(object), std::move(configuration)};
  return &box->abi;
}

}  // namespace zeolite::sdk
