// SPDX-License-Identifier: Apache-2.0
//
// What stands behind an Array handle: the objects its metadata names, each found or known to be missing. They are made
// when the first of them is needed: walking through a hierarchy needs none.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

#include <zeolite/array.hpp>

#include "chain.hpp"
#include "heap.hpp"
#include "store_impl.hpp"

namespace zeolite {

/// Opens an array whose document was already read. `path` is normalised, without slashes at its ends. Never throws for
/// a missing or failing extension: the array then says why in unusable(). Throws only when memory is short.
Array open_array_with(const Store& store, std::string path, ArrayMetadata metadata);

class Array::Impl {
 public:
  Impl(const Store& a_store, std::string a_path, ArrayMetadata a_metadata);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Store store;         ///< without an end to how long it waits: each call says that anew
  const std::string path;    ///< "/a/b"
  const std::string prefix;  ///< "a/b/", or "" at the root: what all its keys begin with
  const ArrayMetadata metadata;
  /// As the context's cache of indexes knows this array.
  const std::uint64_t number;
  /// See Array::unusable().
  const std::string& unusable() const {
    prepare();
    return parts_->unusable;
  }
  /// What unusable() says, as the error that it was.
  const std::optional<Error>& failure() const {
    prepare();
    return parts_->failure;
  }

  Context::Impl& context() const { return store.impl()->shared(); }

  // Each throws why it is missing.
  const zeo_data_type& data_type() const { return *need(&Parts::data_type).object; }
  const zeo_data_type_info& type_info() const { return *data_type().v->info(&data_type()); }
  const zeo_bound_grid& grid() const { return *need(&Parts::bound_grid); }
  const zeo_chunk_key_encoding& key_encoding() const { return *need(&Parts::key_encoding).object; }
  /// Where chunks are, and what their keys begin with there.
  zeo_store* chunk_store() const { return need(&Parts::chunk_store).store; }
  const std::string& chunk_prefix() const { return need(&Parts::chunk_store).prefix; }
  std::span<const std::uint8_t> fill_bytes() const { return need(&Parts::fill_bytes); }

  /// The codecs bound to a chunk shape. Thread-safe.
  std::shared_ptr<const Chain> chain(std::span<const std::uint64_t> chunk_shape) const;

  /// The key of a chunk in chunk_store(). Throws for a chunk outside the grid.
  std::string key(const Shape& chunk) const;

  /// Under which name whoever changes the value at a key of chunk_store() holds the context's write lock.
  std::string lock_name(std::string_view key) const;

  /// Says whose an error of the chunk grid is.
  Error& blame_grid(Error& error) const;

  /// Binds the chunk grid to another shape.
  Owned<zeo_bound_grid> bind_grid(const Shape& shape) const;

  /// Throws unless the codecs take the chunks of every shape the grid makes: each length along each axis is tried, as
  /// many as a look at so many chunks shows.
  void check_all_chunk_shapes() const;

  /// Makes of any failure an error that names this array.
  [[noreturn]] void rethrow(std::exception_ptr failure) const;

 private:
  /// A part of the array, or why it is missing.
  template <class T>
  using Part = std::variant<std::monostate, T, Error>;

  struct ChunkStore {
    zeo_store* store;
    std::string prefix;
  };

  /// What an array that is only listed does without.
  struct Parts {
    ~Parts() {
      // The outermost first: each may still use the one below it.
      while (!layers.empty()) layers.pop_back();
    }

    std::optional<Error> failure;  ///< the first
    std::string unusable;          ///< its text
    Part<Created<zeo_data_type>> data_type;
    Part<std::vector<std::uint8_t>> fill_bytes;
    Part<Created<zeo_chunk_grid>> grid;
    Part<Owned<zeo_bound_grid>> bound_grid;
    Part<Created<zeo_chunk_key_encoding>> key_encoding;
    std::vector<Created<zeo_storage_transformer>> transformers;
    std::vector<Owned<zeo_store>> layers;  // innermost first
    Part<ChunkStore> chunk_store;
    Part<std::shared_ptr<const CodecList>> codecs;
  };

  /// Makes the parts, once. What only one of them needs of another it finds by the same accessors.
  void prepare() const;
  void make_parts();

  template <class T>
  const T& need(Part<T> Parts::*wanted) const {
    prepare();
    const auto& part = parts_.get()->*wanted;
    if (const auto* const found = std::get_if<T>(&part)) return *found;
    auto error = std::get<Error>(part);
    throw error.at("array", path).at("store", store.location());
  }

  /// Fills in a part by `make`; what that throws is kept, the first in Parts::failure too.
  template <class T, class Make>
  void fill_in(Part<T>& part, Make make);
  void note(const Error& failure);

  ChunkStore make_chunk_store(Call& call);

  mutable std::recursive_mutex preparing_;
  mutable std::atomic<bool> prepared_ = false;
  mutable bool making_ = false;   // guarded by preparing_
  std::unique_ptr<Parts> parts_;  // made with them

  mutable std::mutex chains_mutex_;
  mutable std::map<Dims, std::shared_ptr<const Chain>> chains_;  // guarded by chains_mutex_
};

}  // namespace zeolite
