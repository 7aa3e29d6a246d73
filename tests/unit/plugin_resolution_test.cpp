// SPDX-License-Identifier: Apache-2.0
//
// Which plugin provides a name. Nothing here opens a library: manifests decide.
#include <zeolite/testing/catch.hpp>

#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

std::string winner(const PluginOptions& options, std::string_view name, Point point = Point::codec) {
  return Registered(options).catalog.explain(point, name).plugin;
}

}  // namespace

TEST_CASE("the only plugin that provides a name is taken", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip", {"my-zip"})});
  const Registered registered(in({folder.path()}));
  const auto found = registered.catalog.explain(Point::codec, "my-zip");
  CHECK(found.plugin == "acme.zip");
  CHECK(found.canonical == "zip");
  CHECK(found.asked == "my-zip");
  CHECK(found.library == folder / "acme.zip.so");
  CHECK(found.reason == "it is the only plugin that provides the name");
  CHECK(found.others.empty());
  CHECK(found.searched == std::vector<std::string>{"this program (0 plugins)", folder.path().string() + " (1 plugin)"});
  CHECK_FALSE(registered.catalog.plugins().front().loaded);
  // Other points have names of their own.
  CHECK(registered.catalog.explain(Point::store, "zip").plugin.empty());
}

TEST_CASE("an earlier directory wins over a later one", "[plugin]") {
  const Folder first;
  const Folder second;
  first.promise("acme.zip", {codec("zip")});
  second.promise("other.zip", {codec("zip"), codec("more")});
  const Registered registered(in({first.path(), second.path()}));
  const auto found = registered.catalog.explain(Point::codec, "zip");
  CHECK(found.plugin == "acme.zip");
  CHECK(contains(found.reason, "comes first in the search order"));
  REQUIRE(found.others.size() == 1);
  CHECK(found.others[0].plugin == "other.zip");
  CHECK(found.others[0].file == second / "other.zip.so");
  CHECK(contains(found.others[0].reason, "comes later in the search order"));
  CHECK(registered.catalog.explain(Point::codec, "more").plugin == "other.zip");
  CHECK(winner(in({second.path(), first.path()}), "zip") == "other.zip");
}

TEST_CASE("two plugins in one directory are an error on use that says how to pin one", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip"), codec("a")});
  folder.promise("other.zip", {codec("zip"), codec("b")});
  Registered registered(in({folder.path()}));
  const auto error = registered.codec_error("zip");
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(contains(error.what(), "acme.zip (" + (folder / "acme.zip.so").string() + ")"));
  CHECK(contains(error.what(), "other.zip (" + (folder / "other.zip.so").string() + ")"));
  CHECK(contains(error.what(), R"("pins": {"codec:zip": "acme.zip"})"));
  // Their other names are not touched by it.
  CHECK(registered.catalog.explain(Point::codec, "a").plugin == "acme.zip");
  CHECK(registered.catalog.explain(Point::codec, "b").plugin == "other.zip");

  for (const auto& pin : std::vector<std::string>{"other.zip", "other.zip.so", folder / "other.zip.so"}) {
    auto options = in({folder.path()});
    options.pins = {{"codec:zip", pin}};
    const auto pinned = Registered(options).catalog.explain(Point::codec, "zip");
    CHECK(pinned.plugin == "other.zip");
    CHECK(contains(pinned.reason, "pinned"));
    REQUIRE(pinned.others.size() == 1);
    CHECK(contains(pinned.others[0].reason, "pinned to another plugin"));
  }
}

TEST_CASE("a pin that nobody can follow is an error, not a hint", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip")});
  auto options = in({folder.path()});
  options.pins = {{"codec:zip", "absent.zip"}};
  CHECK(contains(Registered(options).codec_error("zip").what(), "is pinned to absent.zip, which does not provide it"));
  options.pins = {{"codec:zip", "acme.zip"}};
  options.deny = {"acme.zip"};
  CHECK(contains(Registered(options).codec_error("zip").what(),
                 "is pinned to acme.zip, which was refused: plugin acme.zip"));
}

TEST_CASE("a pin reaches over the search order", "[plugin]") {
  const Folder first;
  const Folder second;
  first.promise("acme.zip", {codec("zip")});
  second.promise("other.zip", {codec("zip")});
  auto options = in({first.path(), second.path()});
  options.pins = {{"codec:zip", "other.zip"}};
  CHECK(winner(options, "zip") == "other.zip");
}

TEST_CASE("canonical names beat aliases, wherever they stand", "[plugin]") {
  const Folder first;
  const Folder second;
  first.promise("acme.all", {codec("all", {"zip", "@pack"})});
  second.promise("acme.zip", {codec("zip")});
  const Registered registered(in({first.path(), second.path()}));
  const auto found = registered.catalog.explain(Point::codec, "zip");
  CHECK(found.plugin == "acme.zip");
  CHECK(contains(found.reason, "canonical names beat aliases"));
  REQUIRE(found.others.size() == 1);
  CHECK(contains(found.others[0].reason, "only reads \"zip\" as another name of \"all\""));
  // Roles are aliases; that is the only way to ask by them.
  CHECK(registered.catalog.explain(Point::codec, "@pack").canonical == "all");
}

TEST_CASE("aliases of the user lead to names of plugins", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip")});
  folder.promise("acme.old", {codec("old")});
  auto options = in({folder.path()});
  options.aliases = {{"codec:https://acme.example/zip", "zip"}, {"codec:old", "zip"}};
  const Registered registered(options);
  const auto found = registered.catalog.explain(Point::codec, "https://acme.example/zip");
  CHECK(found.canonical == "zip");
  CHECK(found.plugin == "acme.zip");
  CHECK(contains(found.reason, "\"https://acme.example/zip\" is configured to mean \"zip\""));
  // The user knows best: the alias holds even for a name that a plugin provides.
  CHECK(registered.catalog.explain(Point::codec, "old").plugin == "acme.zip");
}

