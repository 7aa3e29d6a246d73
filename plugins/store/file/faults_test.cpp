// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong under a file store: links, missing rights, full disks, things that are no files.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <zeolite/testing/skip.hpp>

#include "test_support.hpp"
#include "writer.hpp"

using namespace zeolite::testing;
using Catch::Matchers::Contains;
using Keys = std::vector<std::string>;

TEST_CASE("links that leave the store are refused, and others followed") {
  const Folder folder;
  folder.write("outside/file", "secret");
  folder.write("outside/deep/file", "secret");
  folder.write("store/inside/file", "value");
  const auto root = folder.path() / "store";
  fs::create_symlink("inside/file", root / "link");
  fs::create_directory_symlink("inside", root / "directory");
  fs::create_symlink("../inside/file", root / "inside/around");
  fs::create_symlink("../outside/file", root / "out");
  fs::create_directory_symlink("../outside", root / "out_directory");
  fs::create_symlink(folder.path() / "outside/file", root / "absolute");
  fs::create_symlink(root / "inside/file", root / "absolute_inside");
  fs::create_symlink("nowhere", root / "dangling");
  fs::create_symlink("circle", root / "circle");
  fs::create_directory_symlink("..", root / "inside/up");
  const auto object = open_folder(root);
  const StoreDriver store(object.get());

  SECTION("reading") {
    for (const auto* const key : {"link", "directory/file", "inside/around", "inside/up/link", "inside/file"}) {
      INFO(key);
      CHECK((store.get(key) == store_text("value")));
    }
    for (const auto* const key : {"out", "out_directory/file", "absolute", "absolute_inside", "inside/up/out"}) {
      INFO(key);
      for (const std::uint32_t kind : {ZEO_OP_GET, ZEO_OP_HEAD}) {
        StoreOp op(kind, key);
        CHECK(store.run(op) == ZEO_DENIED);
        CHECK_THAT(op.message, Contains(key) && Contains("symbolic link") && Contains("follow_links"));
      }
    }
    CHECK_FALSE(store.get("dangling"));
    StoreOp circle(ZEO_OP_GET, "circle");
    CHECK(store.run(circle) == ZEO_IO);
  }
  SECTION("writing and deleting") {
    StoreOp set(ZEO_OP_SET, "out_directory/file");
    CHECK(store.run(set.part(store_text("changed"))) == ZEO_DENIED);
    StoreOp made(ZEO_OP_SET, "out_directory/new/file");
    CHECK(store.run(made.part({})) == ZEO_DENIED);
    CHECK(store.erase("out_directory/file") == ZEO_DENIED);
    CHECK(store.erase_prefix("out_directory/deep/") == ZEO_DENIED);
    StoreOp part(ZEO_OP_SET_RANGE, "out");
    CHECK(store.run(part.range(0, 1).part(store_text("X"))) == ZEO_DENIED);
    // A link in the value's own place is replaced, and where it led to is untouched.
    CHECK(store.set("out", store_text("mine")) == ZEO_OK);
    CHECK((store.get("out") == store_text("mine")));
    CHECK(store.erase("absolute") == ZEO_OK);
    CHECK(store.set("dangling/key", {}) == ZEO_INVALID);
    CHECK(store.erase_prefix("directory/") == ZEO_OK);
    CHECK((store.get("inside/file") == store_text("value")));
    CHECK(store.erase_prefix("") == ZEO_OK);
    CHECK(folder.count("store") == 0);
    CHECK(folder.read("outside/file") == "secret");
    CHECK(folder.read("outside/deep/file") == "secret");
    CHECK(folder.count("outside") == 2);
  }
  SECTION("listing") {
    CHECK(store.keys() == Keys{"directory/around", "directory/file", "inside/around", "inside/file", "link"});
    CHECK(store.keys("", true) == Keys{"directory/", "inside/", "link"});
    CHECK(store.list("out_directory/", true)->status == ZEO_DENIED);
  }
  SECTION("an option lets them lead anywhere") {
    const auto free = open_folder(root, R"(, "follow_links": true)");
    const StoreDriver follower(free.get());
    for (const auto* const key : {"out", "out_directory/file", "absolute"}) {
      CHECK((follower.get(key) == store_text("secret")));
    }
    const auto keys = follower.keys("out_directory/");
    CHECK(keys == Keys{"out_directory/deep/file", "out_directory/file"});
  }
}

