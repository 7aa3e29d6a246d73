// SPDX-License-Identifier: Apache-2.0
#include "test_support.hpp"

using namespace zeolite::testing;

namespace {

/// A store with its folder.
struct Opened {
  std::unique_ptr<Folder> folder;
  Object<zeo_store> store;
  zeo_store* get() const { return store.get(); }
  bool operator==(std::nullptr_t) const { return store == nullptr; }
};

Opened open(const std::string& options = "") {
  auto folder = std::make_unique<Folder>();
  auto store = open_folder(folder->path() / "store", options);
  return {std::move(folder), std::move(store)};
}

std::string url_of(const zeo_store* store) {
  const BenchCall call;
  BenchOut out;
  REQUIRE(store->v->object.to_json(reinterpret_cast<const zeo_object*>(store), out, call) == ZEO_OK);
  return out.text();
}

using Keys = std::vector<std::string>;
using Catch::Matchers::Contains;

}  // namespace

TEST_CASE("the file store passes the suite") {
  store_suite([] { return open(); });
}

TEST_CASE("with fsync, values are written and replaced as without") {
  const auto opened = open(R"(, "fsync": true)");
  const StoreDriver store(opened.get());
  for (const auto* const key : {"a/b/c/d", "a/b/e", "f"}) {
    CHECK(store.set(key, store_value(100, 1)) == ZEO_OK);
    CHECK(store.set(key, store_value(50'000, 2)) == ZEO_OK);
    StoreOp part(ZEO_OP_SET_RANGE, key);
    CHECK(store.run(part.range(0, 1).part(store_value(1, 2))) == ZEO_OK);
    CHECK((store.get(key) == store_value(50'000, 2)));
    StoreOp again(ZEO_OP_SET, key);
    CHECK(store.run(again.part({}).if_none_match("*")) == ZEO_CONFLICT);
  }
  CHECK(store.keys() == Keys{"a/b/c/d", "a/b/e", "f"});
}

TEST_CASE("the file store passes the suite with links allowed") {
  store_suite([] { return open(R"(, "follow_links": true)"); });
}

TEST_CASE("the file store passes the suite from several threads", "[threads]") {
  store_threads_suite([] { return open(); });
}

TEST_CASE("a location is a URL or a plain path") {
  const Folder folder;
  fs::create_directory(folder.path() / "with space%41#");
  folder.write("with space%41#/key", "value");
  const auto base = folder.path().string();
  const auto reads = [](std::string_view name, const std::string& url) {
    INFO(url);
    const auto store = file_library().create<zeo_store>(name, "{\"url\": \"" + url + "\"}");
    CHECK((StoreDriver(store.get()).get("key") == store_text("value")));
    CHECK_THAT(url_of(store.get()), Contains("with%20space%2541%23\""));
    check_configuration(file_library(), "file", store.get());
  };
  reads("@path", base + "/with space%41#");
  reads("file", base + "/with space%41#");
  reads("file", "file://" + base + "/with%20space%2541%23");
  reads("file", "file:" + base + "/with%20space%2541%23/");
  reads("file", "file://localhost" + base + "/./with%20space%2541%23//");
  const auto previous = fs::current_path();
  fs::current_path(folder.path());
  reads("file", "file:with%20space%2541%23");
  reads("@path", "with space%41#");
  reads("@path", "./with space%41#/");
  fs::current_path(previous);
}

TEST_CASE("wrong locations and options are refused with a reason") {
  const auto refusal = [](const char* json) { return file_library().refusal<zeo_store>("file", json); };
  CHECK_THAT(refusal(R"({"url": "file://server/share"})"), Contains("\"server\""));
  CHECK_THAT(refusal(R"({"url": "file:///a?b=c"})"), Contains("%3F"));
  CHECK_THAT(refusal(R"({"url": "file:///a#b"})"), Contains("%23"));
  CHECK_THAT(refusal(R"({"url": "file:///a%4"})"), Contains("hexadecimal"));
  CHECK_THAT(refusal(R"({"url": "file:///a%zz"})"), Contains("hexadecimal"));
  CHECK_THAT(refusal(R"({"url": "file:///a%00b"})"), Contains("NUL"));
  CHECK_THAT(refusal(R"({"url": "a\u0000b"})"), Contains("NUL"));
  CHECK_THAT(refusal(R"({"url": "file:"})"), Contains("names no directory"));
  CHECK_THAT(refusal(R"({"url": ""})"), Contains("names no directory"));
  CHECK_THAT(refusal(R"({})"), Contains("\"url\""));
  CHECK_THAT(refusal(R"({"url": "x", "sync": true})"), Contains("\"sync\""));
  CHECK_THAT(refusal(R"({"url": "x", "fsync": 1})"), Contains("true or false"));
  const Folder folder;
  folder.write("file", "x");
  CHECK_THAT(refusal(("{\"url\": \"" + folder.path().string() + "/file\"}").c_str()), Contains("is a file"));
}

TEST_CASE("a root that is not there reads as empty, and writing makes it") {
  const Folder folder;
  const auto object = open_folder(folder.path() / "not/yet");
  const StoreDriver store(object.get());
  CHECK_FALSE(store.get("key"));
  CHECK(store.keys() == Keys{});
  CHECK(store.erase("key") == ZEO_OK);
  CHECK(store.erase_prefix("") == ZEO_OK);
  CHECK(folder.count() == 0);
  CHECK(store.set("a/key", store_text("value")) == ZEO_OK);
  CHECK(folder.read("not/yet/a/key") == "value");

  SECTION("also one that is removed while the store is open") {
    fs::remove_all(folder.path() / "not");
    CHECK_FALSE(store.get("a/key"));
    CHECK(store.set("key", store_text("again")) == ZEO_OK);
    CHECK((store.get("key") == store_text("again")));
  }
  SECTION("unless that is switched off") {
    const auto other = open_folder(folder.path() / "other", R"(, "create": false)");
    StoreOp set(ZEO_OP_SET, "a/key");
    CHECK(StoreDriver(other.get()).run(set.part({})) == ZEO_NOT_FOUND);
    CHECK_THAT(set.message, Contains("\"create\""));
    fs::create_directory(folder.path() / "other");
    CHECK(StoreDriver(other.get()).set("a/key", {}) == ZEO_OK);
  }
}

TEST_CASE("the store looks at keys again, and none leaves the root") {
  const auto opened = open();
  const StoreDriver store(opened.get());
  opened.folder->write("outside", "secret");
  opened.folder->write("store/inside", "x");
  using std::string_literals::operator""s;
  for (const auto& key : {"../outside"s, "a/../../outside"s, "/etc/passwd"s, ""s, "."s, ".."s, "a//b"s, "a/"s, "a/./b"s,
                          "a\0b"s, "inside\0"s, "__zeolite-1"s, "a/__zeolite-1/b"s}) {
    INFO(key);
    for (const std::uint32_t kind : {ZEO_OP_GET, ZEO_OP_HEAD, ZEO_OP_SET, ZEO_OP_DELETE}) {
      StoreOp op(kind, key);
      CHECK(store.run(op) == ZEO_INVALID);
      CHECK_FALSE(op.message.empty());
    }
  }
  for (const auto* const prefix : {"../", "/", "a/../../", "a"}) {
    INFO(prefix);
    CHECK(store.erase_prefix(prefix) == ZEO_INVALID);
    CHECK(store.list(prefix, false)->status == ZEO_INVALID);
  }
  CHECK(opened.folder->read("outside") == "secret");
}

TEST_CASE("a key that is too long is refused, not truncated") {
  const auto opened = open();
  const StoreDriver store(opened.get());
  StoreOp set(ZEO_OP_SET, std::string(300, 'x'));
  CHECK(store.run(set.part({})) == ZEO_INVALID);
  CHECK_THAT(set.message, Contains("too long"));
  CHECK(opened.folder->count("store") == 0);
}

TEST_CASE("a file is no directory, and a directory is no value") {
  const auto opened = open();
  const StoreDriver store(opened.get());
  REQUIRE(store.set("a/b", store_text("value")) == ZEO_OK);
  StoreOp above(ZEO_OP_SET, "a");
  CHECK(store.run(above.part({})) == ZEO_INVALID);
  CHECK_THAT(above.message, Contains("is a directory"));
  StoreOp below(ZEO_OP_SET, "a/b/c");
  CHECK(store.run(below.part({})) == ZEO_INVALID);
  CHECK_THAT(below.message, Contains("is a file"));
  CHECK(store.keys() == Keys{"a/b"});
  CHECK(opened.folder->count("store") == 1);
}

TEST_CASE("deleting leaves no empty directories, and touches no others") {
  const auto opened = open();
  const StoreDriver store(opened.get());
  REQUIRE(store.set("a/b/c/d", {}) == ZEO_OK);
  REQUIRE(store.set("a/x", {}) == ZEO_OK);
  CHECK(store.erase("a/b/c/d") == ZEO_OK);
  CHECK_FALSE(fs::exists(opened.folder->path() / "store/a/b"));
  CHECK(fs::exists(opened.folder->path() / "store/a/x"));
  CHECK(store.erase_prefix("a/") == ZEO_OK);
  CHECK(fs::exists(opened.folder->path() / "store"));
  CHECK(opened.folder->count("store") == 0);
}

TEST_CASE("temporary files are hidden, and replacing leaves none") {
  const auto opened = open();
  const StoreDriver store(opened.get());
  REQUIRE(store.set("a/b", store_text("1")) == ZEO_OK);
  REQUIRE(store.set("a/b", store_text("2")) == ZEO_OK);
  CHECK(opened.folder->count("store/a") == 1);
  opened.folder->write("store/a/__zeolite-left-over", "half a val");
  CHECK(store.keys() == Keys{"a/b"});
  CHECK(store.keys("a/", true) == Keys{"a/b"});
  CHECK(store.erase_prefix("a/") == ZEO_OK);
  CHECK(opened.folder->count("store") == 0);
}

TEST_CASE("names that are no UTF-8 are passed over") {
  const auto opened = open();
  for (const auto* const name : {"bad\xFF", "over\xC0\x80long", "surrogate\xED\xA0\x80", "cut\xE6\xB8",
                                 "big\xF4\x90\x80\x80", "\x80", "fine\xE6\xB8\xA9"}) {
    opened.folder->write(std::string("store/") + name, "x");
  }
  CHECK(StoreDriver(opened.get()).keys() == Keys{"fine\xE6\xB8\xA9"});
}

TEST_CASE("a generation changes with the value") {
  const auto opened = open();
  const StoreDriver store(opened.get());
  const auto head = [&] {
    StoreOp op(ZEO_OP_HEAD, "key");
    REQUIRE(store.run(op) == ZEO_OK);
    CHECK_FALSE(op.generation.empty());
    return op.generation;
  };
  StoreOp set(ZEO_OP_SET, "key");
  REQUIRE(store.run(set.part(store_text("one"))) == ZEO_OK);
  const auto first = head();
  CHECK(set.generation == first);
  CHECK(head() == first);
  REQUIRE(store.set("key", store_text("three")) == ZEO_OK);
  CHECK(head() != first);
}
