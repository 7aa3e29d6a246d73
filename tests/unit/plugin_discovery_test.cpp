// SPDX-License-Identifier: Apache-2.0
//
// Where plugins are looked for, and in which order.
#include <zeolite/testing/catch.hpp>

#include "plugin/discovery.hpp"
#include "plugin/manifest.hpp"
#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::plugin;
using namespace zeolite::test;

namespace {

std::vector<std::string> described(const PluginOptions& options, const Surroundings& around) {
  std::vector<std::string> lines;
  int level = 0;
  for (const auto& place : places(options, around)) {
    CHECK(place.level == ++level);
    lines.push_back(place.origin + " " + place.directory.string() + (place.note.empty() ? "" : " " + place.note));
  }
  return lines;
}

Surroundings everything() {
  Surroundings around;
  around.plugin_path = "/env/a::/env/b";
  around.data_home = "/data";
  around.home = "/home/me";
  around.core_directory = "/opt/lib";
  around.system_directory = "/system/plugins";
  return around;
}

}  // namespace

TEST_CASE("plugins are searched in the documented order", "[plugin]") {
  CHECK(described(in({"/one", "/two"}), everything()) ==
        std::vector<std::string>{"context /one", "context /two", "environment /env/a", "environment /env/b",
                                 "user /data/zeolite/plugins", "beside the library /opt/lib/zeolite/plugins",
                                 "beside the library /opt/lib/plugins", "system /system/plugins"});
  auto only = in({"/one"});
  only.search_defaults = false;
  CHECK(described(only, everything()) == std::vector<std::string>{"context /one"});
}

TEST_CASE("the user's directory is below the home directory unless the environment says otherwise", "[plugin]") {
  Surroundings around;
  around.home = "/home/me";
  CHECK(described({}, around) == std::vector<std::string>{"user /home/me/.local/share/zeolite/plugins"});
}

TEST_CASE("nothing is taken from the working directory", "[plugin]") {
  Surroundings around;
  around.plugin_path = "plugins:./more:/absolute";
  around.data_home = "share";
  const auto found = places({}, around);
  REQUIRE(found.size() == 4);
  CHECK(found[0].directory.empty());
  CHECK(found[0].wrong);
  CHECK(contains(found[0].note, "ZEOLITE_PLUGIN_PATH: \"plugins\" is not searched, since it is no absolute path"));
  CHECK(contains(found[1].note, "\"./more\""));
  CHECK(found[2].directory == "/absolute");
  CHECK(found[3].directory.empty());
  CHECK(contains(found[3].note, "XDG_DATA_HOME"));
}

TEST_CASE("the environment means nothing under raised privileges", "[plugin]") {
  auto around = everything();
  around.raised = true;
  const auto found = places(in({"/one"}), around);
  std::vector<std::string> directories;
  for (const auto& place : found)
    if (!place.directory.empty()) directories.push_back(place.directory);
  CHECK(directories ==
        std::vector<std::string>{"/one", "/opt/lib/zeolite/plugins", "/opt/lib/plugins", "/system/plugins"});
  CHECK(contains(found[1].note, "raised privileges"));
}

TEST_CASE("a directory that is given twice is searched once", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip")});
  std::filesystem::create_directory_symlink(folder.path(), folder / "again");
  auto found = places(in({folder.path(), folder / "again", folder.path() / "."}), {});
  REQUIRE(found.size() == 3);
  CHECK(read_place(found[0]).size() == 1);
  CHECK(found[1].note == "searched before");
  CHECK(read_place(found[1]).empty());
  CHECK(found[2].note == "searched before");
}

TEST_CASE("what was found in a directory is counted and described", "[plugin]") {
  const Folder folder;
  Place absent;
  absent.directory = folder / "absent";
  CHECK(read_place(absent).empty());
  CHECK(describe(absent) == (folder / "absent").string() + " (no such directory)");
  CHECK_FALSE(absent.wrong);

  folder.promise("acme.zip", {codec("zip")});
  folder.promise("acme.a", {codec("a")});
  folder.write("broken.zeolite.json", "{");
  folder.write("ignored.json", "{");
  folder.write("lost.zeolite.json", to_manifest(parse_manifest("{}", "x"), "lost.so"));
  Place place;
  place.directory = folder.path();
  place.origin = "context";
  place.level = 3;
  const auto found = read_place(place);
  REQUIRE(found.size() == 4);
  CHECK(found[0].name == "acme.a");
  CHECK(found[0].level == 3);
  CHECK(found[0].origin == "context");
  CHECK(found[0].refusal.empty());
  CHECK(found[1].name == "acme.zip");
  CHECK_FALSE(found[2].refusal.empty());
  CHECK(describe(place) == folder.path().string() + " (4 plugins, 2 of them refused)");
}

TEST_CASE("a manifest whose library is not there is refused by name", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip")});
  std::filesystem::remove(folder / "acme.zip.so");
  Place place;
  place.directory = folder.path();
  const auto found = read_place(place);
  REQUIRE(found.size() == 1);
  CHECK(contains(found[0].refusal, (folder / "acme.zip.zeolite.json").string()));
  CHECK(contains(found[0].refusal, "library: there is no file " + (folder / "acme.zip.so").string()));
}

TEST_CASE("this process knows where its core library lies", "[plugin]") {
  const auto around = surroundings();
  CHECK(around.core_directory.is_absolute());
  CHECK(std::filesystem::is_directory(around.core_directory));
  CHECK_FALSE(around.raised);
  CHECK(around.system_directory.is_absolute());
}
