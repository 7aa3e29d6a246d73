// SPDX-License-Identifier: Apache-2.0
//
// Arrays: reading and writing boxes of elements, whole chunks, and encoded chunks as bytes.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <zeolite/box.hpp>
#include <zeolite/elements.hpp>
#include <zeolite/metadata.hpp>
#include <zeolite/store.hpp>
#include <zeolite/until.hpp>

namespace zeolite {

/// How a new array is made. Names are those of metadata; only `shape` and `data_type` are required.
struct ArrayOptions {
  Shape shape;
  /// The shape of the smallest unit that is read: of a chunk, or with `shard_shape` of an inner chunk. Empty: chosen.
  Shape chunk_shape = {};
  /// The shape of the unit that is stored under one key, a multiple of chunk_shape; empty: chunks are stored alone.
  Shape shard_shape = {};
  Extension data_type = {};
  /// As metadata has it; null: the data type's zero.
  boost::json::value fill_value = {};
  /// Empty: the data type's own array->bytes codec. When none of them turns arrays into bytes, that one is put in
  /// front.
  std::vector<Extension> codecs = {};
  /// Instead of chunk_shape: any chunk grid.
  std::optional<Extension> chunk_grid = {};
  std::optional<Extension> chunk_key_encoding = {};
  std::vector<Extension> storage_transformers = {};
  std::vector<std::optional<std::string>> dimension_names = {};
  boost::json::object attributes = {};
  /// Replace what is there, and everything below it; else an existing node is an error.
  bool overwrite = false;
};

/// What is known of an array's data type. Available only when its plugin is.
struct DataTypeInfo {
  std::uint32_t type_class;  ///< ZEO_CLASS_*
  std::uint32_t bits;        ///< significant bits of a component
  std::uint64_t item_bytes;  ///< 16 for variable-length types
  bool variable;
};

/// How elements lie in the caller's memory: bytes between neighbours along each axis. Empty: C order, no gaps.
using Strides = std::vector<std::int64_t>;

struct WriteOptions {
  /// Store chunks that hold nothing but the fill value too; else they are left out, and removed where they were, unless
  /// the store cannot delete.
  bool store_fill_chunks = false;
  Until until = {};
};

/// Whether C++ type T is how elements of this data type look in memory.
template <class T>
bool matches(const DataTypeInfo& info);

/// A handle; copies share one open array. Any number of threads may call its const functions at once. Writes to the
/// same chunk, encoded ones too, are put in order, within this context and between handles of the same location; a
/// chunk that somebody writes while it is read is read as it was before or after, if the store replaces values in one
/// step and names their versions. Functions throw Error; its frames name array, chunk, codec and plugin.
class Array {
 public:
  const std::string& path() const;  ///< "/group/array"; "/" at the root
  const Store& store() const;
  const ArrayMetadata& metadata() const;
  const Shape& shape() const { return metadata().shape; }
  std::size_t ndim() const { return shape().size(); }

  /// Why elements cannot be read or written, say because a plugin is missing; empty when they can. Everything that
  /// deals in metadata and encoded bytes works all the same.
  const std::string& unusable() const;

  DataTypeInfo data_type() const;

  /// The whole array as a box.
  Box all() const { return {Shape(ndim(), 0), shape(), {}}; }

  // --- elements ---

  /// Reads into the caller's memory: `output` is the first element of the result, laid out by `strides`. The memory
  /// holds elements in the host's byte order. Not for variable-length types.
  void read(const Box& box, void* output, const Strides& strides = {}, const Until& until = {}) const;
  /// The same in new memory, C order.
  template <class T>
  Elements<T> read(const Box& box, const Until& until = {}) const;
  template <class T>
  Elements<T> read() const {
    return read<T>(all());
  }
  /// Elements of a variable-length type, C order.
  std::vector<std::string> read_strings(const Box& box, const Until& until = {}) const;

  /// Writes elements from the caller's memory, laid out by `strides`.
  void write(const Box& box, const void* input, const Strides& strides = {}, const WriteOptions& options = {}) const;
  template <class T, class Allocator>
  void write(const Box& box, const std::vector<T, Allocator>& elements, const WriteOptions& options = {}) const;
  template <class T>
  void write(const Box& box, std::initializer_list<T> elements, const WriteOptions& options = {}) const {
    write(box, std::vector<T>(elements), options);
  }
  void write_strings(const Box& box, std::span<const std::string> elements, const WriteOptions& options = {}) const;

  // --- chunks ---

  /// The number of chunks along each axis.
  Shape chunk_counts() const;
  /// Where a chunk lies. It may reach beyond the array.
  Box chunk_box(const Shape& chunk) const;
  std::string chunk_key(const Shape& chunk) const;
  /// The stored bytes of a chunk as they are; nothing when there are none. Needs no codec.
  std::optional<std::vector<std::byte>> read_encoded(const Shape& chunk, const Until& until = {}) const;
  void write_encoded(const Shape& chunk, std::span<const std::byte> bytes, const Until& until = {}) const;
  void erase_chunk(const Shape& chunk, const Until& until = {}) const;

  // --- metadata ---

