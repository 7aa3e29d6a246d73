// SPDX-License-Identifier: Apache-2.0
//
// A store of one's own, here one that makes up its values: an array that was never written, computed as it is read. The
// same class in a library of its own, with ZEOLITE_PLUGIN at its end, is a plugin.
#include <zeolite/sdk/store.hpp>
#include <zeolite/zeolite.hpp>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace sdk = zeolite::sdk;

// [store]
/// "ramp:": a one-dimensional array of 1000 int32 in which element i is i.
class Ramp : public sdk::BlockingStore {
 public:
  static constexpr sdk::Names names{.name = "ramp"};

  void fields(sdk::Fields& f) override { f.required("url", url_); }

  bool get(std::string_view key, sdk::Reading& reading) override {
    if (key == "zarr.json") {
      reading.answer({reinterpret_cast<const std::uint8_t*>(document.data()), document.size()});
      return true;
    }
    if (!key.starts_with("c/")) return false;  // no such value
    const auto chunk = std::stoul(std::string(key.substr(2)));
    std::vector<std::int32_t> values(100);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(chunk * 100 + i);
    reading.answer({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(values[0])});
    return true;
  }

 private:
  static constexpr std::string_view document = R"({
    "zarr_format": 3, "node_type": "array", "shape": [1000], "data_type": "int32", "fill_value": 0,
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [100]}},
    "chunk_key_encoding": {"name": "default"},
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]
  })";
  std::string url_;
};
// [/store]

constexpr zeo_plugin plugin = sdk::describe<Ramp>("example.ramp", "1.0.0", "Apache-2.0");

int main() try {
  zeolite::Context context;
  context.registry().add(plugin);
  // [use]
  auto array = zeolite::open_array(context, "ramp:");
  auto values = array.read<std::int32_t>(zeolite::box({495}, {10}));
  // [/use]
  std::printf("%d ... %d\n", values.front(), values.back());
  return values.front() == 495 && values.back() == 504 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
