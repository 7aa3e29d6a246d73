// SPDX-License-Identifier: Apache-2.0
//
// Nodes: opening, creating, listing, changing and removing them.
#include <atomic>
#include <thread>

#include <zeolite/testing/catch.hpp>

#include <functional>

#include "hierarchy_support.hpp"

using namespace zeolite;
using namespace zeolite::test;
namespace json = boost::json;

namespace {

std::vector<std::string> names_of(const Group& group) {
  std::vector<std::string> names;
  for (const auto& member : group.members()) names.push_back(member.name + (member.is_array ? "" : "/"));
  return names;
}

template <class Body>
ErrorCode code_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("no error");
  return ErrorCode::internal;
}

}  // namespace

TEST_CASE("groups are created with the groups above them", "[hierarchy]") {
  const auto store = empty_store();
  const auto group = create_group(store, "/a/b/", {.attributes = {{"unit", "m"}}});
  CHECK(group.path() == "/a/b");
  CHECK(keys_of(store) == std::vector<std::string>{"a/b/zarr.json", "a/zarr.json", "zarr.json"});
  CHECK(text_at(store, "zarr.json") == to_document(GroupMetadata()));
  CHECK(open_group(store, "a/b").metadata().attributes.at("unit") == "m");
  CHECK(open_group(store).path() == "/");
  CHECK(std::holds_alternative<Group>(open(store, "a")));
}

TEST_CASE("creating parents leaves those that are there alone", "[hierarchy]") {
  const auto store = empty_store();
  create_group(store, "", {.attributes = {{"kept", true}}});
  const auto before = text_at(store, "zarr.json");
  create_array(store, "x/y", small_array());
  CHECK(text_at(store, "zarr.json") == before);
  CHECK(names_of(open_group(store)) == std::vector<std::string>{"x/"});
  CHECK(names_of(open_group(store, "x")) == std::vector<std::string>{"y"});
}

TEST_CASE("nothing is created below an array", "[hierarchy]") {
  const auto store = empty_store();
  create_array(store, "a", small_array());
  const auto keys = keys_of(store);
  CHECK(contains(message_of([&] { create_group(store, "a/b/c"); }), "cannot create /a/b/c: /a is an array"));
  CHECK(contains(message_of([&] { create_array(store, "a/b", small_array()); }), "/a is an array"));
  CHECK(contains(message_of([&] { require_group(store, "a/b"); }), "/a is an array"));
  CHECK(keys_of(store) == keys);
}

TEST_CASE("an existing node is replaced only when asked", "[hierarchy]") {
  const auto store = empty_store();
  create_group(store, "g/inner");
  create_array(store, "g/inner/a", small_array()).write(box({0, 0}, {4, 4}), std::vector<std::int32_t>(16, 7));
  const auto keys = keys_of(store);
  CHECK(code_of([&] { create_group(store, "g"); }) == ErrorCode::already_exists);
  CHECK(code_of([&] { create_array(store, "g", small_array()); }) == ErrorCode::already_exists);
  CHECK(code_of([&] { create_array(store, "g/inner/a", small_array()); }) == ErrorCode::already_exists);
  CHECK(keys_of(store) == keys);

  create_group(store, "g", {.overwrite = true});
  CHECK(keys_of(store) == std::vector<std::string>{"g/zarr.json", "zarr.json"});
  auto options = small_array();
  options.overwrite = true;
  create_array(store, "g", options);
  CHECK(open_array(store, "g").shape() == Shape{4, 4});
}

TEST_CASE("a damaged node can be replaced and removed, and does not pass for none", "[hierarchy]") {
  const auto store = empty_store();
  put(store, "a/zarr.json", "{");
  CHECK(code_of([&] { create_group(store, "a"); }) == ErrorCode::already_exists);
  CHECK(code_of([&] { create_group(store, "a/b"); }) == ErrorCode::corrupt);
  create_group(store, "a", {.overwrite = true});
  put(store, "a/zarr.json", "{");
  erase_node(store, "a");
  CHECK(keys_of(store) == std::vector<std::string>{"zarr.json"});
}

