// SPDX-License-Identifier: Apache-2.0
//
// What the store waits for when it is to outlast a power failure: counted where it asks the system, since no test cuts
// the power.
#include "durable.hpp"
#include "removal.hpp"
#include "test_support.hpp"
#include "writer.hpp"

#include <zeolite/testing/skip.hpp>

using namespace zeolite;
using namespace zeolite::testing;

namespace {

using Paths = std::vector<std::string>;

/// A root whose files and directories that were waited for are known, in their order; temporary files are "file", and
/// what lies above the root is "above", said once.
class Watched {
 public:
  explicit Watched(const std::string& name = "root")
      : root_(folder_.path() / name), tree(root_.string(), false), durable([this](int fd) { return sync(fd); }) {}

  const Folder& folder() const { return folder_; }
  const fs::path& root() const { return root_; }

  void set(const std::string& key) {
    const auto given = store_text("value");
    const zeo_bytes parts[] = {{given.data(), given.size()}};
    zeo_store_op op{};
    op.struct_size = sizeof op;
    op.kind = ZEO_OP_SET;
    op.values = parts;
    op.n_values = 1;
    file::replace(tree, key, sdk::Writing(op), {}, {.durable = &durable});
  }

  /// Since the last time.
  Paths take() { return std::exchange(paths_, {}); }

 private:
  Folder folder_;
  fs::path root_;
  Paths paths_;

  int sync(int fd) {
    if (failing) {
      errno = EIO;
      return -1;
    }
    const auto path = fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
    const auto base = fs::canonical(folder_.path()).string() + "/" + root_.filename().string();
    auto found = path == base                   ? "."
                 : path.starts_with(base + "/") ? path.substr(base.size() + 1)
                                                : std::string("above");
    if (found.find("__zeolite-") != found.npos) found = "file";
    if (found != "above" || paths_.empty() || paths_.back() != "above") paths_.push_back(found);
    return ::fsync(fd);
  }

 public:
  bool failing = false;
  file::Tree tree;
  file::Durable durable;
};

}  // namespace

TEST_CASE("with fsync, a value is waited for, and the names of all directories above it once") {
  Watched store;
  store.set("a/b/v");
  CHECK(store.take() == Paths{"a", ".", "above", "file", "a/b"});
  store.set("a/b/w");
  store.set("a/b/v");
  CHECK(store.take() == Paths{"file", "a/b", "file", "a/b"});
  store.set("a/c/v");
  CHECK(store.take() == Paths{"a", "file", "a/c"});
  store.set("v");
  CHECK(store.take() == Paths{"file", "."});

  SECTION("also of those that somebody else has made, who may not have come to that") {
    fs::create_directories(store.root() / "x/y");
    store.set("x/y/v");
    CHECK(store.take() == Paths{"x", ".", "file", "x/y"});
    fs::create_directories(store.root() / "x/z");
    store.set("x/z/v");
    CHECK(store.take() == Paths{"x", "file", "x/z"});
  }
  SECTION("and of the root that somebody else has made") {
    Watched other;
    fs::create_directories(other.root());
    other.set("v");
    CHECK(other.take() == Paths{"above", "file", "."});
  }
  SECTION("where a link leads") {
    fs::create_directories(store.root() / "x/y");
    fs::create_directory_symlink("x/y", store.root() / "link");
    store.set("link/v");
    CHECK(store.take() == Paths{"x", ".", "file", "x/y"});
  }
  SECTION("and again when they were removed meanwhile") {
    file::remove_prefix(store.tree, "a/", &store.durable);
    CHECK(store.take() == Paths{"."});
    store.set("a/b/v");
    CHECK(store.take() == Paths{"a", ".", "above", "file", "a/b"});
    file::remove_value(store.tree, "a/b/v", &store.durable);
    CHECK(store.take() == Paths{"."});
    fs::create_directories(store.root() / "a/b");
    store.set("a/b/v");
    CHECK(store.take() == Paths{"a", ".", "above", "file", "a/b"});
  }
}

TEST_CASE("with fsync, a removal is waited for, once in the directory that stays") {
  Watched store;
  for (const auto* const key : {"a/b/c/v", "a/b/c/w", "a/v", "p/1/v", "p/1/w", "p/2/3/v", "p/v", "v"}) {
    store.folder().write(std::string("root/") + key, "value");
  }
  const auto removes = [&](const std::string& key) {
    key.empty() || key.ends_with('/') ? file::remove_prefix(store.tree, key, &store.durable)
                                      : file::remove_value(store.tree, key, &store.durable);
    return store.take();
  };
  CHECK(removes("a/b/c/v") == Paths{"a/b/c"});
  CHECK(removes("a/b/c/w") == Paths{"a"});
  CHECK_FALSE(fs::exists(store.root() / "a/b"));
  CHECK(removes("p/2/") == Paths{"p"});
  CHECK(removes("p/1/") == Paths{"p"});
  CHECK(removes("p/v") == Paths{"."});
  CHECK_FALSE(fs::exists(store.root() / "p"));
  // Nobody has removed what was never there.
  CHECK(removes("a/none").empty());
  CHECK(removes("none/none/none").empty());
  CHECK(removes("none/").empty());
  {
    // Unless others are at it, and may not have come to waiting.
    const file::Durable::Removal others(&store.durable);
    CHECK(removes("a/none") == Paths{"a"});
    CHECK(removes("a/none/none/none") == Paths{"a"});
    CHECK(removes("none/none/") == Paths{"."});
    CHECK(removes("a/v/none") == Paths{"a"});
  }
  CHECK(removes("") == Paths{"."});
  CHECK(fs::is_empty(store.root()));
}

TEST_CASE("what the disk refuses is an error") {
  Watched store;
  store.set("a/v");
  (void)store.take();
  store.failing = true;
  CHECK_THROWS_AS(store.set("a/v"), sdk::Error);
  CHECK_THROWS_AS(store.set("b/v"), sdk::Error);
  CHECK_THROWS_AS(file::remove_value(store.tree, "a/v", &store.durable), sdk::Error);
  store.failing = false;
  store.set("a/v");
  store.set("b/v");
  // What could not be waited for is not known, and "a" is another one than before.
  CHECK(store.take() == Paths{".", "above", "file", "a", ".", "file", "b"});
}

TEST_CASE("the option fsync is heeded by all that changes something") {
  const Folder folder;
  const auto plain = open_folder(folder.path());
  const auto synced = open_folder(folder.path(), R"(, "fsync": true)");
  const auto result = in_child([&] {
    const StoreDriver with(synced.get()), without(plain.get());
    for (const auto* const key : {"a/1", "a/2", "b/1", "c/1"}) {
      if (without.set(key, store_text("value")) != ZEO_OK) return 90;
    }
    if (!refuse_system_call(SYS_fsync, EIO)) return skipped;
    StoreOp part(ZEO_OP_SET_RANGE, "a/1");
    return first_false({with.set("a/1", store_text("new")) == ZEO_IO,
                        with.run(part.range(0, 1).part(store_text("X"))) == ZEO_IO, with.erase("a/2") == ZEO_IO,
                        with.erase_prefix("b/") == ZEO_IO, with.erase_prefix("") == ZEO_IO,
                        without.set("a/1", store_text("new")) == ZEO_OK, without.erase("a/1") == ZEO_OK,
                        without.erase_prefix("") == ZEO_OK});
  });
  if (result == skipped) return skip("no system call can be refused here");
  CHECK(result == 0);
}
