// SPDX-License-Identifier: Apache-2.0
//
// What every store must do, by what it declares:
//
//   TEST_CASE("the store passes the suite") { store_suite([] { return library.create<zeo_store>(...); }); }
//   TEST_CASE("the store passes the suite from several threads", "[threads]") { store_threads_suite(...); }
//
// `open` gives a new, empty, writable store each time.
#pragma once

#include <zeolite/testing/store/driver.hpp>
#include <zeolite/testing/store/threads.hpp>

namespace zeolite::testing {

namespace store_detail {

inline void values(const StoreDriver& store) {
  SECTION("what is not there is not found") {
    StoreOp get(ZEO_OP_GET, "no/such/key");
    CHECK(store.run(get) == ZEO_NOT_FOUND);
    StoreOp head(ZEO_OP_HEAD, "nothing");
    CHECK(store.run(head) == ZEO_NOT_FOUND);
    StoreOp part(ZEO_OP_GET, "nothing");
    CHECK(store.run(part.range(0, 1)) == ZEO_NOT_FOUND);
  }

  SECTION("values of all sizes come back, and replace each other") {
    for (const std::size_t bytes :
         {std::size_t{5}, std::size_t{0}, std::size_t{1}, std::size_t{3} << 20, std::size_t{4096}, std::size_t{0}}) {
      INFO(bytes << " bytes");
      const auto value = store_value(bytes);
      REQUIRE(store.set("a/value", value) == ZEO_OK);
      CHECK((store.get("a/value") == value));
      StoreOp head(ZEO_OP_HEAD, "a/value");
      CHECK(store.run(head) == ZEO_OK);
      CHECK((head.value_bytes == bytes || head.value_bytes == UINT64_MAX));
    }
  }

  SECTION("a value may come in many parts") {
    StoreOp set(ZEO_OP_SET, "gathered");
    StoreBytes whole;
    for (std::uint32_t i = 0; i < 3000; ++i) {
      auto part = store_value(i % 7 == 0 ? 0 : i % 100, i);
      whole.insert(whole.end(), part.begin(), part.end());
      set.part(std::move(part));
    }
    REQUIRE(store.run(set) == ZEO_OK);
    CHECK((store.get("gathered") == whole));
    StoreOp none(ZEO_OP_SET, "gathered");
    REQUIRE(store.run(none) == ZEO_OK);
    CHECK((store.get("gathered") == StoreBytes{}));
  }

  SECTION("memory for a value is respected") {
    const auto value = store_value(1000);
    REQUIRE(store.set("value", value) == ZEO_OK);
    StoreBytes memory(1000);
    StoreOp fits(ZEO_OP_GET, "value");
    CHECK(store.run(fits.into(memory)) == ZEO_OK);
    CHECK((memory == value));
    StoreOp refused(ZEO_OP_GET, "value");
    CHECK(store.run(refused.limit(999)) == ZEO_NO_MEMORY);
    CHECK_FALSE(refused.message.empty());
  }
}

inline void ranges(const StoreDriver& store) {
  const auto value = store_value(1000);
  REQUIRE(store.set("r/value", value) == ZEO_OK);
  const auto cut = [&](std::size_t from, std::size_t to) {
    return StoreBytes(value.begin() + from, value.begin() + to);
  };

  SECTION("ranges inside the value") {
    StoreOp get(ZEO_OP_GET, "r/value");
    get.range(10, 20).range(0, 1000).range(500, 0).range(999, 1).range(15, 3).range(1000, 0);
    get.range(900, ZEOLITE_REST).range(ZEOLITE_SUFFIX, 30).range(ZEOLITE_SUFFIX, 5000).range(1000, ZEOLITE_REST);
    get.range(ZEOLITE_SUFFIX, 0).range(0, ZEOLITE_REST);
    INFO(get.message);
    REQUIRE(store.run(get) == ZEO_OK);
    REQUIRE(get.values.size() == 12);
    CHECK((get.values[0] == cut(10, 30)));
    CHECK((get.values[1] == value));
    CHECK(get.values[2].empty());
    CHECK((get.values[3] == cut(999, 1000)));
    CHECK((get.values[4] == cut(15, 18)));
    CHECK(get.values[5].empty());
    CHECK((get.values[6] == cut(900, 1000)));
    CHECK((get.values[7] == cut(970, 1000)));
    CHECK((get.values[8] == value));
    CHECK(get.values[9].empty());
    CHECK(get.values[10].empty());
    CHECK((get.values[11] == value));
    CHECK((get.value_bytes == 1000 || get.value_bytes == UINT64_MAX));
  }

  SECTION("ranges past the end are corrupt") {
    const zeo_range bad[] = {{1001, 0},
                             {1000, 1},
                             {990, 11},
                             {2000, 5},
                             {1001, ZEOLITE_REST},
                             {1, UINT64_MAX - 1},
                             {600, UINT64_MAX - 500},
                             {UINT64_MAX - 1, 5},
                             {UINT64_MAX - 1, 1},
                             {std::uint64_t{1} << 63, 1}};
    for (const auto& range : bad) {
      INFO(range.length << " bytes at " << range.offset);
      StoreOp get(ZEO_OP_GET, "r/value");
      CHECK(store.run(get.range(0, 10).range(range.offset, range.length)) == ZEO_CORRUPT);
      CHECK_FALSE(get.message.empty());
    }
  }
}

inline void keys(const StoreDriver& store) {
  SECTION("keys are exact") {
    const std::vector<std::string> keys = {"zarr.json",
                                           "c/0/0/1",
                                           "c.0.1",
                                           "with space/and  two",
                                           "100%",
                                           "%41",
                                           "a#b?c&d",
                                           "Gr\xC3\xB6\xC3\x9F"
                                           "e/\xE6\xB8\xA9\xE5\xBA\xA6",
                                           "e\xCC\x81",
                                           "\xC3\xA9",
                                           "\xF0\x9F\xA7\xAA",
                                           "...",
                                           ".zarray",
                                           "case",
                                           "Case",
                                           "*",
                                           "back\\slash",
                                           "quote\"'",
                                           "new\nline",
                                           "~",
                                           "-rf",
                                           "trailing.",
                                           "trailing ",
                                           std::string(200, 'n'),
                                           "d/e/e/p/e/r/a/n/d/d/e/e/p/e/r",
                                           "A",
                                           "__node",
                                           "con",
                                           "a:b",
                                           "a|b"};
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      INFO(keys[i]);
      REQUIRE(store.set(keys[i], store_value(20 + i, i)) == ZEO_OK);
    }
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      INFO(keys[i]);
      CHECK((store.get(keys[i]) == store_value(20 + i, i)));
    }
    auto sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    if (store.has(ZEO_STORE_LISTABLE)) CHECK(store.keys() == sorted);
  }

