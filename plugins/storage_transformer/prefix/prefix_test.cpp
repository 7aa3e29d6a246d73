// SPDX-License-Identifier: Apache-2.0
#include <zeolite/abi/storage_transformer.h>
#include <zeolite/testing/storage_transformer_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_storage_transformer_prefix");
  return library;
}

auto prefix(std::string_view configuration) {
  return library().create<zeo_storage_transformer>("prefix", configuration);
}

}  // namespace

TEST_CASE("the prefix transformer passes the suite") {
  storage_transformer_suite([] { return prefix(R"({"prefix": "a/b/"})"); });
}

TEST_CASE("the prefix transformer passes the suite from several threads", "[threads]") {
  storage_transformer_threads_suite([] { return prefix(R"({"prefix": "a/b/"})"); });
}

TEST_CASE("the prefix stands in front of the keys of the inner store") {
  TestStore inner;
  const auto transformer = prefix(R"({"url": "prefix:p/q"})");
  const auto outer = wrap(transformer.get(), inner.abi());
  const StoreDriver below(inner.abi());
  const StoreDriver store(outer.get());
  REQUIRE(below.set("p/other", store_text("1")) == ZEO_OK);
  REQUIRE(below.set("p/q2/x", store_text("2")) == ZEO_OK);
  REQUIRE(store.set("x/y", store_text("3")) == ZEO_OK);
  CHECK(below.keys() == std::vector<std::string>{"p/other", "p/q/x/y", "p/q2/x"});
  CHECK(store.keys() == std::vector<std::string>{"x/y"});
  CHECK(store.keys("", true) == std::vector<std::string>{"x/"});
  CHECK(store.erase_prefix("") == ZEO_OK);
  CHECK(below.keys() == std::vector<std::string>{"p/other", "p/q2/x"});
}

TEST_CASE("the prefix is written as metadata has it") {
  CHECK(check_configuration(library(), "prefix", prefix(R"({"url": "prefix:p/q"})").get()) == R"({"prefix":"p/q/"})");
  for (const auto* const bad : {R"({})", R"({"prefix": ""})", R"({"prefix": "/a"})", R"({"prefix": "a//b"})",
                                R"({"prefix": "a/../b"})", R"({"prefix": "."})", R"({"prefix": "a\u0000b"})",
                                R"({"prefix": 5})", R"({"prefix": "a", "more": 1})", R"({"url": "file:a"})"}) {
    library().refusal<zeo_storage_transformer>("prefix", bad);
  }
}
