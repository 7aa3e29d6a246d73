// SPDX-License-Identifier: Apache-2.0
//
// Author classes for data types. Source: Zarr v3.1 core specification, "Data types" and "Permitted fill values".
//
//   class Celsius : public sdk::FixedDataType<Celsius, std::int16_t, ZEO_CLASS_INT> {
//    public:
//     static constexpr sdk::Names names{.name = "https://example.org/celsius"};
//     std::int16_t read(std::string_view json) const override { return sdk::read_integer<std::int16_t>(json); }
//     std::string write(std::int16_t value) const override { return std::to_string(value); }
//   };
//
// All functions but fields() and created() are called by any number of threads at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <zeolite/abi/data_type.h>
#include <zeolite/sdk/number.hpp>
#include <zeolite/sdk/plugin.hpp>

namespace zeolite::sdk {

/// A data type of any kind. Elements of variable length are passed as their bytes, all others as item_bytes bytes in
/// this machine's byte order.
class DataType : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_DATA_TYPE;

  /// How elements lie in memory; asked once, after created().
  virtual zeo_data_type_info info() const = 0;

  /// Appends the element that `json`, a fill value in metadata, stands for. It is given as text, so that numbers keep
  /// all their digits. Never called for null.
  virtual void read_fill(std::string_view json, Out& element) const = 0;

  /// What null stands for: older metadata has it. Zero, or the empty value, unless overridden.
  virtual void read_null_fill(Out& element) const;

  /// Appends the JSON that read_fill turns into the same bytes.
  virtual void write_fill(Bytes element, Out& json) const = 0;

  /// The codec that turns arrays of this type into bytes when the user names none. Unless overridden the "bytes" codec,
  /// in little-endian order where there is an order.
  virtual json::object default_codec() const;

  /// The type in NumPy's form, without byte order ("f4"); empty: it has none.
  virtual std::string numpy() const { return {}; }

  /// Reverses the byte order of `n` elements; `source` and `target` are equal or do not overlap. Elements of mixed
  /// parts (ZEOLITE_SWAP_MIXED) must override it.
  virtual void swap(const std::uint8_t* source, std::uint8_t* target, std::uint64_t n) const;

  static zeo_object* box(std::unique_ptr<DataType> type, std::string configuration);

 private:
  friend struct DataTypeTable;
  zeo_data_type_info info_{};
};

/// The version 3 form of a version 2 dtype: `v2` must be a byte order and `numpy` ("f4"); `name` is what it becomes.
/// Elements that have an order must say which; others may.
inline json::object from_v2_dtype(const json::value& v2, std::string_view numpy, std::string_view name, bool ordered) {
  const std::string_view text = v2.is_string() ? std::string_view(v2.get_string()) : "";
  const char order = text.empty() ? '\0' : text.front();
  if ((order != '<' && order != '>' && (order != '|' || ordered)) || text.substr(1) != numpy) {
    throw invalid("dtype {} is not {} and {}", excerpt(json::serialize(v2)),
                  ordered ? "\"<\" or \">\"" : "\"|\", \"<\" or \">\"", numpy);
  }
  json::value endian;  // null
  if (ordered) endian = order == '<' ? "little" : "big";
  return {{"name", name}, {"configuration", json::object{}}, {"endian", std::move(endian)}};
}

/// A data type whose elements are plain values of C++ type T, no larger than 16 bytes. Self: the deriving class.
template <class Self, class T, std::uint32_t type_class>
class FixedDataType : public DataType {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
  static constexpr bool is_complex = type_class == ZEO_CLASS_COMPLEX;
  static constexpr std::uint32_t part_bytes = sizeof(T) / (is_complex ? 2 : 1);
  // Numbers of these sizes are all that NumPy has.
  static constexpr bool has_numpy = type_class == ZEO_CLASS_BOOL    ? sizeof(T) == 1
                                    : type_class == ZEO_CLASS_FLOAT ? sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8
                                    : type_class == ZEO_CLASS_COMPLEX ? sizeof(T) == 8 || sizeof(T) == 16
                                    : type_class == ZEO_CLASS_INT || type_class == ZEO_CLASS_UINT
                                        ? sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8
                                        : false;

  static std::string numpy_name() { return fmt::format("{}{}", "?biufc"[type_class], sizeof(T)); }

 public:
  /// One element from JSON and back.
  virtual T read(std::string_view json) const = 0;
  virtual std::string write(T value) const = 0;
  /// What null stands for.
  virtual T null() const { return T{}; }

  zeo_data_type_info info() const override {
    zeo_data_type_info info{};
    info.type_class = type_class;
    info.item_bytes = sizeof(T);
    info.align_bytes = alignof(T);
    info.bits = type_class == ZEO_CLASS_BOOL ? 1 : 8 * part_bytes;
    info.swap_unit = part_bytes;
    return info;
  }

  std::string numpy() const override {
    if constexpr (has_numpy) return numpy_name();
    return {};
  }