TEST_CASE("chunks that an interrupted removal left are not taken for a new array's", "[hierarchy]") {
  const auto store = empty_store();
  create_group(store, "");
  put(store, "a/c/0/0", "old");
  const auto fault = message_of([&] { create_array(store, "a", small_array()); });
  CHECK(contains(fault, "there is no node at /a"));
  CHECK(contains(fault, "with overwrite they are removed"));
  auto options = small_array();
  options.overwrite = true;
  create_array(store, "a", options);
  CHECK(keys_of(store) == std::vector<std::string>{"a/zarr.json", "zarr.json"});
}

TEST_CASE("a place full of other things is never cleared", "[hierarchy]") {
  const auto store = empty_store();
  put(store, "thesis.tex", "years of work");
  auto options = small_array();
  options.overwrite = true;
  CHECK(contains(message_of([&] { create_array(store, "", options); }), "remove them, or choose another place"));
  create_group(store, "", {.overwrite = true});
  CHECK(text_at(store, "thesis.tex") == "years of work");
}

TEST_CASE("what is missing is reported with what was looked for", "[hierarchy]") {
  const auto store = empty_store();
  auto fault = message_of([&] { open(store, "a/b"); });
  CHECK(contains(fault, "no array or group at /a/b of memory:"));
  CHECK(contains(fault, "looked for a/b/zarr.json, a/b/.zarray and a/b/.zgroup"));
  CHECK_FALSE(contains(fault, "keys below"));
  CHECK(code_of([&] { open(store); }) == ErrorCode::not_found);
  create_group(store, "a/b/c");
  erase_node(store, "a");
  put(store, "a/b/zarr.json", to_document(GroupMetadata()));
  CHECK(contains(message_of([&] { open(store, "a"); }), "a group exists only where its document is"));
  CHECK(code_of([&] { erase_node(store, "a"); }) == ErrorCode::not_found);
}

TEST_CASE("asking for the wrong kind of node says what is there", "[hierarchy]") {
  const auto store = empty_store();
  create_array(store, "g/a", small_array());
  CHECK(message_of([&] { open_array(store, "g"); }) == "/g is a group, not an array [store memory:]");
  CHECK(message_of([&] { open_group(store, "/g/a"); }) == "/g/a is an array, not a group [store memory:]");
}

TEST_CASE("errors in documents name their key and store", "[hierarchy]") {
  const auto store = empty_store();
  put(store, "a/zarr.json", array_document.with("shape", "[1.5, 2]").text());
  const auto fault = message_of([&] { open(store, "a"); });
  CHECK(contains(fault, "at /shape/0: expected an integer"));
  CHECK(contains(fault, "key a/zarr.json"));
  CHECK(contains(fault, "store memory:"));
}

TEST_CASE("members are sorted, and damaged ones hide nobody", "[hierarchy]") {
  const auto store = empty_store();
  const auto root = create_group(store, "");
  root.create_array("b", small_array()).write(box({0, 0}, {4, 4}), std::vector<std::int32_t>(16, 1));
  root.create_group("c/deep");
  root.create_group("a");
  put(store, "broken/zarr.json", "{\"zarr_format\": 3");
  put(store, "nothing/here/file", "x");
  put(store, "__reserved/zarr.json", to_document(GroupMetadata()));
  put(store, "stray", "x");
  const auto members = root.members();
  REQUIRE(members.size() == 4);
  CHECK(members[0].name == "a");
  CHECK(members[1].name == "b");
  CHECK(members[1].is_array);
  CHECK(members[1].problem.empty());
  CHECK(members[2].name == "broken");
  CHECK(contains(members[2].problem, "ends too early"));
  CHECK(contains(members[2].problem, "key broken/zarr.json"));
  CHECK(members[3].name == "c");
  CHECK_FALSE(members[3].is_array);
  CHECK(names_of(root.open_group("c")) == std::vector<std::string>{"deep/"});
}

TEST_CASE("many members are found", "[hierarchy]") {
  const auto store = empty_store();
  const auto root = create_group(store, "");
  for (int i = 0; i < 300; ++i) put(store, "g" + std::to_string(i) + "/zarr.json", to_document(GroupMetadata()));
  CHECK(root.members().size() == 300);
}

