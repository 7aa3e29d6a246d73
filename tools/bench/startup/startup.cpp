// SPDX-License-Identifier: Apache-2.0
//
// How long a context takes to find 100 plugins, against the least that any program must do for it: open each manifest,
// read it, parse it. Prints the best of many rounds, since everything else on the machine only ever adds to it.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <zeolite/context.hpp>
#include <zeolite/registry.hpp>
#include <zeolite/testing/folder.hpp>

namespace {

namespace fs = std::filesystem;

constexpr int manifests = 100;
constexpr int rounds = 200;

/// A folder with manifests like those of real plugins, and an empty file in place of each library.
class Folder : public zeolite::testing::TemporaryFolder {
 public:
  Folder() {
    for (int i = 0; i < manifests; ++i) {
      const auto plugin = fmt::format("bench.plugin-{}", i);
      zeolite::PluginInfo info;
      info.name = plugin;
      info.version = "1.0.0";
      info.license = "Apache-2.0";
      info.build = "C++ 12.2.0";
      info.abi_minor_required = ZEO_ABI_MINOR;
      info.provides = {{zeolite::Point::codec,
                        fmt::format("codec-{}", i),
                        {fmt::format("bench.codec-{}", i)},
                        {fmt::format("c{}", i)}},
                       {zeolite::Point::data_type, fmt::format("type-{}", i), {}, {}}};
      write(plugin + ".so", "");
      write(plugin + ".zeolite.json", zeolite::to_manifest(info, plugin + ".so"));
    }
  }
};

template <class Body>
double best_microseconds(const Body& body) {
  auto best = std::chrono::duration<double, std::micro>::max();
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min<std::chrono::duration<double, std::micro>>(best, std::chrono::steady_clock::now() - start);
  }
  return best.count();
}

/// What no program can do without.
std::size_t read_plainly(const fs::path& folder) {
  std::size_t members = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.path().native().ends_with(".zeolite.json")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    members += boost::json::parse(text).as_object().size();
  }
  return members;
}

std::size_t start_context(const fs::path& folder) {
  zeolite::ContextOptions options;
  options.plugins.directories = {folder};
  options.plugins.search_defaults = false;
  options.threads = 0;
  const zeolite::Context context(options);
  return context.registry().plugins().size();
}

/// Files below `folder` that are mapped into this process.
int opened(const fs::path& folder) {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find(folder.string()) != std::string::npos ? 1 : 0;
  return count;
}

}  // namespace

int main() {
  const Folder folder;
  if (start_context(folder.path()) != manifests) {
    fmt::print(stderr, "not all manifests were found\n");
    return 1;
  }
  const auto plain = best_microseconds([&] { read_plainly(folder.path()); });
  const auto context = best_microseconds([&] { start_context(folder.path()); });
  fmt::print("{} manifests, best of {} rounds\n", manifests, rounds);
  fmt::print("  open, read and parse them   {:8.1f} us\n", plain);
  fmt::print("  start a context             {:8.1f} us   {:.2f} times as long\n", context, context / plain);
  fmt::print("  libraries opened            {:8}\n", opened(folder.path()));
  return 0;
}
