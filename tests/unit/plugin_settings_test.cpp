// SPDX-License-Identifier: Apache-2.0
//
// What the user decides about plugins: the configuration file and what is set above it.
#include <zeolite/testing/catch.hpp>

#include "plugin/manifest.hpp"
#include "plugin/settings.hpp"
#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::plugin;
using namespace zeolite::test;

namespace {

PluginOptions configured(const Folder& folder, std::string_view text) {
  PluginOptions options;
  options.configuration_file = folder.write("plugins.json", text);
  return options;
}

}  // namespace

TEST_CASE("a configuration file is read, and the options win over it", "[plugin]") {
  const Folder folder;
  auto options = configured(folder, R"({
    "aliases": {"codec:my-zip": "zip", "codec:other": "file"},
    "pins": {"codec:zip": "acme.zip", "store:x": "/lib/x.so"},
    "allow": ["acme.zip", "acme.new"], "deny": ["acme.old"],
    "experimental": {"default": "warn", "codec:https://acme.example/a:b": "deny", "plugin:acme.lab": "deny"}})");
  options.aliases = {{"codec:other", "options"}};
  options.pins = {{"codec:zip", "acme.better"}};
  const Settings settings(options);
  CHECK(settings.alias(Point::codec, "my-zip") == "zip");
  CHECK(settings.alias(Point::store, "my-zip") == "my-zip");
  CHECK(settings.alias(Point::codec, "other") == "options");
  REQUIRE(settings.pin(Point::codec, "zip"));
  CHECK(*settings.pin(Point::codec, "zip") == "acme.better");
  CHECK(*settings.pin(Point::store, "x") == "/lib/x.so");
  CHECK(settings.pin(Point::store, "zip") == nullptr);

  CHECK(settings.fault_in_use("acme.zip").empty());
  CHECK(contains(settings.fault_in_use("acme.old"), "deny list of " + options.configuration_file->string()));
  CHECK(contains(settings.fault_in_use("acme.unknown"),
                 "not on the allow list of " + options.configuration_file->string()));

  CHECK(settings.experimental(Point::codec, "zip", "acme.zip") == Policy::allow);
  CHECK(settings.experimental(Point::codec, "zip", "acme.lab") == Policy::deny);
  CHECK(settings.experimental(Point::codec, "https://acme.example/c", "acme.zip") == Policy::warn);
  CHECK(settings.experimental(Point::codec, "https://acme.example/a:b", "acme.zip") == Policy::deny);
  CHECK(settings.experimental(Point::store, "https://acme.example/a:b", "acme.zip") == Policy::warn);
}

TEST_CASE("lists of the program come before those of the file", "[plugin]") {
  const Folder folder;
  auto options = configured(folder, R"({"deny": ["a", "b"], "allow": ["c"]})");
  options.allow = {"a"};
  const Settings settings(options);
  CHECK(settings.fault_in_use("a").empty());
  CHECK(contains(settings.fault_in_use("b"), "not on the allow list of the options of this context"));
  CHECK(contains(settings.fault_in_use("c"), "not on the allow list of the options of this context"));
}

TEST_CASE("a faulty configuration file is an error that names the file and the member", "[plugin]") {
  const Folder folder;
  struct Case {
    std::string_view text;
    std::string_view what;
  };
  const std::vector<Case> cases = {
      {"{", "is not valid JSON"},
      {"[]", "the document: should be an object"},
      {R"({"alias": {}})", "alias: is no member known here; there are aliases, pins,"},
      {R"({"aliases": []})", "aliases: should be an object"},
      {R"({"aliases": {"zip": "x"}})", "\"zip\" should be \"<point>:<name>\""},
      {R"({"aliases": {"codecs:zip": "x"}})", "\"codecs:zip\" should be"},
      {R"({"aliases": {"codec:zip": 1}})", "aliases[\"codec:zip\"]: should be a string"},
      {R"({"aliases": {"codec:zip": "@default"}})", "neither starts with '@'"},
      {R"({"aliases": {"codec:@default": "zip"}})", "neither starts with '@'"},
      {R"({"pins": {"codec:zip": null}})", "pins[\"codec:zip\"]: should be a string"},
      {R"({"allow": "acme"})", "allow: should be an array"},
      {R"({"deny": [1]})", "deny[0]: should be a string"},
      {R"({"deny": ["acme zip"]})", "deny[0]: is \"acme zip\""},
      {R"({"experimental": {"default": "maybe"}})", "experimental[\"default\"]: \"maybe\" should be"},
      {R"({"experimental": {"zip": "deny"}})", "\"zip\" should be \"<point>:<name>\""},
  };
  for (const auto& [text, what] : cases) {
    const auto options = configured(folder, text);
    const auto error = error_of([&] { Settings{options}; });
    CAPTURE(text, error.what());
    CHECK(error.code() == ErrorCode::invalid);
    CHECK(contains(error.what(), options.configuration_file->string()));
    CHECK(contains(error.what(), what));
  }
  PluginOptions absent;
  absent.configuration_file = folder / "absent.json";
  CHECK(error_of([&] { Settings{absent}; }).code() == ErrorCode::io);
  PluginOptions wrong_key;
  wrong_key.pins = {{"zip", "acme"}};
  CHECK(contains(error_of([&] { Settings{wrong_key}; }).what(), "PluginOptions::pins"));
}

TEST_CASE("the examples on the page about plugins are right", "[plugin]") {
  const auto page = std::filesystem::path(ZEOLITE_SOURCE_DIR) / "docs" / "plugins.md";
  const auto text = read_small_file(page, std::uint64_t{1} << 20);
  std::vector<std::string> blocks;
  constexpr std::string_view start = "```json\n";
  for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at)) {
    at += start.size();
    blocks.push_back(text.substr(at, text.find("```", at) - at));
  }
  REQUIRE(blocks.size() == 2);
  CHECK(parse_manifest(blocks[0], "/somewhere/acme_zip.zeolite.json").refusal.empty());
  const Folder folder;
  CHECK(Settings(configured(folder, blocks[1])).fault_in_use("acme.zip").empty());
}