  SECTION("a part of a key is no key") {
    REQUIRE(store.set("a/b/c", store_text("x")) == ZEO_OK);
    CHECK_FALSE(store.get("a/b"));
    CHECK_FALSE(store.get("a"));
    CHECK_FALSE(store.get("a/b/c/d"));
    CHECK_FALSE(store.get("a/b/cc"));
    StoreOp head(ZEO_OP_HEAD, "a/b");
    CHECK(store.run(head) == ZEO_NOT_FOUND);
    if (store.has(ZEO_STORE_DELETABLE)) {
      CHECK(store.erase("a/b") == ZEO_OK);
      CHECK(store.erase("a/b/c/d") == ZEO_OK);
      CHECK((store.get("a/b/c") == store_text("x")));
    }
  }
}

inline void listing(const StoreDriver& store) {
  if (!store.has(ZEO_STORE_LISTABLE)) return;
  using Keys = std::vector<std::string>;
  SECTION("listing") {
    CHECK(store.keys() == Keys{});
    CHECK(store.keys("", true) == Keys{});
    for (const auto* const key : {"a/b", "a/c", "a/d/e", "a/d/f/g", "ab", "b/c", "zarr.json"}) {
      REQUIRE(store.set(key, store_text(key)) == ZEO_OK);
    }
    CHECK(store.keys() == Keys{"a/b", "a/c", "a/d/e", "a/d/f/g", "ab", "b/c", "zarr.json"});
    CHECK(store.keys("", true) == Keys{"a/", "ab", "b/", "zarr.json"});
    CHECK(store.keys("a/") == Keys{"a/b", "a/c", "a/d/e", "a/d/f/g"});
    CHECK(store.keys("a/", true) == Keys{"a/b", "a/c", "a/d/"});
    CHECK(store.keys("a/d/f/", true) == Keys{"a/d/f/g"});
    CHECK(store.keys("c/") == Keys{});
    CHECK(store.keys("a/b/") == Keys{});
    CHECK(store.keys("ab/", true) == Keys{});
    const auto listed = store.list("a/", true);
    for (const auto& [key, size] : listed->sizes) {
      INFO(key);
      CHECK((size == UINT64_MAX || (key.back() != '/' && size == key.size())));
    }
  }

  SECTION("long listings, and such that are stopped") {
    Keys expected;
    std::vector<std::unique_ptr<StoreOp>> sets;
    std::vector<StoreOp*> batch;
    for (int i = 0; i < 2500; ++i) {
      expected.push_back("n/" + std::to_string(i / 50) + "/" + std::to_string(i));
      sets.push_back(std::make_unique<StoreOp>(ZEO_OP_SET, expected.back()));
      batch.push_back(&sets.back()->part(store_text("v")));
    }
    const ThreadedCall call(4);
    REQUIRE(store.run(batch, call));
    std::sort(expected.begin(), expected.end());
    CHECK(store.keys() == expected);
    CHECK(store.keys("n/", true).size() == 50);
    const auto stopped = store.list("", false, 1);
    CHECK(stopped->status == ZEO_CANCELLED);
    CHECK(stopped->pages == 1);
  }
}

