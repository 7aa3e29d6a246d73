// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/store_suite.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_store_memory");
  return library;
}

auto open(std::string_view configuration = R"({"url": "memory:"})") {
  return library().create<zeo_store>("memory", configuration);
}

}  // namespace

TEST_CASE("the memory store passes the suite") {
  store_suite([] { return open(); });
}

TEST_CASE("the memory store passes the suite from several threads", "[threads]") {
  store_threads_suite([] { return open(); });
}

TEST_CASE("readers of a value in memory see no half of what overwrites it", "[threads]") {
  const auto object = open();
  const StoreDriver store(object.get());
  REQUIRE(store.set("value", StoreBytes(50'000, 0)) == ZEO_OK);
  CHECK(store_detail::failures_of([&](int t) {
          int failures = 0;
          for (int i = 0; i < 100; ++i) {
            if (t < 2) {
              StoreOp op(ZEO_OP_SET_RANGE, "value");
              failures +=
                  store.run(op.range(0, 50'000).part(StoreBytes(50'000, static_cast<std::uint8_t>(i)))) != ZEO_OK;
            } else {
              const auto value = store.get("value");
              failures += !value || *value != StoreBytes(50'000, value->at(0));
            }
          }
          return failures;
        }) == 0);
}

TEST_CASE("large batches are answered in full while values come and go", "[threads]") {
  const auto object = open();
  const StoreDriver store(object.get());
  const auto key = [](int i) { return "c/" + std::to_string(i); };
  for (int i = 0; i < 200; ++i) REQUIRE(store.set(key(i), store_value(64, i)) == ZEO_OK);
  CHECK(store_detail::failures_of([&](int t) {
          int failures = 0;
          for (int round = 0; round < 20; ++round) {
            if (t == 0) {  // the odd ones
              for (int i = 1; i < 200; i += 2) failures += store.erase(key(i)) != ZEO_OK;
              for (int i = 1; i < 200; i += 2) failures += store.set(key(i), store_value(64, i)) != ZEO_OK;
              continue;
            }
            std::vector<std::unique_ptr<StoreOp>> gets;
            std::vector<StoreOp*> batch;
            for (int i = 0; i < 200; ++i) gets.push_back(std::make_unique<StoreOp>(ZEO_OP_GET, key(i)));
            for (const auto& get : gets) batch.push_back(get.get());
            const BenchCall call;
            failures += !store.run(batch, call);
            for (int i = 0; i < 200; ++i) {
              const bool gone = gets[i]->status == ZEO_NOT_FOUND && i % 2 == 1;
              failures += !gone && (gets[i]->status != ZEO_OK || gets[i]->values.at(0) != store_value(64, i));
            }
          }
          return failures;
        }) == 0);
}

TEST_CASE("stores in memory are private unless they have a name") {
  const auto a = open();
  const auto b = open();
  REQUIRE(StoreDriver(a.get()).set("key", store_text("a")) == ZEO_OK);
  CHECK_FALSE(StoreDriver(b.get()).get("key"));
  // Told apart by their configuration, which leads back to the same store while it lives.
  CHECK(check_configuration(library(), "memory", a.get()) != check_configuration(library(), "memory", b.get()));
  BenchOut configuration;
  const BenchCall call;
  REQUIRE(a->v->object.to_json(reinterpret_cast<const zeo_object*>(a.get()), configuration, call) == ZEO_OK);
  const auto again = open(configuration.text());
  CHECK((StoreDriver(again.get()).get("key") == store_text("a")));
}

TEST_CASE("stores with the same name are one, while one of them is open") {
  auto first = open(R"({"url": "memory://name"})");
  auto second = open(R"({"url": "memory:name"})");
  const auto other = open(R"({"url": "memory://other"})");
  REQUIRE(StoreDriver(first.get()).set("key", store_text("value")) == ZEO_OK);
  CHECK((StoreDriver(second.get()).get("key") == store_text("value")));
  CHECK_FALSE(StoreDriver(other.get()).get("key"));
  first.reset();
  CHECK((StoreDriver(second.get()).get("key") == store_text("value")));
  second.reset();
  const auto fresh = open(R"({"url": "memory://name"})");
  CHECK_FALSE(StoreDriver(fresh.get()).get("key"));
}

TEST_CASE("hosts do not share stores in memory") {
  const PluginLibrary another("zeolite_store_memory");
  const auto here = open(R"({"url": "memory://name"})");
  const auto there = another.create<zeo_store>("memory", R"({"url": "memory://name"})");
  REQUIRE(StoreDriver(here.get()).set("key", store_text("value")) == ZEO_OK);
  CHECK_FALSE(StoreDriver(there.get()).get("key"));
}

TEST_CASE("the memory store refuses other locations and options") {
  CHECK_THAT(library().refusal<zeo_store>("memory", R"({"url": "file:x"})"), Catch::Matchers::Contains("memory:"));
  CHECK_THAT(library().refusal<zeo_store>("memory", R"({"url": "memory:", "size": 5})"),
             Catch::Matchers::Contains("\"size\""));
  CHECK_THAT(library().refusal<zeo_store>("memory", R"({"url": 5})"), Catch::Matchers::Contains("string"));
}
