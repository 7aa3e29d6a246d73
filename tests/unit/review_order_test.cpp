// SPDX-License-Identifier: Apache-2.0
//
// In which order the engine releases what plugins made for it, and what it does with stores that break their word.
#include <zeolite/testing/catch.hpp>

#include "engine/store_impl.hpp"
#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;

namespace {

/// A storage transformer that passes everything on, and looks at what is below it once more when it is released.
struct Layer {
  zeo_store store;
  zeo_store* inner;
};

const Layer& layer_of(const zeo_store* store) { return *reinterpret_cast<const Layer*>(store); }

zeo_status no_configuration(const zeo_object*, zeo_out* out, const zeo_call*) {
  if (out->reserve(out, out->size + 2) != ZEO_OK) return ZEO_NO_MEMORY;
  out->data[out->size++] = '{';
  out->data[out->size++] = '}';
  return ZEO_OK;
}

const zeo_store_vtable layer_table = {
    {sizeof(zeo_store_vtable), 0,
     [](zeo_object* self) {
       auto* const layer = reinterpret_cast<Layer*>(self);
       (void)layer->inner->v->properties(layer->inner);
       delete layer;
     },
     nullptr, &no_configuration},
    [](const zeo_store* self) { return layer_of(self).inner->v->properties(layer_of(self).inner); },
    [](zeo_store* self, zeo_store_op* const* operations, std::uint64_t n, const zeo_call* call) {
      layer_of(self).inner->v->submit(layer_of(self).inner, operations, n, call);
    },
    nullptr,
    nullptr};

const zeo_storage_transformer_vtable transformer_table = {
    {sizeof(zeo_storage_transformer_vtable), 0,
     [](zeo_object* self) { delete reinterpret_cast<zeo_storage_transformer*>(self); }, nullptr, &no_configuration},
    [](const zeo_storage_transformer*, zeo_store* inner, zeo_store** out, const zeo_call*) -> zeo_status {
      *out = &(new Layer{{&layer_table}, inner})->store;
      return ZEO_OK;
    }};

const zeo_factory factory = {
    sizeof(zeo_factory),
    ZEO_POINT_STORAGE_TRANSFORMER,
    "test-layer",
    nullptr,
    nullptr,
    [](const zeo_factory*, const zeo_host*, zeo_str, zeo_str, zeo_object** out, const zeo_call*) -> zeo_status {
      *out = reinterpret_cast<zeo_object*>(new zeo_storage_transformer{&transformer_table});
      return ZEO_OK;
    },
    nullptr};
const zeo_factory* const factories[] = {&factory};
const zeo_plugin plugin = {sizeof(zeo_plugin), ZEO_ABI_MAJOR, ZEO_ABI_MINOR, 1,      "test.layer", "1",
                           "Apache-2.0",       nullptr,       factories,     nullptr};

}  // namespace

TEST_CASE("a storage transformer's store is released before what is below it", "[engine]") {
  const Context context;
  context.registry().add(plugin);
  const auto store = Store::open(context, "memory:");
  ArrayOptions options;
  options.shape = {4};
  options.data_type = "int32";
  options.storage_transformers = {"test-layer", "test-layer"};
  const auto array = create_array(store, "a", options);
  REQUIRE(array.unusable() == "");
  array.write(array.all(), std::vector<std::int32_t>(4, 1));
  CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>(4, 1));
}

TEST_CASE("a listing below a prefix that gives keys of elsewhere fails and throws nothing through C", "[engine]") {
  AsyncStore below(1);
  below.values["x"] = "outside";
  Tickets tickets;
  const auto scoped = make_scoped_store(below.abi(), "a/very/long/prefix/", tickets);
  // The test store takes "" for the prefix of everything.
  struct Request {
    zeo_list_request abi;
    zeo_status status = ZEO_OK;
    std::vector<std::string> keys;
  } request{};
  request.abi.struct_size = sizeof(request.abi);
  request.abi.page = [](zeo_list_request* self, const zeo_list_entry* entries, std::uint64_t n) -> zeo_status {
    auto& keys = reinterpret_cast<Request*>(self)->keys;
    for (std::uint64_t i = 0; i < n; ++i) keys.emplace_back(entries[i].key.data, entries[i].key.size);
    return ZEO_OK;
  };
  request.abi.done = [](zeo_list_request* self, const zeo_store_result* result) {
    reinterpret_cast<Request*>(self)->status = result->status;
  };
  below.list_everything = true;
  Workers alone(nullptr);
  Call call(alone);
  scoped->v->list(scoped.get(), &request.abi, call);
  CHECK(request.status != ZEO_OK);
  CHECK(request.keys.empty());
}