TEST_CASE("URIs are opaque: equal to the last byte or not at all", "[plugin]") {
  const Folder folder;
  folder.promise("acme.uri", {codec("https://acme.example/zip")});
  const auto options = in({folder.path()});
  CHECK(winner(options, "https://acme.example/zip") == "acme.uri");
  for (const auto* const other :
       {"https://acme.example/zip/", "HTTPS://acme.example/zip", "https://acme.example:443/zip",
        "https://acme.example/%7Aip", "https://acme.example/zip#", "http://acme.example/zip"})
    CHECK(winner(options, other).empty());
}

TEST_CASE("a pattern provides its names, and less than a name spelled out", "[plugin]") {
  const Folder folder;
  folder.promise("acme.raw", {{Point::data_type, "r*", {"raw*", "bits"}, {}}});
  folder.promise("acme.r24", {{Point::data_type, "r24", {}, {}}});
  const Registered registered(in({folder.path()}));
  const auto canonical = [&](std::string_view name) {
    return registered.catalog.explain(Point::data_type, name).canonical;
  };
  CHECK(canonical("r8") == "r8");
  CHECK(canonical("raw16") == "r16");
  // Which of its names an alias without digits means is in the configuration, which is not known here.
  CHECK(canonical("bits") == "bits");
  CHECK(registered.catalog.explain(Point::data_type, "r24").plugin == "acme.r24");
  CHECK(canonical("r").empty());
  CHECK(canonical("r*").empty());
  CHECK(canonical("r8b").empty());
}

TEST_CASE("allow and deny lists decide by plugin", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("zip")});
  folder.promise("acme.other", {codec("other")});
  auto options = in({folder.path()});
  options.allow = {"acme.other"};
  CHECK(winner(options, "other") == "acme.other");
  const auto error = Registered(options).codec_error("zip");
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(contains(error.what(), "plugin acme.zip would, but was refused: plugin acme.zip is not on the allow list"));
  options.allow.clear();
  options.deny = {"acme.zip"};
  CHECK(winner(options, "zip").empty());
  CHECK(winner(options, "other") == "acme.other");
  for (const auto& info : Registered(options).catalog.plugins())
    CHECK(contains(info.refusal, "deny list") == (info.name == "acme.zip"));
}

TEST_CASE("when a plugin is denied, the next one in the order is taken", "[plugin]") {
  const Folder first;
  const Folder second;
  first.promise("acme.zip", {codec("zip")});
  second.promise("other.zip", {codec("zip")});
  auto options = in({first.path(), second.path()});
  options.deny = {"acme.zip"};
  const auto found = Registered(options).catalog.explain(Point::codec, "zip");
  CHECK(found.plugin == "other.zip");
  CHECK(contains(found.reason, "the others that provide it were refused"));
}

TEST_CASE("experiments are allowed, warned about or denied", "[plugin]") {
  const Folder folder;
  folder.promise("acme.lab", {codec("https://acme.example/new"), codec("zip")});
  auto options = in({folder.path()});
  CHECK(winner(options, "https://acme.example/new") == "acme.lab");
  options.configuration_file = folder.write("plugins.json", R"({"experimental": {"default": "deny"}})");
  CHECK(winner(options, "https://acme.example/new").empty());
  CHECK(winner(options, "zip") == "acme.lab");
  const auto error = Registered(options).codec_error("https://acme.example/new");
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(contains(error.what(), R"("experimental": {"codec:https://acme.example/new": "allow"})"));
  folder.write(
      "plugins.json",
      R"({"experimental": {"default": "deny", "codec:https://acme.example/new": "allow", "plugin:acme.lab": "deny"}})");
  CHECK(winner(options, "https://acme.example/new") == "acme.lab");
  CHECK(winner(options, "zip").empty());
}

TEST_CASE("a name that nobody provides says where was searched and what may have been meant", "[plugin]") {
  const Folder folder;
  folder.promise("acme.zip", {codec("blosc"), codec("zip")});
  folder.write("broken.zeolite.json", "{");
  Registered registered(in({folder.path(), folder / "absent"}));
  const auto error = registered.codec_error("blsoc");
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(contains(error.what(), "nobody provides codec \"blsoc\""));
  CHECK(contains(error.what(), "did you mean \"blosc\"?"));
  CHECK(contains(error.what(), folder.path().string() + " (2 plugins, 1 of them refused)"));
  CHECK(contains(error.what(), (folder / "absent").string() + " (no such directory)"));
  CHECK(contains(error.what(), "this program (0 plugins)"));
  const auto found = registered.catalog.explain(Point::codec, "blsoc");
  CHECK(found.plugin.empty());
  CHECK(found.canonical.empty());
  CHECK(contains(found.reason, "no plugin provides codec \"blsoc\""));
  // The broken manifest was reported at once.
  CHECK(registered.logged("broken.zeolite.json") == 1);
}

TEST_CASE("the list of plugins is sorted by level and name and opens nothing", "[plugin]") {
  const Folder first;
  const Folder second;
  first.promise("b", {codec("b")});
  first.promise("a", {codec("a")});
  second.promise("aa", {codec("aa")});
  const Registered registered(in({first.path(), second.path()}));
  std::vector<std::string> names;
  for (const auto& info : registered.catalog.plugins()) {
    names.push_back(info.name);
    CHECK_FALSE(info.loaded);
    CHECK(info.refusal.empty());
  }
  CHECK(names == std::vector<std::string>{"a", "b", "aa"});
}