  /// The fill value as one element in memory (for variable-length types: its bytes).
  std::vector<std::byte> fill_element() const;
  /// One element, as in fill_element, in the form fill values have in JSON; and back.
  boost::json::value element_to_json(std::span<const std::byte> element) const;
  std::vector<std::byte> element_from_json(const boost::json::value& json) const;
  /// The data type in NumPy's form ("<f4"); nothing when it has none.
  std::optional<boost::json::value> numpy_type() const;

  /// Replaces the attributes, in the store and here; the rest of the document stays as it is, also what others change
  /// at the same time: in this context, and, where the store knows conditions, in other programs. One that is stopped
  /// may have removed consolidated metadata already, which would go stale.
  void set_attributes(boost::json::object attributes, const Until& until = {});
  /// Changes the shape, in the store and here; other handles keep the shape they were opened with. Chunks that fall
  /// outside are removed; what a chunk holds beyond the new edge stays in it, and shows again when the array grows. Not
  /// to be called while others write: a writer of the old shape could store removed chunks again.
  ///
  /// The document is changed first. What is stopped, or fails, before that leaves the old shape; after that the new
  /// one, here too, and outside of it chunks may remain. They take room, and show again when the array grows; growing
  /// back to the old shape and shrinking once more removes them.
  void resize(const Shape& shape, const Until& until = {});

  /// As many elements as the box has, not yet written; throws ErrorCode::no_memory where there is not so much of it,
  /// and ErrorCode::invalid unless T is how they look in memory (zeo_str: elements of a variable-length type).
  template <class T>
  Elements<T> make_room(const Box& box) const;

  class Impl;
  explicit Array(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<Impl>& impl() const { return impl_; }

 private:
  /// Throws ErrorCode::invalid unless `match`: elements of the caller's type, of `bytes` bytes, are the array's.
  void require_type(bool match, std::string_view kind, std::size_t bytes) const;
  /// Throws ErrorCode::invalid unless the box lies inside the array and has so many elements.
  void require_count(const Box& box, std::size_t elements) const;
  /// The number of elements of a box; throws ErrorCode::invalid unless it lies inside the array.
  std::uint64_t count(const Box& box) const;
  [[noreturn]] void refuse_room(std::uint64_t elements, std::size_t item_bytes) const;
  std::shared_ptr<Impl> impl_;
};

/// One of several reads that are worked on together.
struct ReadRequest {
  Array array;
  Box box;
  void* output;  ///< the first element of the result, laid out by `strides`
  Strides strides;
};

/// Reads many boxes, of one array or of several: their chunks are asked for in common batches, values that many of them
/// need are opened once, and a compressed chunk, or an inner chunk of a shard, is decoded once for all boxes within it,
/// or, where they are more than some thousands, for every few thousand of them. The arrays share one context. Not for
/// variable-length types. Throws as Array::read does; what the outputs hold after a failure is not defined.
void read(std::span<const ReadRequest> requests, const Until& until = {});

template <class T>
bool matches(const DataTypeInfo& info) {
  if (info.variable || info.item_bytes != sizeof(T)) return false;
  switch (info.type_class) {
    case ZEO_CLASS_BOOL: return std::is_same_v<T, bool> || std::is_same_v<T, std::uint8_t>;
    case ZEO_CLASS_INT: return std::is_integral_v<T> && std::is_signed_v<T>;
    case ZEO_CLASS_UINT: return std::is_integral_v<T> && std::is_unsigned_v<T> && !std::is_same_v<T, bool>;
    case ZEO_CLASS_FLOAT:
      // Some library's half, or its bits.
      return std::is_floating_point_v<T> || (sizeof(T) == 2 && !(std::is_integral_v<T> && std::is_signed_v<T>));
    case ZEO_CLASS_COMPLEX: return std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;
    default: return std::is_trivially_copyable_v<T>;
  }
}

namespace detail {

/// What elements of a C++ type are called in errors.
template <class T>
constexpr std::string_view kind_of() {
  if (std::is_same_v<T, bool>) return "booleans";
  if (std::is_integral_v<T>) return std::is_signed_v<T> ? "signed integers" : "unsigned integers";
  if (std::is_floating_point_v<T>) return "floating-point numbers";
  return "elements";
}

}  // namespace detail

template <class T>
Elements<T> Array::make_room(const Box& box) const {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_same_v<T, bool>,
                "read bool arrays as std::uint8_t, strings with read_strings");
  if constexpr (!std::is_same_v<T, zeo_str>) require_type(matches<T>(data_type()), detail::kind_of<T>(), sizeof(T));
  const auto elements = count(box);
  try {
    return Elements<T>(elements);
  } catch (const std::bad_alloc&) {
    refuse_room(elements, sizeof(T));
  } catch (const std::length_error&) {
    refuse_room(elements, sizeof(T));
  }
}

template <class T>
Elements<T> Array::read(const Box& box, const Until& until) const {
  auto elements = make_room<T>(box);
  read(box, elements.data(), {}, until);
  return elements;
}

template <class T, class Allocator>
void Array::write(const Box& box, const std::vector<T, Allocator>& elements, const WriteOptions& options) const {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_same_v<T, bool>,
                "write bool arrays as std::uint8_t, strings with write_strings");
  require_type(matches<T>(data_type()), detail::kind_of<T>(), sizeof(T));
  require_count(box, elements.size());
  write(box, elements.data(), {}, options);
}

}  // namespace zeolite
