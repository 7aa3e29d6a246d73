// SPDX-License-Identifier: Apache-2.0
//
// Manifests: what is written is read back, and what is wrong is refused with its place.
#include <zeolite/testing/catch.hpp>

#include <sys/stat.h>

#include "plugin/manifest.hpp"
#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::plugin;
using namespace zeolite::test;

namespace {

constexpr std::string_view good = R"({
  "abi": {"major": 0, "minor": 3}, "name": "acme.zip", "version": "1.2", "license": "MIT", "build": "by hand",
  "library": "zip.so",
  "provides": [{"point": "codec", "name": "zip", "aliases": ["acme.zip", "@pack"], "v2_ids": ["zip"]},
               {"point": "data_type", "name": "r*"}]})";

/// The good manifest with one part replaced by another.
std::string with(std::string_view part, std::string_view replacement) {
  std::string text(good);
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), replacement);
}

std::string refusal(std::string_view text) { return parse_manifest(text, "/somewhere/zip.zeolite.json").refusal; }

}  // namespace

TEST_CASE("a manifest is read completely", "[plugin]") {
  const auto info = parse_manifest(good, "/somewhere/zip.zeolite.json");
  CHECK(info.refusal.empty());
  CHECK(info.name == "acme.zip");
  CHECK(info.version == "1.2");
  CHECK(info.license == "MIT");
  CHECK(info.build == "by hand");
  CHECK(info.abi_major == 0);
  CHECK(info.abi_minor_required == ZEO_ABI_MINOR);
  CHECK(info.library == "/somewhere/zip.so");
  REQUIRE(info.provides.size() == 2);
  CHECK(info.provides[0].point == Point::codec);
  CHECK(info.provides[0].name == "zip");
  CHECK(info.provides[0].aliases == std::vector<std::string>{"acme.zip", "@pack"});
  CHECK(info.provides[0].v2_ids == std::vector<std::string>{"zip"});
  CHECK(info.provides[1].point == Point::data_type);
  CHECK(info.provides[1].aliases.empty());
}

TEST_CASE("a manifest that was written is read back as it was", "[plugin]") {
  auto info = parse_manifest(good, "/somewhere/zip.zeolite.json");
  info.version = "quotes \" and \\ and \x01 and \u00e9";
  const auto again = parse_manifest(to_manifest(info, "zip.so"), "/somewhere/zip.zeolite.json");
  CHECK(again.refusal.empty());
  CHECK(difference(info, again).empty());
  CHECK(again.build == info.build);
  CHECK(again.library == info.library);
}

TEST_CASE("a faulty manifest is refused with the file, the place and what is wrong", "[plugin]") {
  struct Case {
    std::string text;
    std::string_view where;
    std::string_view what;
  };
  const std::vector<Case> cases = {
      {std::string(good.substr(0, 100)), "the document", "not valid JSON"},
      {"[]", "the document", "is an array, should be an object"},
      {"", "the document", "not valid JSON"},
      {std::string(1000, '['), "the document", "not valid JSON"},
      {with("\"acme.zip\",", "7,"), "name", "is a number, should be a string"},
      {with("\"acme.zip\",", "\"acme zip\","), "name", "letters, digits"},
      {with("\"version\": \"1.2\", ", ""), "version", "is missing"},
      {with("\"license\": \"MIT\", ", ""), "license", "is missing"},
      {with("\"minor\": 3", "\"minor\": 1.0"), "abi.minor", "integer"},
      {with("\"minor\": 3", "\"minor\": -1"), "abi.minor", "integer"},
      {with("\"minor\": 3", "\"minor\": 4294967296"), "abi.minor", "integer"},
      {with("\"minor\": 3", "\"minor\": 3, \"patch\": 2"), "abi.patch", "no member known here"},
      {with("\"zip.so\"", "\"../zip.so\""), "library", "file beside the manifest"},
      {with("\"zip.so\"", "\"/lib/zip.so\""), "library", "file beside the manifest"},
      {with("\"zip.so\"", "\"\""), "library", "file beside the manifest"},
      {with("\"zip.so\"", "\"a\\u0000b\""), "library", "file beside the manifest"},
      {with("\"codec\"", "\"codecs\""), "provides[0].point", "there are store, codec,"},
      {with("\"name\": \"zip\", ", ""), "provides[0].name", "is missing"},
      {with("[\"acme.zip\", \"@pack\"]", "\"acme.zip\""), "provides[0].aliases", "is a string, should be an array"},
      {with("\"@pack\"", "null"), "provides[0].aliases[1]", "is null, should be a string"},
      {with("\"@pack\"", "\"zip\""), "provides[codec:zip].aliases", "provides \"zip\" twice"},
      {with("\"name\": \"r*\"", "\"name\": \"@r\""), "provides[data_type:@r].name", "kept for aliases"},
      {with("\"name\": \"r*\"", "\"name\": \"\""), "provides[data_type:].name", "is empty"},
      {with("\"point\": \"data_type\", \"name\": \"r*\"", "\"point\": \"codec\", \"name\": \"zip\""),
       "provides[codec:zip]", "twice"},
      {with("\"name\": \"r*\"", "\"name\": \"r*\", \"extra\": 1"), "provides[1].extra", "no member known here"},
      {with("\"build\"", "\"homepage\""), "homepage", "no member known here"},
  };
  for (const auto& [text, where, what] : cases) {
    const auto refused = refusal(text);
    INFO(text);
    CAPTURE(refused);
    CHECK(contains(refused, "/somewhere/zip.zeolite.json: "));
    CHECK(contains(refused, where));
    CHECK(contains(refused, what));
  }
}

