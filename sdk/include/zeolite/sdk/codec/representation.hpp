// SPDX-License-Identifier: Apache-2.0
//
// What a codec is bound to, as author code sees it: an array of a shape and data type, or bytes of a largest size.
#pragma once

#include <span>
#include <string>

#include <zeolite/abi/codec.h>
#include <zeolite/sdk/array.hpp>
#include <zeolite/sdk/call.hpp>

namespace zeolite::sdk {

/// A data type in words, for messages: "32-bit floats", "variable-length strings".
inline std::string describe(const zeo_data_type_info& info) {
  switch (info.type_class) {
    case ZEO_CLASS_BOOL: return "booleans";
    case ZEO_CLASS_INT: return fmt::format("{}-bit signed integers", info.bits);
    case ZEO_CLASS_UINT: return fmt::format("{}-bit unsigned integers", info.bits);
    case ZEO_CLASS_FLOAT: return fmt::format("{}-bit floats", info.bits);
    case ZEO_CLASS_COMPLEX: return fmt::format("complex numbers of {}-bit floats", info.bits);
    case ZEO_CLASS_STRING: return "variable-length strings";
    case ZEO_CLASS_BYTES: return "variable-length bytes";
    default: return fmt::format("elements of {} bytes", info.item_bytes);
  }
}

/// What a codec that gives bytes encodes to.
inline zeo_representation bytes_representation(std::uint64_t max_bytes, bool exact) {
  zeo_representation made{};
  made.struct_size = sizeof made;
  made.kind = ZEO_REPRESENTATION_BYTES;
  made.exact = exact ? 1 : 0;
  made.max_bytes = max_bytes;
  return made;
}

/// An array representation whose counts have been checked. Borrows from the host, which keeps it longer than any codec
/// bound to it: it may be stored.
class Representation {
 public:
  /// Throws when it is none, or when its size does not fit 63 bits.
  explicit Representation(const zeo_representation& abi) : shape_(abi.shape, abi.ndim) {
    if (abi.kind != ZEO_REPRESENTATION_ARRAY || abi.data_type == nullptr) {
      throw invalid("it takes arrays, but what comes before it in the chain gives bytes");
    }
    if (abi.ndim > ZEO_MAX_NDIM) throw invalid("{} dimensions are more than the {} supported", abi.ndim, +ZEO_MAX_NDIM);
    data_type_ = abi.data_type;
    info_ = data_type_->v->info(data_type_);
    fill_value_ = {abi.fill_value.data, static_cast<std::size_t>(abi.fill_value.size)};
    count_ = product(shape_, "chunk");
    array_bytes_ = multiply(count_, info_->item_bytes, "chunk");
    if (count_ == 0) throw invalid("a chunk must have at least one element along each dimension");
    if (array_bytes_ > INT64_MAX) throw invalid("the chunk is too large: {} bytes", array_bytes_);
  }

  std::size_t ndim() const { return shape_.size(); }
  std::span<const std::uint64_t> shape() const { return shape_; }

  const zeo_data_type* data_type() const { return data_type_; }
  const zeo_data_type_info& type() const { return *info_; }
  std::uint64_t item_bytes() const { return info_->item_bytes; }
  bool variable() const { return info_->variable != 0; }

  /// Elements of a chunk.
  std::uint64_t count() const { return count_; }
  /// Bytes of a chunk in memory; the payload of variable-length elements does not count.
  std::uint64_t array_bytes() const { return array_bytes_; }

  /// One element, in the form of zeo_data_type_vtable.fill_from_json.
  Bytes fill_value() const { return fill_value_; }

 private:
  std::span<const std::uint64_t> shape_;
  const zeo_data_type* data_type_ = nullptr;
  const zeo_data_type_info* info_ = nullptr;
  Bytes fill_value_;
  std::uint64_t count_ = 0;
  std::uint64_t array_bytes_ = 0;
};

}  // namespace zeolite::sdk