inline void deleting(const StoreDriver& store) {
  if (!store.has(ZEO_STORE_DELETABLE)) return;
  SECTION("deleting") {
    for (const auto* const key : {"a/b", "a/c/d", "a/c/e", "ab", "b/x"}) {
      REQUIRE(store.set(key, store_text(key)) == ZEO_OK);
    }
    CHECK(store.erase("nothing") == ZEO_OK);
    CHECK(store.erase("a/b") == ZEO_OK);
    CHECK_FALSE(store.get("a/b"));
    CHECK(store.erase("a/b") == ZEO_OK);
    CHECK(store.erase_prefix("a/c/") == ZEO_OK);
    CHECK_FALSE(store.get("a/c/d"));
    CHECK_FALSE(store.get("a/c/e"));
    CHECK(store.erase_prefix("a/c/") == ZEO_OK);
    CHECK(store.erase_prefix("a/") == ZEO_OK);
    CHECK(store.erase_prefix("ab/") == ZEO_OK);
    CHECK((store.get("ab") == store_text("ab")));
    CHECK((store.get("b/x") == store_text("b/x")));
    CHECK(store.erase_prefix("") == ZEO_OK);
    CHECK_FALSE(store.get("ab"));
    CHECK_FALSE(store.get("b/x"));
    REQUIRE(store.set("a/c/d", store_text("again")) == ZEO_OK);
    CHECK((store.get("a/c/d") == store_text("again")));
  }
}

inline void conditions(const StoreDriver& store) {
  SECTION("conditions hold or are refused, never passed over") {
    REQUIRE(store.set("there", store_text("old")) == ZEO_OK);
    const auto set = [&](std::string_view key, std::string_view if_match, std::string_view if_none_match) {
      StoreOp op(ZEO_OP_SET, key);
      return store.run(op.part(store_text("new")).if_match(if_match).if_none_match(if_none_match));
    };
    const auto create = set("there", "", "*");
    CHECK((create == ZEO_CONFLICT || (create == ZEO_UNSUPPORTED && !store.has(ZEO_STORE_CONDITIONS))));
    CHECK((store.get("there") == store_text("old")));
    if (create == ZEO_CONFLICT) {
      CHECK(set("absent", "", "*") == ZEO_OK);
      CHECK((store.get("absent") == store_text("new")));
    }
    StoreOp remove(ZEO_OP_DELETE, "there");
    if (!store.has(ZEO_STORE_CONDITIONS)) {
      CHECK(set("there", "no-such-generation", "") == ZEO_UNSUPPORTED);
      CHECK(store.run(remove.if_match("no-such-generation")) == ZEO_UNSUPPORTED);
      CHECK((store.get("there") == store_text("old")));
      return;
    }
    CHECK(set("there", "no-such-generation", "") == ZEO_CONFLICT);
    CHECK(set("missing", "no-such-generation", "") == ZEO_CONFLICT);
    CHECK_FALSE(store.get("missing"));
    CHECK((store.get("there") == store_text("old")));

    StoreOp head(ZEO_OP_HEAD, "there");
    REQUIRE(store.run(head) == ZEO_OK);
    REQUIRE_FALSE(head.generation.empty());
    StoreOp get(ZEO_OP_GET, "there");
    REQUIRE(store.run(get) == ZEO_OK);
    CHECK(get.generation == head.generation);
    CHECK(set("there", "", head.generation) == ZEO_CONFLICT);
    StoreOp replace(ZEO_OP_SET, "there");
    CHECK(store.run(replace.part(store_text("newer")).if_match(head.generation)) == ZEO_OK);
    CHECK(replace.generation != head.generation);
    CHECK(set("there", head.generation, "") == ZEO_CONFLICT);
    CHECK(store.run(remove.if_match(head.generation)) == ZEO_CONFLICT);
    CHECK((store.get("there") == store_text("newer")));
    // Another version, though of the same length.
    StoreOp again(ZEO_OP_SET, "there");
    REQUIRE(store.run(again.part(store_text("NEWER"))) == ZEO_OK);
    CHECK(set("there", replace.generation, "") == ZEO_CONFLICT);
    StoreOp unless(ZEO_OP_DELETE, "there");
    CHECK(store.run(unless.if_none_match(again.generation)) == ZEO_CONFLICT);
    CHECK((store.get("there") == store_text("NEWER")));
    StoreOp removed(ZEO_OP_DELETE, "there");
    CHECK(store.run(removed.if_match(again.generation)) == ZEO_OK);
    CHECK_FALSE(store.get("there"));
    StoreOp gone(ZEO_OP_DELETE, "there");
    CHECK(store.run(gone.if_match(again.generation)) == ZEO_CONFLICT);
    // And another, though nothing else tells it from the one that was removed.
    REQUIRE(store.set("there", store_text("NEWER")) == ZEO_OK);
    CHECK(set("there", again.generation, "") == ZEO_CONFLICT);
  }
}

