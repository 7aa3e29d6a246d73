// SPDX-License-Identifier: Apache-2.0
//
// Integers of 8, 16, 32 and 64 bits, signed and unsigned. Source: Zarr v3.1 core specification, "Core data types".
#include <zeolite/sdk/data_type.hpp>

namespace {

using namespace zeolite;

template <class T>
constexpr std::uint32_t class_of = std::is_signed_v<T> ? ZEO_CLASS_INT : ZEO_CLASS_UINT;

template <class Self, class T>
class Integer : public sdk::FixedDataType<Self, T, class_of<T>> {
 public:
  T read(std::string_view json) const override { return sdk::read_integer<T>(json); }
  std::string write(T value) const override { return std::to_string(value); }
};

class Int8 : public Integer<Int8, std::int8_t> {
 public:
  static constexpr sdk::Names names{.name = "int8", .v2_ids = {"i1"}};
};

class Int16 : public Integer<Int16, std::int16_t> {
 public:
  static constexpr sdk::Names names{.name = "int16", .v2_ids = {"i2"}};
};

class Int32 : public Integer<Int32, std::int32_t> {
 public:
  static constexpr sdk::Names names{.name = "int32", .v2_ids = {"i4"}};
};

class Int64 : public Integer<Int64, std::int64_t> {
 public:
  static constexpr sdk::Names names{.name = "int64", .v2_ids = {"i8"}};
};

class Uint8 : public Integer<Uint8, std::uint8_t> {
 public:
  static constexpr sdk::Names names{.name = "uint8", .v2_ids = {"u1"}};
};

class Uint16 : public Integer<Uint16, std::uint16_t> {
 public:
  static constexpr sdk::Names names{.name = "uint16", .v2_ids = {"u2"}};
};

class Uint32 : public Integer<Uint32, std::uint32_t> {
 public:
  static constexpr sdk::Names names{.name = "uint32", .v2_ids = {"u4"}};
};

class Uint64 : public Integer<Uint64, std::uint64_t> {
 public:
  static constexpr sdk::Names names{.name = "uint64", .v2_ids = {"u8"}};
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.integer", "0.1.0", "Apache-2.0", Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32,
               Uint64)
