// SPDX-License-Identifier: Apache-2.0
//
// Locations: what is said when one leads nowhere, and which store an error is put down to.
#include <zeolite/testing/catch.hpp>

#include "engine/store_impl.hpp"
#include "engine_support.hpp"
#include "hierarchy_support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

std::string frame(const Error& error, std::string_view kind) {
  for (const auto& [name, value] : error.frames()) {
    if (name == kind) return value;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("the location cannot be replaced by an option", "[engine]") {
  const Context context;
  const auto said = message_of([&] { Store::open(context, "memory:", {{"url", "memory://other"}}); });
  CHECK(contains(said, R"("url" is no option of a store)"));
  CHECK(contains(said, "[location memory:]"));
}

TEST_CASE("a path that is taken for a URL is noticed, and how to write it is said", "[engine]") {
  const Context context;
  const auto said = [&](const std::string& location) { return message_of([&] { Store::open(context, location); }); };
  CHECK(contains(said("p:q.zarr"),
                 R"("p:" was taken for the scheme of a URL: if "p:q.zarr" is a path, write "./p:q.zarr")"));
  CHECK(contains(said("p:q.zarr"), "[location p:q.zarr]"));
  CHECK(contains(said("day1:run2/x|prefix:a"), R"(write "./day1:run2/x")"));
  // Nobody writes a path like this; and who provides a scheme knows better what is wrong.
  CHECK_FALSE(contains(said("nonsense://p/q"), "is a path"));
  CHECK_FALSE(contains(said("file://elsewhere/x"), "is a path"));
  // What the message says to write is a path.
  CHECK_FALSE(contains(said("./p:q.zarr"), "nobody provides"));
}

TEST_CASE("errors of a store name its plugin and those in front of it", "[engine]") {
  const Context context;
  for (const auto& [location, plugin] :
       {std::pair("memory:", "zeolite.memory"), std::pair("memory:|prefix:p", "zeolite.memory|zeolite.prefix")}) {
    CAPTURE(location);
    const auto store = Store::open(context, location);
    put(store, "key", "value");
    for (const auto& error : {failure_of([&] {
                                store.get("key", {3, 4});
                              }),
                              failure_of([&] { Store::Impl::get(store, "key", 4); })}) {
      CHECK(frame(error, "key") == "key");
      CHECK(frame(error, "store") == location);
      CHECK(frame(error, "plugin") == plugin);
    }
  }
}

TEST_CASE("errors of a chunk's bytes name the store's plugin, and no plugin where there is none", "[engine]") {
  ContextOptions options;
  options.max_chunk_bytes = 1000;
  const Context context(options);
  const auto fail_on = [](const Store& store) {
    const auto array = create_array(store, "a", small_array());
    put(store, array.chunk_key({0, 0}), std::string(2000, 'x'));
    return failure_of([&] { array.read_encoded({0, 0}); });
  };
  const auto opened = fail_on(Store::open(context, "memory:"));
  CHECK(frame(opened, "chunk") == "a/c/0/0");
  CHECK(frame(opened, "store") == "memory:");
  CHECK(frame(opened, "plugin") == "zeolite.memory");
  AsyncStore own(1);
  const auto adopted = fail_on(Store::adopt(context, own.abi(), "own:"));
  CHECK(frame(adopted, "store") == "own:");
  CHECK(frame(adopted, "plugin") == "(none)");
}