  static json::object from_v2(const json::value& v2) requires(has_numpy) {
    return from_v2_dtype(v2, numpy_name(), Self::names.name, part_bytes > 1);
  }

  void read_fill(std::string_view json, Out& element) const final { append(read(json), element); }
  void read_null_fill(Out& element) const final { append(null(), element); }
  void write_fill(Bytes element, Out& json) const final {
    T value{};
    std::memcpy(&value, element.data(), sizeof value);
    json.append(write(value));
  }

 private:
  static void append(const T& value, Out& element) {
    element.append(Bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
  }
};

/// A data type whose elements are runs of bytes of any length.
template <std::uint32_t type_class>
class VariableDataType : public DataType {
 public:
  zeo_data_type_info info() const override {
    zeo_data_type_info info{};
    info.type_class = type_class;
    info.item_bytes = sizeof(zeo_str);
    info.align_bytes = alignof(zeo_str);
    info.variable = 1;
    return info;
  }
};

/// The functions behind zeo_data_type_vtable.
struct DataTypeTable {
  static const DataType& type(const zeo_data_type* self) { return author<DataType>(self); }

  static const zeo_data_type_info* info(const zeo_data_type* self) { return &type(self).info_; }

  static zeo_status fill_from_json(const zeo_data_type* self, zeo_str json, zeo_out* element, const zeo_call* call) {
    return guard(call, [&] {
      const auto trimmed = trim(text(json));
      Out out(element);
      try {
        if (trimmed == "null") {
          type(self).read_null_fill(out);
        } else {
          type(self).read_fill(trimmed, out);
        }
      } catch (const Error& error) {
        throw Error(error.status(), fmt::format("the value {}", error.what()));
      }
    });
  }

  static zeo_status fill_to_json(const zeo_data_type* self, zeo_bytes element, zeo_out* json, const zeo_call* call) {
    return guard(call, [&] {
      const auto& info = type(self).info_;
      if (info.variable == 0 && element.size != info.item_bytes) {
        throw invalid("an element has {} bytes, not {}", info.item_bytes, element.size);
      }
      Out out(json);
      type(self).write_fill(bytes(element), out);
    });
  }

  static zeo_status default_codec(const zeo_data_type* self, zeo_out* json, const zeo_call* call) {
    return guard(call, [&] { Out(json).append(json::serialize(type(self).default_codec())); });
  }

  static zeo_status to_v2(const zeo_data_type* self, zeo_out* json, const zeo_call* call) {
    return guard(call, [&] {
      const auto form = type(self).numpy();
      if (form.empty()) throw unsupported("the data type has no version 2 form");
      const auto unit = type(self).info_.swap_unit;
      Out(json).append(fmt::format("\"{}{}\"", unit > 1 ? '<' : '|', form));
    });
  }

  static void swap(const zeo_data_type* self, const void* source, void* target, std::uint64_t n) {
    type(self).swap(static_cast<const std::uint8_t*>(source), static_cast<std::uint8_t*>(target), n);
  }

  static constexpr zeo_data_type_vtable table() {
    zeo_data_type_vtable table{};
    table.object = Box<zeo_data_type, DataType>::head(sizeof(zeo_data_type_vtable));
    table.info = &info;
    table.fill_from_json = &fill_from_json;
    table.fill_to_json = &fill_to_json;
    table.default_codec = &default_codec;
    table.to_v2 = &to_v2;
    table.swap = &swap;
    return table;
  }

  static void prepare(DataType& type) {
    type.info_ = type.info();
    type.info_.struct_size = sizeof(zeo_data_type_info);
  }
};

inline zeo_object* DataType::box(std::unique_ptr<DataType> type, std::string configuration) {
  static const zeo_data_type_vtable table = DataTypeTable::table();
  DataTypeTable::prepare(*type);
  return reinterpret_cast<zeo_object*>(
      make_box<DataType, zeo_data_type>(std::move(type), &table, std::move(configuration)));
}

inline void DataType::read_null_fill(Out& element) const {
  if (info_.variable != 0) return;
  const auto room = element.reserve(info_.item_bytes);
  std::memset(room.data(), 0, info_.item_bytes);
  element.advance(info_.item_bytes);
}

inline json::object DataType::default_codec() const {
  json::object configuration;
  if (info_.swap_unit > 1) configuration["endian"] = "little";
  return {{"name", "bytes"}, {"configuration", std::move(configuration)}};
}

inline void DataType::swap(const std::uint8_t* source, std::uint8_t* target, std::uint64_t n) const {
  const std::uint64_t size = n * info_.item_bytes;
  if (size == 0) return;
  if (source != target) std::memcpy(target, source, size);
  const auto unit = info_.swap_unit;
  if (unit < 2 || unit == ZEOLITE_SWAP_MIXED) return;
  for (auto* part = target; part != target + size; part += unit) std::reverse(part, part + unit);
}

}  // namespace zeolite::sdk
