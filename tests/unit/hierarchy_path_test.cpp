// SPDX-License-Identifier: Apache-2.0
//
// Paths: which are refused, and what they are joined to.
#include <zeolite/hierarchy.hpp>
#include <zeolite/testing/catch.hpp>

#include "hierarchy/path.hpp"
#include "metadata_support.hpp"

using namespace zeolite;
using zeolite::test::message_of;

TEST_CASE("paths are normalised", "[hierarchy]") {
  CHECK(normalize_path("").empty());
  CHECK(normalize_path("/").empty());
  CHECK(normalize_path("a") == "a");
  CHECK(normalize_path("/a/b/") == "a/b");
  CHECK(normalize_path("a.b/..c/...d/_e/zarr.json5/ f") == "a.b/..c/...d/_e/zarr.json5/ f");
  CHECK(normalize_path("\xc3\xa9/\xe6\xb8\xac") == "\xc3\xa9/\xe6\xb8\xac");
  CHECK(normalize_path(std::string(1024, 'x')).size() == 1024);
}

TEST_CASE("paths that would leave the store or clash with it are refused", "[hierarchy]") {
  const std::pair<std::string, std::string> cases[] = {
      {"//", "empty part"},
      {"//a", "empty part"},
      {"a//b", "empty part"},
      {"a//", "empty part"},
      {"..", "nothing but periods"},
      {".", "nothing but periods"},
      {"a/../b", "its part \"..\" is no name of a node: it consists of nothing but periods"},
      {"a/...", "nothing but periods"},
      {"__a", "names that start with \"__\" are reserved"},
      {"a/zarr.json", "key of metadata documents"},
      {std::string("a\0b", 3), "NUL character"},
      {"a/\xff", "not UTF-8"},
      {std::string(1025, 'x'), "it has 1025 bytes, more than 1024"},
  };
  for (const auto& [path, expected] : cases) {
    const std::string_view asked = path;
    const auto fault = message_of([&] { normalize_path(asked); });
    INFO(fault);
    CHECK(fault.find(expected) != std::string::npos);
  }
}

TEST_CASE("paths are joined and taken apart", "[hierarchy]") {
  CHECK(join_path("", "a/b") == "a/b");
  CHECK(join_path("a", "/b/") == "a/b");
  CHECK(join_path("a", "") == "a");
  CHECK(join_path("", "").empty());
  CHECK(message_of([] { join_path(std::string(1000, 'x'), std::string(24, 'y')); }).find("1025 bytes") !=
        std::string::npos);
  CHECK(ancestors_of("").empty());
  CHECK(ancestors_of("a") == std::vector<std::string>{""});
  CHECK(ancestors_of("a/b/c") == std::vector<std::string>{"", "a", "a/b"});
  CHECK(prefix_of("").empty());
  CHECK(prefix_of("a/b") == "a/b/");
  CHECK(shown_path("") == "/");
}