TEST_CASE("missing rights are named with the path") {
  const Folder folder;
  folder.write("store/unreadable", "x");
  folder.write("store/locked/key", "x");
  folder.write("store/fixed/key", "old");
  const auto owner = ::geteuid() == 0 ? 65534 : ::geteuid();
  for (const auto* const path : {"store", "store/unreadable", "store/locked", "store/fixed", "store/fixed/key"}) {
    REQUIRE(::chown((folder.path() / path).c_str(), owner, static_cast<gid_t>(-1)) == 0);
  }
  fs::permissions(folder.path() / "store/unreadable", fs::perms(0));
  fs::permissions(folder.path() / "store/locked", fs::perms(0));
  fs::permissions(folder.path() / "store/fixed", fs::perms(0555));
  const auto object = open_folder(folder.path() / "store");
  const auto result = as_nobody([&] {
    const StoreDriver store(object.get());
    const auto denied = [&](std::uint32_t kind, const std::string& key) {
      StoreOp op(kind, key);
      const auto path = folder.path().string() + "/store/" + key.substr(0, key.find_last_not_of('/') + 1) + "\"";
      return store.run(op.part(store_text("new"))) == ZEO_DENIED && op.message.find(path) != op.message.npos &&
             op.message.find("Permission denied") != op.message.npos;
    };
    const auto listed = store.list("", false);
    return first_false({denied(ZEO_OP_GET, "unreadable"), denied(ZEO_OP_GET, "locked/key"),
                        denied(ZEO_OP_HEAD, "locked/key"), denied(ZEO_OP_SET, "locked/key"),
                        denied(ZEO_OP_SET, "fixed/key"), denied(ZEO_OP_SET, "fixed/deeper/key"),
                        denied(ZEO_OP_DELETE, "fixed/key"), denied(ZEO_OP_DELETE_PREFIX, "locked/"),
                        store.get("fixed/key") == store_text("old"), listed->status == ZEO_DENIED,
                        listed->message.find("locked") != listed->message.npos});
  });
  for (const auto* const path : {"store/locked", "store/fixed"}) fs::permissions(folder.path() / path, fs::perms(0755));
  if (result == skipped) return skip("this system does not let the test give up its rights");
  CHECK(result == 0);
}

namespace {

/// A value that does not fit: an error, the old value untouched, nothing left behind. 0: all well.
int overfill(const fs::path& root) {
  const auto object = open_folder(root);
  const StoreDriver store(object.get());
  if (store.set("a/value", store_text("old")) != ZEO_OK) return 90;
  StoreOp set(ZEO_OP_SET, "a/value");
  for (int i = 0; i < 4; ++i) set.part(store_value(300 << 10));
  const auto status = store.run(set);
  const auto large = store_value(200 << 10);
  if (store.set("c/large", large) != ZEO_OK) return 91;
  StoreOp head(ZEO_OP_HEAD, "c/large");
  if (store.run(head) != ZEO_OK) return 92;
  StoreOp kept(ZEO_OP_SET, "c/large");
  kept.keep(0, large.size()).keep(1, large.size() - 1).keep(0, large.size()).if_match(head.generation);
  if (store.run(kept) != ZEO_IO || store.get("c/large") != large) return 93;
  const auto left = std::distance(fs::directory_iterator(root / "c"), fs::directory_iterator());
  if (left != 1 || store.erase("c/large") != ZEO_OK) return 94;
  StoreOp fresh(ZEO_OP_SET, "b/new");
  const auto fresh_status = store.run(fresh.part(store_value(1 << 20)));
  const auto files = std::distance(fs::directory_iterator(root / "a"), fs::directory_iterator());
  return first_false({status == ZEO_IO, set.message.find("a/value") != set.message.npos,
                      store.get("a/value") == store_text("old"), files == 1, fresh_status == ZEO_IO,
                      !store.get("b/new"), store.keys() == Keys{"a/value"}, store.set("a/value", {}) == ZEO_OK});
}

}  // namespace

TEST_CASE("a file system that is full leaves the old value") {
  const Folder folder;
  fs::create_directory(folder.path() / "disk");
  const auto result = in_child([&] {
    if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return skipped;
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("tmpfs", (folder.path() / "disk").c_str(), "tmpfs", 0, "size=512k") != 0) return skipped;
    return overfill(folder.path() / "disk/store");
  });
  if (result == skipped) return skip("this system does not let the test make a small disk");
  CHECK(result == 0);
}

TEST_CASE("a limit on the size of files leaves the old value") {
  const Folder folder;
  CHECK(in_child([&] {
          std::signal(SIGXFSZ, SIG_IGN);
          const rlimit limit{500 << 10, 500 << 10};
          if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return skipped;
          return overfill(folder.path() / "store");
        }) == 0);
}

TEST_CASE("too many open files are a passing fault") {
  const Folder folder;
  folder.write("store/key", "value");
  const auto object = open_folder(folder.path() / "store");
  CHECK(in_child([&] {
          const StoreDriver store(object.get());
          // A sanitizer that meets a type for the first time needs a descriptor: let it meet them before.
          StoreOp bad(ZEO_OP_GET, "a//b");
          if (!store.get("key") || store.run(bad) != ZEO_INVALID) return 90;
          const int next = ::dup(0);
          ::close(next);
          const rlimit limit{static_cast<rlim_t>(next), static_cast<rlim_t>(next)};
          ::setrlimit(RLIMIT_NOFILE, &limit);
          StoreOp get(ZEO_OP_GET, "key");
          return first_false({store.run(get) == ZEO_UNAVAILABLE, get.message.find("key") != get.message.npos});
        }) == 0);
}