TEST_CASE("a manifest for another version of the contract says what is needed and what is there", "[plugin]") {
  // It may well have members that are unknown here: the version is what matters.
  const auto info = parse_manifest(with("\"major\": 0", "\"major\": 4, \"later\": true"), "/m/x.zeolite.json");
  CHECK(contains(info.refusal, "made for version 4 of the plugin contract; this host has version 0.3"));
  // What it would provide is still known, for explanations.
  CHECK(info.provides.size() == 2);
  const auto draft = refusal(with("\"minor\": 3", "\"minor\": 1"));
  CHECK(contains(draft, "made for draft 0.1 of the plugin contract, which has changed since; this host has 0.3"));
  const auto minor = refusal(with("\"minor\": 3", "\"minor\": 9"));
  CHECK(contains(minor, "needs version 0.9 of the plugin contract; this host has 0.3"));
}

TEST_CASE("descriptions that differ are told apart by member", "[plugin]") {
  const auto info = parse_manifest(good, "/m/x.zeolite.json");
  const auto changed = [&](const auto& change) {
    auto other = info;
    change(other);
    return difference(info, other);
  };
  CHECK(changed([](auto&) {}).empty());
  CHECK(changed([](auto& other) { other.build = "elsewhere"; }).empty());
  CHECK(contains(changed([](auto& other) { other.name = "b"; }),
                 "name: the manifest says \"acme.zip\", the library \"b\""));
  CHECK(contains(changed([](auto& other) { other.version = "2"; }), "version:"));
  CHECK(contains(changed([](auto& other) { other.license = "GPL"; }), "license:"));
  CHECK(contains(changed([](auto& other) { other.abi_minor_required = 0; }), "abi.minor:"));
  CHECK(contains(changed([](auto& other) { other.provides[0].aliases.pop_back(); }), "provides[codec:zip].aliases"));
  CHECK(contains(changed([](auto& other) { other.provides[0].v2_ids.clear(); }), "provides[codec:zip].v2_ids"));
  CHECK(contains(changed([](auto& other) { other.provides.pop_back(); }), "the manifest names data_type:r*"));
  CHECK(contains(changed([](auto& other) { other.provides.push_back(codec("more")); }),
                 "the library provides codec:more"));
  CHECK(changed([](auto& other) { std::swap(other.provides[0], other.provides[1]); }).empty());
}

TEST_CASE("files that are no manifests are refused unread", "[plugin]") {
  const Folder folder;
  const auto large = folder.write("large.zeolite.json", std::string(max_manifest_bytes + 1, ' '));
  CHECK(contains(read_manifest(large).refusal, "is larger than the 1048576 bytes allowed"));
  CHECK(read_manifest(large).name == "large");
  // A manifest of exactly that size is read, and then found to be no JSON.
  const auto limit = folder.write("limit.zeolite.json", std::string(max_manifest_bytes, ' '));
  CHECK(contains(read_manifest(limit).refusal, "not valid JSON"));

  std::filesystem::create_directory(folder / "folder.zeolite.json");
  CHECK(contains(read_manifest(folder / "folder.zeolite.json").refusal, "no regular file"));
  // A pipe that nobody writes to would stop the program for good.
  REQUIRE(::mkfifo((folder / "pipe.zeolite.json").c_str(), 0600) == 0);
  CHECK(contains(read_manifest(folder / "pipe.zeolite.json").refusal, "no regular file"));
  CHECK(contains(read_manifest(folder / "absent.zeolite.json").refusal, "cannot be read"));
}