TEST_CASE("nodes may be created by many threads at once", "[hierarchy][threads]") {
  for (int round = 0; round < 20; ++round) {
    const auto store = empty_store();
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        try {
          create_group(store, "p/q/r/own" + std::to_string(i), {.attributes = {{"i", i}}});
          require_group(store, "p/q", {.attributes = {{"i", i}}});
          require_array(store, "p/array", small_array());
          create_group(store, "p/contested");
        } catch (const Error& error) {
          if (error.code() == ErrorCode::already_exists) ++refused;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(refused == 7);
    CHECK(open_group(store, "p/q/r").members().size() == 8);
    CHECK(names_of(open_group(store, "p")) == std::vector<std::string>{"array", "contested/", "q/"});
  }
}

TEST_CASE("a group's handle works below its own path", "[hierarchy]") {
  const auto store = empty_store();
  const auto group = create_group(store, "g");
  group.create_group("x/y");
  group.create_array("x/a", small_array());
  CHECK(group.open_group("x").path() == "/g/x");
  CHECK(group.open_array("/x/a").path() == "/g/x/a");
  CHECK(std::get<Group>(group.open("")).path() == "/g");
  CHECK(group.require_group("x").path() == "/g/x");
  group.erase("x");
  CHECK(names_of(group).empty());
  CHECK(contains(message_of([&] { group.open("../g"); }), "nothing but periods"));
}

TEST_CASE("required nodes are opened or created", "[hierarchy]") {
  const auto store = empty_store();
  CHECK(require_group(store, "g", {.attributes = {{"x", 1}}}).metadata().attributes.at("x") == 1);
  CHECK(require_group(store, "g", {.attributes = {{"x", 2}}}).metadata().attributes.at("x") == 1);
  const auto made = require_array(store, "g/a", small_array());
  made.write(box({0, 0}, {1, 1}), std::vector<std::int32_t>{5});
  CHECK(require_array(store, "g/a", small_array()).read<std::int32_t>(box({0, 0}, {1, 1})).at(0) == 5);
  CHECK(code_of([&] { require_group(store, "g/a"); }) == ErrorCode::already_exists);
  CHECK(code_of([&] { require_array(store, "g", small_array()); }) == ErrorCode::already_exists);

  auto other = small_array();
  other.shape = {5, 4};
  CHECK(contains(message_of([&] { require_array(store, "g/a", other); }), "another shape: [4, 4], not [5, 4]"));
  other = small_array();
  other.data_type = "int64";
  CHECK(contains(message_of([&] { require_array(store, "g/a", other); }), "\"int32\", not \"int64\""));
  other = small_array();
  other.chunk_shape = {4, 4};
  CHECK(contains(message_of([&] { require_array(store, "g/a", other); }), "another chunk grid"));
  other.chunk_shape = {};
  CHECK(require_array(store, "g/a", other).shape() == Shape{4, 4});
}

TEST_CASE("changing attributes keeps all else that is stored", "[hierarchy]") {
  const auto store = empty_store();
  auto group = create_group(store, "g", {.attributes = {{"old", 1}}});
  put(store, "g/zarr.json",
      group_document.with("attributes", "{\"meanwhile\": 1}")
          .with("consolidated_metadata", R"({"kind": "inline", "must_understand": false, "metadata": {"a": {}}})")
          .text());
  group.set_attributes({{"new", UINT64_MAX}});
  CHECK(group.metadata().attributes == json::object{{"new", UINT64_MAX}});
  const auto again = open_group(store, "g").metadata();
  CHECK(again.attributes == json::object{{"new", UINT64_MAX}});
  CHECK(again.additional.contains("consolidated_metadata"));
  erase_node(store, "g");
  CHECK(code_of([&] { group.set_attributes({}); }) == ErrorCode::not_found);
}

TEST_CASE("copies of documents that would go stale are removed from the groups above", "[hierarchy]") {
  const auto store = empty_store();
  const std::string block = R"({"kind": "inline", "must_understand": false, "metadata": {}})";
  const auto consolidate = [&] {
    for (const auto* const key : {"zarr.json", "g/zarr.json"}) {
      put(store, key, group_document.with("consolidated_metadata", block).text());
    }
  };
  const auto is_consolidated = [&](std::string_view key) { return contains(text_at(store, key), "consolidated"); };
  create_group(store, "g");
  consolidate();
  auto array = create_array(store, "g/a", small_array());
  CHECK_FALSE(is_consolidated("zarr.json"));
  CHECK_FALSE(is_consolidated("g/zarr.json"));
  const std::vector<std::function<void()>> changes = {[&] {
                                                        array.resize({8, 8});
                                                      },
                                                      [&] {
                                                        array.set_attributes({{"a", 1}});
                                                      },
                                                      [&] { erase_node(store, "g/a"); }};
  for (const auto& change : changes) {
    consolidate();
    change();
    CHECK_FALSE(is_consolidated("zarr.json"));
    CHECK_FALSE(is_consolidated("g/zarr.json"));
  }
  // A group's own copy speaks of what is below it alone.
  consolidate();
  auto group = open_group(store, "g");
  group.set_attributes({{"b", 1}});
  CHECK_FALSE(is_consolidated("zarr.json"));
  CHECK(is_consolidated("g/zarr.json"));
  put(store, "old/.zgroup", R"({"zarr_format": 2})");
  put(store, "old/.zmetadata", "{}");
  auto old = open_group(store, "old");
  old.set_attributes({{"c", 1}});
  CHECK(text_at(store, "old/.zmetadata") == "(nothing)");
}

TEST_CASE("what a parser would lose stays in documents that are changed", "[hierarchy]") {
  const auto store = empty_store();
  create_array(store, "a", small_array());
  const std::string attributes = R"({"id": 123456789012345678901234567890, "missing": NaN, "f": 1.10})";
  auto text = text_at(store, "a/zarr.json");
  const std::string empty = "\"attributes\": {}";
  const auto at = text.find(empty);
  if (at != std::string::npos) {
    text.replace(at, empty.size(), "\"attributes\": " + attributes);
  } else {
    text.insert(text.rfind('}'), ", \"attributes\": " + attributes);
  }
  put(store, "a/zarr.json", text);
  auto array = open_array(store, "a");
  array.resize({8, 2});
  CHECK(contains(text_at(store, "a/zarr.json"), attributes));
  CHECK(open_array(store, "a").shape() == Shape{8, 2});
}

TEST_CASE("an array of which some chunks could not be coded is not created", "[hierarchy]") {
  const auto store = empty_store();
  ArrayOptions options{.shape = {10}, .data_type = "int32"};
  options.chunk_grid = Extension("rectilinear", {{"kind", "inline"}, {"chunk_shapes", json::array{json::array{4, 6}}}});
  const json::object little{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  options.codecs = {Extension(
      "sharding_indexed",
      {{"chunk_shape", json::array{4}}, {"codecs", json::array{little}}, {"index_codecs", json::array{little}}})};
  CHECK(contains(message_of([&] { create_array(store, "a", options); }), "6 is no multiple of 4"));
  CHECK(keys_of(store).empty());
}

TEST_CASE("members can be opened at once, and damaged ones say so", "[hierarchy]") {
  const auto store = empty_store();
  const auto root = create_group(store, "");
  create_group(store, "g/below");
  create_array(store, "a", small_array());
  put(store, "broken/zarr.json", "{");
  put(store, "nothing/else", "1");
  const auto members = root.open_members();
  REQUIRE(members.size() == 3);
  CHECK(members[0].name == "a");
  CHECK(std::get<Array>(members[0].node.value()).shape() == Shape{4, 4});
  CHECK(members[1].name == "broken");
  CHECK_FALSE(members[1].node);
  CHECK(contains(members[1].problem, "broken/zarr.json"));
  CHECK(std::get<Group>(members[2].node.value()).open_members().size() == 1);
}

TEST_CASE("members with long documents are opened among the others", "[hierarchy]") {
  const auto store = empty_store();
  const auto root = create_group(store, "");
  const std::string text(3 << 20, 'x');
  for (const auto* const name : {"a", "b", "c"}) {
    auto group = create_group(store, name);
    if (*name != 'a') group.set_attributes({{"text", text + name}});
  }
  const auto members = root.open_members();
  REQUIRE(members.size() == 3);
  CHECK(std::get<Group>(members[0].node.value()).metadata().attributes.empty());
  CHECK(std::get<Group>(members[1].node.value()).metadata().attributes.at("text").as_string() == text + "b");
  CHECK(std::get<Group>(members[2].node.value()).metadata().attributes.at("text").as_string() == text + "c");
  CHECK(root.members().size() == 3);
}