inline void places(const StoreDriver& store) {
  const auto* const v = store.abi()->v;
  if (v->object.struct_size < offsetof(zeo_store_vtable, place) + sizeof v->place || v->place == nullptr) return;
  const auto place = [&](std::string_view key) -> std::optional<std::string> {
    BenchOut name;
    const BenchCall call;
    const auto status = v->place(store.abi(), str(key), name, call);
    CHECK((status == ZEO_OK || status == ZEO_UNSUPPORTED));
    return status == ZEO_OK ? std::optional(name.text()) : std::nullopt;
  };

  SECTION("the names of places start with those of shorter keys, and are always the same") {
    const auto above = place("a");
    if (!above) return;
    const auto below = place("a/b%2Fc d");
    REQUIRE(below);
    CHECK(below->size() > above->size());
    CHECK(below->starts_with(*above));
    CHECK(place("a") == above);
    CHECK(place("b") != above);
  }
}

inline void kept_parts(const StoreDriver& store) {
  const std::uint64_t least = store.properties().least_kept_bytes;
  if (least == 0) return;
  const auto bytes = static_cast<std::size_t>(4 * least + 1000);
  const auto old = store_value(bytes);
  const auto given = store_value(3000, 7);
  REQUIRE(store.set("dir/value", old) == ZEO_OK);
  StoreOp head(ZEO_OP_HEAD, "dir/value");
  REQUIRE(store.run(head) == ZEO_OK);
  REQUIRE_FALSE(head.generation.empty());
  const auto append = [&](StoreBytes& value, std::uint64_t offset, std::uint64_t length) {
    const auto from = old.begin() + static_cast<std::ptrdiff_t>(offset);
    value.insert(value.end(), from, from + static_cast<std::ptrdiff_t>(length));
  };

  SECTION("a set keeps ranges of the present value, in any order and more than once") {
    StoreOp set(ZEO_OP_SET, "dir/value");
    set.keep(least + 10, 2 * least).part(given).keep(0, least).keep(5, least + 1).part({}).part(given);
    set.keep(bytes - least, least).if_match(head.generation);
    StoreBytes expected;
    append(expected, least + 10, 2 * least);
    expected.insert(expected.end(), given.begin(), given.end());
    append(expected, 0, least);
    append(expected, 5, least + 1);
    expected.insert(expected.end(), given.begin(), given.end());
    append(expected, bytes - least, least);
    const auto status = store.run(set);
    INFO(set.message);
    REQUIRE(status == ZEO_OK);
    CHECK((store.get("dir/value") == expected));
    CHECK((set.generation.empty() || set.generation != head.generation));
  }

  SECTION("a set keeps nothing of another version, and nothing that is not there") {
    const auto refused = [&](std::string_view key, std::uint64_t offset, std::uint64_t length,
                             std::string_view generation) {
      StoreOp set(ZEO_OP_SET, key);
      const auto status = store.run(set.part(given).keep(offset, length).if_match(generation));
      CHECK_FALSE(set.message.empty());
      return status;
    };
    CHECK(refused("dir/value", bytes - least + 1, least, head.generation) == ZEO_CORRUPT);
    CHECK(refused("dir/value", bytes + 1, least, head.generation) == ZEO_CORRUPT);
    CHECK(refused("dir/value", UINT64_MAX - 1, least, head.generation) == ZEO_CORRUPT);
    CHECK(refused("dir/value", 1, UINT64_MAX, head.generation) == ZEO_CORRUPT);
    CHECK(refused("dir/value", 0, least, "no-such-generation") == ZEO_CONFLICT);
    CHECK(refused("dir/missing", 0, least, head.generation) == ZEO_CONFLICT);
    CHECK(refused("dir/value", 0, least, "") == ZEO_INVALID);
    CHECK((store.get("dir/value") == old));
    CHECK_FALSE(store.get("dir/missing"));
    if (store.has(ZEO_STORE_LISTABLE)) CHECK(store.keys() == std::vector<std::string>{"dir/value"});

    auto changed = old;
    changed.back() ^= 1;
    changed.push_back(0);
    REQUIRE(store.set("dir/value", changed) == ZEO_OK);
    CHECK(refused("dir/value", 0, least, head.generation) == ZEO_CONFLICT);
    CHECK((store.get("dir/value") == changed));
  }
}