TEST_CASE("what is no file is not read, nor waited for") {
  const Folder folder;
  fs::create_directory(folder.path() / "store");
  REQUIRE(::mkfifo((folder.path() / "store/pipe").c_str(), 0644) == 0);
  const auto object = open_folder(folder.path() / "store");
  const StoreDriver store(object.get());
  StoreOp get(ZEO_OP_GET, "pipe");
  CHECK(store.run(get) == ZEO_IO);
  CHECK_THAT(get.message, Contains("pipe") && Contains("not a regular file"));
  StoreOp part(ZEO_OP_SET_RANGE, "pipe");
  CHECK(store.run(part.range(0, 1).part(store_text("X"))) == ZEO_IO);
  CHECK(store.keys() == Keys{});
  fs::create_symlink("/dev/zero", folder.path() / "store/zero");
  const auto free = open_folder(folder.path() / "store", R"(, "follow_links": true)");
  StoreOp zero(ZEO_OP_GET, "zero");
  CHECK(StoreDriver(free.get()).run(zero) == ZEO_IO);
}

TEST_CASE("a huge file does not make the store allocate beyond the host's limit") {
  const Folder folder;
  folder.write("store/huge", "");
  std::error_code refused;
  fs::resize_file(folder.path() / "store/huge", std::uint64_t{1} << 40, refused);
  if (refused) return skip("this file system has no sparse files");
  const auto object = open_folder(folder.path() / "store");
  const StoreDriver store(object.get());
  StoreOp get(ZEO_OP_GET, "huge");
  CHECK(store.run(get.limit(1 << 20)) == ZEO_NO_MEMORY);
  StoreOp part(ZEO_OP_GET, "huge");
  CHECK(store.run(part.range(std::uint64_t{1} << 39, 10).range(ZEOLITE_SUFFIX, 4)) == ZEO_OK);
}

TEST_CASE("what a set keeps is copied where the kernel does not do it, too") {
  const auto copied = in_child([] {
    const Folder folder;
    const auto object = open_folder(folder.path());
    const StoreDriver store(object.get());
    const auto old = store_value(5 << 20);
    if (store.set("value", old) != ZEO_OK) return 1;
    if (!refuse_system_call(SYS_copy_file_range, ENOSYS)) return skipped;
    StoreOp head(ZEO_OP_HEAD, "value");
    if (store.run(head) != ZEO_OK) return 2;
    StoreOp set(ZEO_OP_SET, "value");
    set.part(store_text("new")).keep(100, 3 << 20).keep(0, 1 << 20).if_match(head.generation);
    if (store.run(set) != ZEO_OK) return 3;
    auto expected = store_text("new");
    expected.insert(expected.end(), old.begin() + 100, old.begin() + 100 + (3 << 20));
    expected.insert(expected.end(), old.begin(), old.begin() + (1 << 20));
    return store.get("value") == expected ? 0 : 4;
  });
  if (copied == skipped) return skip("no system call can be refused here");
  CHECK(copied == 0);
}

TEST_CASE("a value that others replace while parts of it are copied stays theirs") {
  const Folder folder;
  folder.write("value", "0123456789");
  const zeolite::file::Tree tree(folder.path().string(), false);
  const auto given = store_text("new");
  const zeo_bytes parts[] = {{given.data(), given.size()}, {}};
  const zeo_range kept[] = {{}, {2, 5}};
  zeo_store_op op{};
  op.struct_size = sizeof op;
  op.kind = ZEO_OP_SET;
  op.values = parts;
  op.ranges = kept;
  op.n_values = op.n_ranges = 2;
  op.if_match = str("the first");
  const zeolite::sdk::Writing writing(op);
  zeolite::file::Old old{tree.open("value", O_RDONLY), 10};

  SECTION("as the store notices") {
    old.check = [&] {
      folder.write("value", "theirs");
      throw zeolite::sdk::Error(ZEO_CONFLICT, "the value has changed");
    };
    CHECK_THROWS_AS(zeolite::file::replace(tree, "value", writing, old, {}), zeolite::sdk::Error);
    const auto object = open_folder(folder.path());
    CHECK((StoreDriver(object.get()).get("value") == store_text("theirs")));
  }
  SECTION("or as the file became shorter") {
    folder.write("value", "0123");
    try {
      zeolite::file::replace(tree, "value", writing, old, {});
      FAIL("nothing was thrown");
    } catch (const zeolite::sdk::Error& error) {
      CHECK(error.status() == ZEO_CONFLICT);
    }
  }
  SECTION("and nobody waits for a copy that is not wanted") {
    const std::uint32_t cancelled = 1;
    op.cancelled = &cancelled;
    try {
      zeolite::file::replace(tree, "value", writing, old, {});
      FAIL("nothing was thrown");
    } catch (const zeolite::sdk::Error& error) {
      CHECK(error.status() == ZEO_CANCELLED);
    }
  }
  CHECK(folder.count() == 1);
}
