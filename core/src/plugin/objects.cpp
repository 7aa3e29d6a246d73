// SPDX-License-Identifier: Apache-2.0
#include "objects.hpp"

#include <fmt/format.h>

#include <zeolite/abi/data_type.h>

#include "../base/buffer.hpp"
#include "table.hpp"

namespace zeolite::plugin {
namespace {

// A version 3 form is a few hundred bytes; nobody needs this much.
constexpr std::uint64_t max_v3_bytes = std::uint64_t{16} << 20;

/// The size of a table up to and including a member.
#define ZEOLITE_UP_TO(table, member) (offsetof(table, member) + sizeof(table::member))

/// Members are looked at in the order of the table, so that a too short one is found by its first missing function.
class TableCheck {
 public:
  TableCheck(const zeo_object_vtable& head, std::size_t least) : size_(head.struct_size) {
    if (size_ < least)
      fault_ = fmt::format("its table is too short: struct_size is {}, at least {} bytes are wanted", size_, least);
    needs(head.release, "release");
  }

  template <class Function>
  TableCheck& needs(Function function, std::string_view name) {
    if (fault_.empty() && function == nullptr) fault_ = fmt::format("its table has no function {}", name);
    return *this;
  }

  bool readable() const { return fault_.empty(); }
  std::string fault() const { return fault_; }

