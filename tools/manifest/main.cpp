// SPDX-License-Identifier: Apache-2.0
//
// zeolite-manifest LIBRARY: asks a plugin library what it provides and writes that beside it, as <stem>.zeolite.json.
#include <dlfcn.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include <zeolite/abi/plugin.h>

namespace {

namespace json = boost::json;

json::array strings(const char* const* list) {
  json::array result;
  for (; list && *list; ++list) result.push_back(json::string(*list));
  return result;
}

const char* point_name(std::uint32_t point) {
  switch (point) {
    case ZEO_POINT_STORE: return "store";
    case ZEO_POINT_CODEC: return "codec";
    case ZEO_POINT_DATA_TYPE: return "data_type";
    case ZEO_POINT_CHUNK_GRID: return "chunk_grid";
    case ZEO_POINT_CHUNK_KEY_ENCODING: return "chunk_key_encoding";
    case ZEO_POINT_STORAGE_TRANSFORMER: return "storage_transformer";
    default: return "unknown";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: zeolite-manifest LIBRARY\n");
    return 2;
  }
  const std::filesystem::path library = std::filesystem::absolute(argv[1]);
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    std::fprintf(stderr, "zeolite-manifest: %s\n", dlerror());
    return 1;
  }
  const auto* plugin = static_cast<const zeo_plugin*>(dlsym(handle, ZEOLITE_PLUGIN_SYMBOL));
  if (!plugin) {
    std::fprintf(stderr, "zeolite-manifest: %s exports no %s\n", library.c_str(), ZEOLITE_PLUGIN_SYMBOL);
    return 1;
  }
  json::array provides;
  for (std::uint32_t i = 0; i < plugin->n_factories; ++i) {
    const zeo_factory& factory = *plugin->factories[i];
    provides.push_back({{"point", point_name(factory.point)},
                        {"name", factory.name},
                        {"aliases", strings(factory.aliases)},
                        {"v2_ids", strings(factory.v2_ids)}});
  }
  const json::value manifest = {{"abi", {{"major", plugin->abi_major}, {"minor_required", plugin->abi_minor_required}}},
                                {"name", plugin->name},
                                {"version", plugin->version},
                                {"license", plugin->license},
                                {"build", plugin->build ? plugin->build : ""},
                                {"library", library.filename().string()},
                                {"provides", provides}};
  std::filesystem::path file = library;
  std::ofstream(file.replace_extension(".zeolite.json")) << json::serialize(manifest) << '\n';
  return 0;
}