inline void ranged_set(const StoreDriver& store) {
  SECTION("overwriting a part of a value") {
    REQUIRE(store.set("value", store_text("0123456789")) == ZEO_OK);
    const auto overwrite = [&](std::string_view key, std::uint64_t offset, std::string_view bytes) {
      StoreOp op(ZEO_OP_SET_RANGE, key);
      return store.run(op.range(offset, bytes.size()).part(store_text(bytes)));
    };
    if (!store.has(ZEO_STORE_RANGED_SET)) {
      CHECK(overwrite("value", 0, "x") == ZEO_UNSUPPORTED);
      return;
    }
    CHECK(overwrite("value", 3, "abc") == ZEO_OK);
    CHECK((store.get("value") == store_text("012abc6789")));
    CHECK(overwrite("value", 8, "xy") == ZEO_OK);
    CHECK(overwrite("value", 10, "") == ZEO_OK);
    CHECK(overwrite("value", 9, "xy") == ZEO_INVALID);
    CHECK(overwrite("value", UINT64_MAX - 1, "xyz") == ZEO_INVALID);
    CHECK((store.get("value") == store_text("012abc67xy")));
    CHECK(overwrite("missing", 0, "x") == ZEO_NOT_FOUND);
    CHECK_FALSE(store.get("missing"));
  }
}

inline void batches(const StoreDriver& store) {
  SECTION("a mixed batch is answered in full") {
    REQUIRE(store.set("there", store_text("x")) == ZEO_OK);
    for (const std::uint32_t threads : {1U, 4U}) {
      StoreOp set(ZEO_OP_SET, "set");
      StoreOp get(ZEO_OP_GET, "there");
      StoreOp none(ZEO_OP_GET, "absent");
      StoreOp past(ZEO_OP_GET, "there");
      StoreOp unknown(99, "there");
      StoreOp head(ZEO_OP_HEAD, "there");
      StoreOp cancelled(ZEO_OP_GET, "there");
      const ThreadedCall call(threads);
      CHECK(store.run(
          {&set.part(store_text("y")), &get, &none, &past.range(0, 2), &unknown, &head, &cancelled.cancel()}, call));
      CHECK(set.status == ZEO_OK);
      CHECK(get.status == ZEO_OK);
      CHECK(none.status == ZEO_NOT_FOUND);
      CHECK(past.status == ZEO_CORRUPT);
      CHECK(unknown.status == ZEO_UNSUPPORTED);
      CHECK(head.status == ZEO_OK);
      CHECK((cancelled.status == ZEO_CANCELLED || cancelled.status == ZEO_OK));
      CHECK(store.run({}, call));
    }
    StoreOp cancelled(ZEO_OP_SET, "never");
    const auto status = store.run(cancelled.part(store_text("z")).cancel());
    CHECK((status == ZEO_CANCELLED || status == ZEO_OK));
    CHECK(store.get("never").has_value() == (status == ZEO_OK));
  }
}

}  // namespace store_detail

/// Catch2 runs the test case that calls this once a section, with a new store each time.
template <class Open>
void store_suite(Open open) {
  const auto object = open();
  REQUIRE(object != nullptr);
  const StoreDriver store(object.get());

  const auto& properties = store.properties();
  REQUIRE(properties.struct_size >= sizeof(zeo_store_properties));
  CHECK(&properties == &store.properties());
  CHECK(store.has(ZEO_STORE_READABLE));
  REQUIRE(store.has(ZEO_STORE_WRITABLE));

  store_detail::values(store);
  store_detail::keys(store);
  SECTION("parts of values") { store_detail::ranges(store); }
  store_detail::listing(store);
  store_detail::deleting(store);
  store_detail::conditions(store);
  store_detail::kept_parts(store);
  store_detail::places(store);
  store_detail::ranged_set(store);
  store_detail::batches(store);
}

}  // namespace zeolite::testing