 private:
  std::uint32_t size_;
  std::string fault_;
};

std::string fault_in_store(const zeo_store& store) {
  TableCheck check(store.v->object, ZEOLITE_UP_TO(zeo_store_vtable, submit));
  if (!check.readable()) return check.fault();
  const auto fault = check.needs(store.v->properties, "properties").needs(store.v->submit, "submit").fault();
  if (!fault.empty()) return fault;
  constexpr auto least = ZEOLITE_UP_TO(zeo_store_properties, least_kept_bytes);
  const auto* const properties = store.v->properties(&store);
  if (properties == nullptr) return "it has no properties";
  if (properties->struct_size >= least) return {};
  return fmt::format("its properties are too short: struct_size is {}, at least {} bytes are wanted",
                     properties->struct_size, least);
}

std::string fault_in_codec(const zeo_object_vtable& head) {
  TableCheck check(head, ZEOLITE_UP_TO(zeo_codec_vtable, bind));
  if (!check.readable()) return check.fault();
  const auto& table = reinterpret_cast<const zeo_codec_vtable&>(head);
  if (table.kind < ZEO_ARRAY_TO_ARRAY || table.kind > ZEO_BYTES_TO_BYTES)
    return fmt::format("its kind is {}, there are kinds {} to {}", table.kind, int{ZEO_ARRAY_TO_ARRAY},
                       int{ZEO_BYTES_TO_BYTES});
  return check.needs(table.bind, "bind").fault();
}

std::string fault_in_data_type(const zeo_object_vtable& head) {
  TableCheck check(head, ZEOLITE_UP_TO(zeo_data_type_vtable, default_codec));
  if (!check.readable()) return check.fault();
  const auto& table = reinterpret_cast<const zeo_data_type_vtable&>(head);
  return check.needs(table.info, "info")
      .needs(table.fill_from_json, "fill_from_json")
      .needs(table.fill_to_json, "fill_to_json")
      .needs(table.default_codec, "default_codec")
      .fault();
}

std::string fault_in_chunk_grid(const zeo_object_vtable& head) {
  TableCheck check(head, ZEOLITE_UP_TO(zeo_chunk_grid_vtable, bind));
  if (!check.readable()) return check.fault();
  return check.needs(reinterpret_cast<const zeo_chunk_grid_vtable&>(head).bind, "bind").fault();
}

std::string fault_in_chunk_key_encoding(const zeo_object_vtable& head) {
  TableCheck check(head, ZEOLITE_UP_TO(zeo_chunk_key_encoding_vtable, encode));
  if (!check.readable()) return check.fault();
  return check.needs(reinterpret_cast<const zeo_chunk_key_encoding_vtable&>(head).encode, "encode").fault();
}

std::string fault_in_storage_transformer(const zeo_object_vtable& head) {
  TableCheck check(head, ZEOLITE_UP_TO(zeo_storage_transformer_vtable, wrap));
  if (!check.readable()) return check.fault();
  return check.needs(reinterpret_cast<const zeo_storage_transformer_vtable&>(head).wrap, "wrap").fault();
}

std::string fault_in_bound_grid(const zeo_object_vtable& head) {
  TableCheck check(head, ZEOLITE_UP_TO(zeo_bound_grid_vtable, chunks_in));
  if (!check.readable()) return check.fault();
  const auto& table = reinterpret_cast<const zeo_bound_grid_vtable&>(head);
  return check.needs(table.counts, "counts")
      .needs(table.chunk_boxes, "chunk_boxes")
      .needs(table.chunks_in, "chunks_in")
      .fault();
}

#undef ZEOLITE_UP_TO

/// What makes an object's table unreadable, whatever the object is; empty: nothing.
std::string fault_in_head(const zeo_object* object) {
  if (object == nullptr) return "there is none";
  if (object->v == nullptr) return "it has no table";
  if (object->v->struct_size >= sizeof(zeo_object_vtable)) return {};
  return fmt::format("its table is too short: struct_size is {}, at least {} bytes are wanted", object->v->struct_size,
                     sizeof(zeo_object_vtable));
}

/// What the host must not believe of a data type; empty: nothing.
std::string fault_in_info(const zeo_data_type& type) {
  const auto* const info = type.v->info(&type);
  if (info == nullptr || info->struct_size < sizeof(zeo_data_type_info)) return "the data type describes no elements";
  const auto align = info->align_bytes;
  if (align == 0 || (align & (align - 1)) != 0) return fmt::format("elements cannot be aligned to {} bytes", align);
  if (info->variable != 0) {
    if (info->item_bytes == sizeof(zeo_str)) return {};
    return fmt::format("elements of variable length are of {} bytes, not {}", info->item_bytes, sizeof(zeo_str));
  }
  if (info->item_bytes == 0) return "its elements have no bytes";
  const auto unit = info->swap_unit;
  if (unit > 1 && unit != ZEOLITE_SWAP_MIXED && info->item_bytes % unit != 0)
    return fmt::format("elements of {} bytes have no parts of {} bytes", info->item_bytes, unit);
  if (unit == ZEOLITE_SWAP_MIXED && !ZEOLITE_HAS(&type, swap)) return "elements of mixed parts without a swap function";
  return {};
}

/// Takes over what a plugin's function gave, or throws: `fault` says what is wrong with it.
template <class T>
Owned<T> take(T* made, std::string_view function, const std::string& fault) {
  if (fault.empty()) return Owned<T>(made);
  // What can be released is; what has no table to release it by stays, in the hands of the plugin's author.
  auto* const object = reinterpret_cast<zeo_object*>(made);
  if (fault_in_head(object).empty() && object->v->release != nullptr) object->v->release(object);
  throw Error(ErrorCode::internal,
              fmt::format("a defect of the plugin: its {} function reported success, but the object is unusable: {}",
                          function, fault));
}

/// Runs a plugin's function. Exceptions must not cross the contract; one that does is a defect of the plugin, and
/// taking it for an error is better than losing the process.
template <class Function>
zeo_status contain(std::string_view what, Function&& function) {
  try {
    return function();
  } catch (const std::exception& exception) {
    throw Error(
        ErrorCode::internal,
        fmt::format("a defect of the plugin: {} threw an exception across the contract: {}", what, exception.what()));
  } catch (...) {
    throw Error(ErrorCode::internal,
                fmt::format("a defect of the plugin: {} threw an unknown exception across the contract", what));
  }
}

}  // namespace

std::string fault_in_object(Point point, const zeo_object* object) {
  if (auto fault = fault_in_head(object); !fault.empty()) return fault;
  const auto& head = *object->v;
  if (head.to_json == nullptr) return "its table has no function to_json";
  switch (point) {
    case Point::store: return fault_in_store(*reinterpret_cast<const zeo_store*>(object));
    case Point::codec: return fault_in_codec(head);
    case Point::data_type: return fault_in_data_type(head);
    case Point::chunk_grid: return fault_in_chunk_grid(head);
    case Point::chunk_key_encoding: return fault_in_chunk_key_encoding(head);
    case Point::storage_transformer: return fault_in_storage_transformer(head);
  }
  return "this host does not know its extension point";
}

Owned<zeo_object> create(const zeo_factory& factory, Point point, const zeo_host* host, std::string_view name,
                         std::string_view configuration, Call& call) {
  zeo_object* raw = nullptr;
  call.check(contain("its create function",
                     [&] { return factory.create(&factory, host, str(name), str(configuration), &raw, call.abi()); }));
  auto object = take(raw, "create", fault_in_object(point, raw));
  if (point == Point::data_type) {
    const auto fault = fault_in_info(*reinterpret_cast<const zeo_data_type*>(object.get()));
    if (!fault.empty()) throw Error(ErrorCode::internal, fmt::format("a defect of the plugin: {}", fault));
  }
  return object;
}

Owned<zeo_bound_grid> bind(const zeo_chunk_grid& grid, const Shape& shape, Call& call) {
  zeo_bound_grid* bound = nullptr;
  call.check(grid.v->bind(&grid, static_cast<std::uint32_t>(shape.size()), shape.data(), &bound, call));
  auto fault = fault_in_head(reinterpret_cast<zeo_object*>(bound));
  if (fault.empty()) fault = fault_in_bound_grid(bound->v->object);
  return take(bound, "bind", fault);
}

Owned<zeo_store> wrap(const zeo_storage_transformer& transformer, zeo_store* inner, Call& call) {
  zeo_store* wrapped = nullptr;
  call.check(transformer.v->wrap(&transformer, inner, &wrapped, call));
  return take(wrapped, "wrap", fault_in_object(Point::store, reinterpret_cast<zeo_object*>(wrapped)));
}

std::string from_v2(const zeo_factory& factory, std::string_view v2_json, Call& call) {
  const auto translate = from_v2_of(factory);
  if (translate == nullptr)
    throw Error(ErrorCode::unsupported,
                "the plugin lists this version 2 id but cannot translate it (it has no from_v2)");
  Buffer out(max_v3_bytes);
  call.check(contain("its from_v2 function", [&] { return translate(&factory, str(v2_json), out.abi(), call.abi()); }));
  return std::string(out.text());
}

}  // namespace zeolite::plugin
