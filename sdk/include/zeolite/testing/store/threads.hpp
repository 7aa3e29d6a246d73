// SPDX-License-Identifier: Apache-2.0
//
// The part of the store suite that asks from several threads at once. Run it under the thread sanitizer, too.
#pragma once

#include <functional>

#include <zeolite/testing/store/driver.hpp>

namespace zeolite::testing {

namespace store_detail {

inline constexpr int threads = 8;

/// body(thread) on `threads` threads at once. Catch2's checks belong to one thread, so what goes wrong is counted.
inline int failures_of(const std::function<int(int)>& body) {
  std::atomic<int> failures{0};
  std::atomic<int> waiting{threads};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      --waiting;
      while (waiting != 0) std::this_thread::yield();
      try {
        failures += body(t);
      } catch (...) {
        ++failures;
      }
    });
  }
  for (auto& thread : running) thread.join();
  return failures;
}

/// Sets, gets, overwrites and deletes in batches: each thread its own keys, in directories they all share.
inline int mixed_batches(const StoreDriver& store, int t) {
  int failures = 0;
  const bool deletable = store.has(ZEO_STORE_DELETABLE);
  for (std::uint32_t round = 0; round < 6; ++round) {
    std::vector<std::unique_ptr<StoreOp>> operations;
    std::vector<StoreOp*> batch;
    const auto add = [&](std::uint32_t kind, const std::string& key) -> StoreOp& {
      operations.push_back(std::make_unique<StoreOp>(kind, key));
      batch.push_back(operations.back().get());
      return *batch.back();
    };
    const auto key = [&](const char* what, std::uint32_t i) {
      return "shared/" + std::to_string(i % 5) + "/" + what + std::to_string(t) + "-" + std::to_string(i);
    };
    for (std::uint32_t i = 0; i < 40; ++i) {
      add(ZEO_OP_SET, key("new", i)).part(store_value(i * 11, round)).part(store_value(i, i));
      add(ZEO_OP_GET, key("old", i));
      add(ZEO_OP_GET, key("old", i)).range(i, 5).range(ZEOLITE_SUFFIX, 3);
      add(ZEO_OP_HEAD, key("new", i));
      add(ZEO_OP_GET, key("gone", i));
      if (deletable) add(ZEO_OP_DELETE, key("gone", i));
    }
    const auto old = [&](std::uint32_t i) { return store_value(20 + i * 3, i); };
    if (round == 0) {
      for (std::uint32_t i = 0; i < 40; ++i) failures += store.set(key("old", i), old(i)) != ZEO_OK;
    }
    const ThreadedCall call(2);
    failures += !store.run(batch, call);
    const std::size_t each = deletable ? 6 : 5;
    for (std::uint32_t i = 0; i < 40; ++i) {
      const auto at = [&](std::size_t k) -> StoreOp& { return *batch[i * each + k]; };
      failures += at(0).status != ZEO_OK;
      failures += at(1).status != ZEO_OK || at(1).values.at(0) != old(i);
      failures += at(2).status != ZEO_OK || at(2).values.at(0).size() != 5 || at(2).values.at(1).size() != 3;
      failures += at(3).status != ZEO_OK && at(3).status != ZEO_NOT_FOUND;
      failures += at(4).status != ZEO_NOT_FOUND;
      if (deletable) failures += at(5).status != ZEO_OK;
      auto expected = store_value(i * 11, round);
      const auto rest = store_value(i, i);
      expected.insert(expected.end(), rest.begin(), rest.end());
      failures += store.get(key("new", i)) != expected;
    }
  }
  return failures;
}

}  // namespace store_detail

