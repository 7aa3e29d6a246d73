// SPDX-License-Identifier: Apache-2.0
//
// Startup reads manifests and opens no library; a library is opened when a name of its is used.
#include <zeolite/testing/catch.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

/// How many different files below `folder` this process has mapped, as the kernel knows it.
std::size_t mapped_below(const std::filesystem::path& folder) {
  std::ifstream maps("/proc/self/maps");
  REQUIRE(maps);
  std::vector<std::string> files;
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find(folder.string() + "/");
    if (at != std::string::npos) files.push_back(line.substr(at));
  }
  std::sort(files.begin(), files.end());
  return static_cast<std::size_t>(std::unique(files.begin(), files.end()) - files.begin());
}

/// A hundred plugins with a real library each, only that of `good` described as it is.
void fill(const Folder& folder, const std::string& good) {
  const auto sound = std::filesystem::path(ZEOLITE_FAULTS) / "sound" / "sound.so";
  const auto truth = describe_plugin(sound);
  for (int i = 0; i < 100; ++i) {
    auto info = truth;
    const auto name = "p" + std::to_string(i);
    if (name != good) info.provides = {codec(name)};
    std::filesystem::copy_file(sound, folder / (name + ".so"));
    folder.write(name + ".zeolite.json", to_manifest(info, name + ".so"));
  }
}

}  // namespace

TEST_CASE("startup with 100 manifests opens no library, and use opens one", "[faults]") {
  const Folder folder;
  fill(folder, "p42");
  Registered registered(in({folder.path()}));
  CHECK(registered.catalog.plugins().size() == 100);
  CHECK(registered.catalog.explain(Point::codec, "p7").plugin == "fault.sound");
  CHECK(registered.codec_error("absent").code() == ErrorCode::not_found);
  CHECK(mapped_below(folder.path()) == 0);

  CHECK(registered.codec("sound").name == "sound");
  CHECK(registered.codec("sound").name == "sound");
  CHECK(mapped_below(folder.path()) == 1);
  std::size_t loaded = 0;
  for (const auto& info : registered.catalog.plugins()) loaded += info.loaded ? 1 : 0;
  CHECK(loaded == 1);
}

TEST_CASE("a library stays open after its context is gone", "[faults]") {
  const Folder folder;
  fill(folder, "p1");
  { CHECK(Registered(in({folder.path()})).codec("sound").object != nullptr); }
  CHECK(mapped_below(folder.path()) == 1);
}

TEST_CASE("two contexts have their own plugins for one name", "[faults]") {
  const auto folder_of = [](std::string_view name) { return std::filesystem::path(ZEOLITE_FAULTS) / name; };
  Registered one(in({folder_of("rival_a")}));
  Registered two(in({folder_of("rival_b")}));
  CHECK(one.codec("rival").plugin == "fault.rival_a");
  CHECK(two.codec("rival").plugin == "fault.rival_b");
  CHECK(one.codec("rival").plugin == "fault.rival_a");
  OwnPlugin own("test.own", {codec("rival")});
  two.catalog.add(own.table);
  CHECK(two.codec("rival").plugin == "test.own");
  CHECK(one.codec("rival").plugin == "fault.rival_a");
}

TEST_CASE("a library is opened by whichever thread is first", "[faults][threads]") {
  const Folder folder;
  fill(folder, "p99");
  Registered registered(in({folder.path()}));
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        Workers alone(nullptr);
        Call call(alone);
        if (registered.catalog.create<zeo_codec>(Point::codec, "sound", "{}", call).object) ++made;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(made == 80);
  CHECK(mapped_below(folder.path()) == 1);
}
