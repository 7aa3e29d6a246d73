// SPDX-License-Identifier: Apache-2.0
//
// A plugin whose grid and storage transformer report success and give nothing that could be called.
#include <memory>

#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

/// What `bind` or `wrap` gives: with a table, without one, or nothing at all.
zeo_object* hollow(std::string_view lie) {
  static constexpr zeo_object_vtable too_short = {sizeof(zeo_object_vtable), 0, [](zeo_object*) {}, nullptr, nullptr};
  static constexpr zeo_object_vtable tiny = {4, 0, nullptr, nullptr, nullptr};
  static zeo_object with_short_table = {&too_short};
  static zeo_object with_tiny_table = {&tiny};
  static zeo_object without_table = {nullptr};
  if (lie == "nothing") return nullptr;
  if (lie == "no table") return &without_table;
  return lie == "tiny table" ? &with_tiny_table : &with_short_table;
}

struct Object {
  const void* table;
  std::string lie;
};

zeo_status to_json(const zeo_object*, zeo_out* out, const zeo_call*) {
  const auto status = out->reserve(out, 2);
  if (status != ZEO_OK) return status;
  out->data[0] = '{';
  out->data[1] = '}';
  out->size = 2;
  return ZEO_OK;
}

constexpr zeo_object_vtable head(std::uint32_t bytes) {
  return {bytes, 0, [](zeo_object* self) { delete reinterpret_cast<Object*>(self); }, nullptr, &to_json};
}

std::string_view lie_of(const void* self) { return static_cast<const Object*>(self)->lie; }

constexpr zeo_chunk_grid_vtable grid_table = {head(sizeof(zeo_chunk_grid_vtable)),
                                              [](const zeo_chunk_grid* self, std::uint32_t, const std::uint64_t*,
                                                 zeo_bound_grid** out, const zeo_call*) -> zeo_status {
                                                *out = reinterpret_cast<zeo_bound_grid*>(hollow(lie_of(self)));
                                                return ZEO_OK;
                                              }};

constexpr zeo_storage_transformer_vtable transformer_table = {
    head(sizeof(zeo_storage_transformer_vtable)),
    [](const zeo_storage_transformer* self, zeo_store*, zeo_store** out, const zeo_call*) -> zeo_status {
      *out = reinterpret_cast<zeo_store*>(hollow(lie_of(self)));
      return ZEO_OK;
    }};

template <const auto& table>
zeo_status create(const zeo_factory*, const zeo_host*, zeo_str, zeo_str configuration, zeo_object** out,
                  const zeo_call*) {
  const std::string_view text(configuration.data, configuration.size);
  for (const auto* const lie : {"nothing", "no table", "tiny table", "short table"}) {
    if (text.find(lie) != text.npos) *out = reinterpret_cast<zeo_object*>(new Object{&table, lie});
  }
  return ZEO_OK;
}

constexpr zeo_factory factory(std::uint32_t point, decltype(zeo_factory::create) create) {
  zeo_factory made{};
  made.struct_size = sizeof(made);
  made.point = point;
  made.name = "hollow";
  made.create = create;
  return made;
}
constexpr zeo_factory grid_factory = factory(ZEO_POINT_CHUNK_GRID, &create<grid_table>);
constexpr zeo_factory transformer_factory = factory(ZEO_POINT_STORAGE_TRANSFORMER, &create<transformer_table>);
constexpr const zeo_factory* factories[] = {&grid_factory, &transformer_factory};
constexpr zeo_plugin plugin = {sizeof(zeo_plugin), ZEO_ABI_MAJOR, ZEO_ABI_MINOR,         2,      "test.hollow", "1.0.0",
                               "Apache-2.0",       nullptr,       factories, nullptr};

}  // namespace

TEST_CASE("Grids and transformers that give nothing usable are refused by name") {
  auto context = make_context(1);
  context.registry().add(plugin);
  const auto store = Store::open(context, "memory:");
  for (const auto* const lie : {"nothing", "no table", "tiny table", "short table"}) {
    CAPTURE(lie);
    const Extension hollow{"hollow", boost::json::object{{"lie", lie}}};
    ArrayOptions options{.shape = {4}, .chunk_shape = {4}, .data_type = "int8"};
    auto honest = create_array(store, std::string("honest ") + lie, options).metadata();

    auto with_grid = honest;
    with_grid.chunk_grid = hollow;
    put(store, "grid/zarr.json", to_document(with_grid));
    const auto array = open_array(store, "grid");
    CHECK(contains(array.unusable(), "its bind function reported success, but the object is unusable"));
    CHECK(contains(array.unusable(), "plugin test.hollow"));
    check_refused([&] { (void)array.read<std::int8_t>(); }, {"bind", "plugin test.hollow"});

    auto with_transformer = honest;
    with_transformer.storage_transformers = {hollow};
    put(store, "transformer/zarr.json", to_document(with_transformer));
    const auto transformed = open_array(store, "transformer");
    CHECK(contains(transformed.unusable(), "its wrap function reported success, but the object is unusable"));
    CHECK(contains(transformed.unusable(), "plugin test.hollow"));
  }
  check_refused([&] { (void)Store::adopt(context, nullptr, "none"); }, {"the store is unusable", "there is none"});
}