/// Call it in a test case tagged [threads]. `open` gives a new, empty, writable store each time.
template <class Open>
void store_threads_suite(Open open) {
  using store_detail::failures_of;
  const auto object = open();
  REQUIRE(object != nullptr);
  const StoreDriver store(object.get());

  SECTION("mixed batches") {
    CHECK(failures_of([&](int t) { return store_detail::mixed_batches(store, t); }) == 0);
  }

  SECTION("keys come and go in the same place") {
    if (!store.has(ZEO_STORE_DELETABLE)) return;
    CHECK(failures_of([&](int t) {
            int failures = 0;
            const auto key = "come/and/go/" + std::to_string(t);
            for (std::uint32_t i = 0; i < 100; ++i) {
              failures += store.set(key, store_value(50, i)) != ZEO_OK;
              failures += store.get(key) != store_value(50, i);
              failures += store.erase(key) != ZEO_OK;
              failures += store.get(key).has_value();
              if (t == 0) failures += store.erase_prefix("come/nothing/") != ZEO_OK;
            }
            return failures;
          }) == 0);
  }

  SECTION("readers see the old value or the new one") {
    if (!store.has(ZEO_STORE_ATOMIC_SET)) return;
    const auto uniform = [](std::uint32_t i) { return StoreBytes(100'000 + i * 1000, static_cast<std::uint8_t>(i)); };
    REQUIRE(store.set("atomic/value", uniform(0)) == ZEO_OK);
    CHECK(failures_of([&](int t) {
            int failures = 0;
            for (std::uint32_t i = 0; i < 60; ++i) {
              if (t < 2) {
                failures += store.set("atomic/value", uniform(i)) != ZEO_OK;
                continue;
              }
              const auto value = store.get("atomic/value");
              failures += !value || value->empty() || *value != uniform(value->front());
              StoreOp parts(ZEO_OP_GET, "atomic/value");
              failures +=
                  store.run(parts.range(0, 1).range(ZEOLITE_SUFFIX, 1)) != ZEO_OK || parts.values[0] != parts.values[1];
            }
            return failures;
          }) == 0);
  }

  SECTION("one of many creates") {
    REQUIRE(store.set("here", store_text("x")) == ZEO_OK);
    StoreOp probe(ZEO_OP_SET, "here");
    if (store.run(probe.part({}).if_none_match("*")) == ZEO_UNSUPPORTED) return;
    for (int round = 0; round < 20; ++round) {
      std::atomic<int> created{0};
      std::atomic<int> winner{-1};
      const auto key = "race/" + std::to_string(round);
      CHECK(failures_of([&](int t) {
              StoreOp set(ZEO_OP_SET, key);
              const auto status = store.run(set.part(store_text(std::to_string(t))).if_none_match("*"));
              if (status == ZEO_OK) {
                ++created;
                winner = t;
              }
              return static_cast<int>(status != ZEO_OK && status != ZEO_CONFLICT);
            }) == 0);
      CHECK(created == 1);
      CHECK((store.get(key) == store_text(std::to_string(winner))));
    }
  }

  SECTION("counting under a condition loses nothing") {
    if (!store.has(ZEO_STORE_CONDITIONS)) return;
    REQUIRE(store.set("count", store_text("0")) == ZEO_OK);
    CHECK(failures_of([&](int) {
            for (int i = 0; i < 50;) {
              StoreOp get(ZEO_OP_GET, "count");
              if (store.run(get) != ZEO_OK) return 1;
              const auto count = std::stoi(std::string(get.values[0].begin(), get.values[0].end())) + 1;
              StoreOp set(ZEO_OP_SET, "count");
              set.part(store_text(std::to_string(count))).if_match(get.generation);
              const auto status = store.run(set);
              if (status != ZEO_OK && status != ZEO_CONFLICT) return 1;
              i += status == ZEO_OK;
            }
            return 0;
          }) == 0);
    CHECK((store.get("count") == store_text(std::to_string(store_detail::threads * 50))));
  }

  SECTION("keeping under a condition loses nothing") {
    const std::uint64_t least = store.properties().least_kept_bytes;
    if (!store.has(ZEO_STORE_CONDITIONS) || least == 0) return;
    const auto first = store_value(static_cast<std::size_t>(least));
    REQUIRE(store.set("kept", first) == ZEO_OK);
    CHECK(failures_of([&](int t) {
            for (int i = 0; i < 20;) {
              StoreOp get(ZEO_OP_GET, "kept");
              if (store.run(get) != ZEO_OK) return 1;
              StoreOp set(ZEO_OP_SET, "kept");
              set.keep(0, get.values.at(0).size()).part(StoreBytes(1, static_cast<std::uint8_t>(t)));
              const auto status = store.run(set.if_match(get.generation));
              if (status != ZEO_OK && status != ZEO_CONFLICT) return 1;
              i += status == ZEO_OK;
            }
            return 0;
          }) == 0);
    const auto value = store.get("kept");
    REQUIRE(value);
    CHECK(value->size() == first.size() + store_detail::threads * 20);
    CHECK(std::equal(first.begin(), first.end(), value->begin()));
  }

  SECTION("what is kept is of one version") {
    const auto least = static_cast<std::size_t>(store.properties().least_kept_bytes);
    if (!store.has(ZEO_STORE_ATOMIC_SET) || least == 0) return;
    const auto uniform = [&](std::uint32_t i) { return StoreBytes(4 * least + i, static_cast<std::uint8_t>(i)); };
    REQUIRE(store.set("kept", uniform(0)) == ZEO_OK);
    CHECK(failures_of([&](int t) {
            int failures = 0;
            for (std::uint32_t i = 0; i < 40; ++i) {
              if (t < 2) {
                failures += store.set("kept", uniform(i)) != ZEO_OK;
                continue;
              }
              StoreOp head(ZEO_OP_HEAD, "kept");
              failures += store.run(head) != ZEO_OK;
              StoreOp set(ZEO_OP_SET, "kept");
              set.keep(3 * least, least).keep(0, 3 * least).if_match(head.generation);
              const auto status = store.run(set);
              failures += status != ZEO_OK && status != ZEO_CONFLICT;
              const auto value = store.get("kept");
              failures += !value || value->empty() || *value != StoreBytes(value->size(), value->front());
            }
            return failures;
          }) == 0);
  }

  SECTION("listing while others write") {
    if (!store.has(ZEO_STORE_LISTABLE) || !store.has(ZEO_STORE_DELETABLE)) return;
    for (int i = 0; i < 50; ++i) REQUIRE(store.set("stay/" + std::to_string(i), store_text("x")) == ZEO_OK);
    CHECK(failures_of([&](int t) {
            int failures = 0;
            for (int i = 0; i < 30; ++i) {
              const auto key = "stay/deep/er/" + std::to_string(t);
              failures += store.set(key, store_text("y")) != ZEO_OK;
              const auto keys = store.keys("stay/");
              failures += std::count_if(keys.begin(), keys.end(),
                                        [](const auto& name) { return name.find("deep") == name.npos; }) != 50;
              failures += store.erase(key) != ZEO_OK;
            }
            return failures;
          }) == 0);
  }
}

}  // namespace zeolite::testing
