// SPDX-License-Identifier: Apache-2.0
//
// What the operating system refuses, seen from arrays: missing rights, full disks, links out of the store. The rights
// and limits of child processes are changed, never those of the test.
#include <csignal>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zeolite/testing/skip.hpp>

#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace fs = std::filesystem;

namespace {

const std::string system_skips = "this system does not let the test give up rights";

/// Runs `body` as somebody without special rights.
std::string as_nobody(const std::function<std::string()>& body) {
  return in_child([&]() -> std::string {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return system_skips;
    return body();
  });
}

void check_said(const std::string& said) {
  if (said == system_skips) return testing::skip(said);
  CHECK(said == "");
}

/// "" when the action fails and says all of these.
template <class Action>
std::string refused(Action&& action, const Parts& parts) {
  try {
    action();
    return "succeeded";
  } catch (const Error& error) {
    for (const auto& part : parts) {
      if (!contains(error.what(), part)) return std::string(error.what()) + " lacks " + part;
    }
    return "";
  }
}

/// The first that is not "".
std::string first_of(std::initializer_list<std::string> said) {
  std::string number;
  for (const auto& text : said) {
    number += '.';
    if (!text.empty()) return number + text;
  }
  return "";
}

/// Two chunks of four bytes, in the folder "store".
Array make_array(const Folder& folder) {
  auto array = create_array(shared_context(), folder.location("store"),
                            {.shape = {8}, .chunk_shape = {4}, .data_type = "uint8", .codecs = {"bytes"}});
  array.write<std::uint8_t>(array.all(), {1, 2, 3, 4, 5, 6, 7, 8});
  return array;
}

}  // namespace

TEST_CASE("files without the right to read them are named", "[bad_input]") {
  const Folder folder;
  make_array(folder);
  fs::permissions(folder / "store/c/1", fs::perms(0));
  check_said(as_nobody([&]() -> std::string {
    const auto array = open_array(make_context(0), folder.location("store"));
    if (array.read<std::uint8_t>(box({0}, {4})).size() != 4) return "the other chunk";
    const Parts says = {"Permission denied", "chunk c/1", "array /", "store file://"};
    return first_of(
        {refused([&] { (void)array.read<std::uint8_t>(); }, says),
         refused([&] { (void)array.read<std::uint8_t>(box({5}, {1})); }, says),
         refused([&] { (void)array.read_encoded({1}); }, says),
         refused([&] { array.write<std::uint8_t>(box({0}, {1}), {9}); }, {"Permission denied", "chunk c/0"})});
  }));
  fs::permissions(folder / "store/zarr.json", fs::perms(0));
  check_said(as_nobody([&]() -> std::string {
    const auto context = make_context(0);
    const Parts says = {"Permission denied", "zarr.json"};
    return first_of({refused([&] { (void)open_array(context, folder.location("store")); }, says),
                     refused([&] { (void)open(context, folder.location("store")); }, says),
                     refused([&] { (void)open_group(context, folder.location("store")); }, says)});
  }));
  CHECK(folder.files("store") == Parts{"c/0", "c/1", "zarr.json"});
}

TEST_CASE("folders without rights hide nothing and lose nothing", "[bad_input]") {
  const Folder folder;
  make_array(folder);
  fs::permissions(folder / "store", fs::perms(0777));
  fs::permissions(folder / "store/c", fs::perms(0555));
  check_said(as_nobody([&]() -> std::string {
    const auto array = open_array(make_context(0), folder.location("store"));
    const Parts says = {"Permission denied", "array /"};
    return first_of({refused([&] { array.write<std::uint8_t>(box({0}, {1}), {9}); }, says),
                     refused(
                         [&] {
                           array.write<std::uint8_t>(box({0}, {4}), {9, 9, 9, 9});
                         },
                         says),
                     refused([&] { array.erase_chunk({0}); }, says)});
  }));
  fs::permissions(folder / "store/c", fs::perms(0));
  check_said(as_nobody([&]() -> std::string {
    const auto context = make_context(0);
    const auto array = open_array(context, folder.location("store"));
    const auto store = array.store();
    // A chunk that cannot be looked at is not a missing chunk.
    return first_of({refused([&] { (void)array.read<std::uint8_t>(); }, {"Permission denied", "chunk c/"}),
                     refused([&] { store.list("", false, [](const StoreEntry&) {}); }, {"Permission denied"})});
  }));
  fs::permissions(folder / "store/c", fs::perms(0755));
  CHECK(folder.read("store/c/0") == "\1\2\3\4");
  CHECK(folder.files("store") == Parts{"c/0", "c/1", "zarr.json"});
}

TEST_CASE("a new node where nothing may be written is refused and leaves nothing", "[bad_input]") {
  const Folder folder;
  fs::create_directory(folder / "fixed");
  fs::permissions(folder / "fixed", fs::perms(0555));
  check_said(as_nobody([&]() -> std::string {
    const auto context = make_context(0);
    const ArrayOptions options{.shape = {4}, .data_type = "int8"};
    const Parts says = {"Permission denied", "fixed"};
    return first_of(
        {refused([&] { (void)create_array(context, folder.location("fixed"), options); }, says),
         refused([&] { (void)create_group(context, folder.location("fixed/new")); }, says),
         refused([&] { (void)create_array(Store::open(context, folder.location("fixed")), "a/b", options); }, says)});
  }));
  CHECK(folder.files("fixed").empty());
}

namespace {

/// Writes that do not fit under `limit_bytes`: each an error; what was there stays, and nothing else does.
std::string overfill(const fs::path& store) {
  const auto context = make_context(0);
  const std::uint64_t n = 1 << 20;
  const auto location = "file://" + store.string();
  // Shards of random numbers do not get smaller by compression.
  const auto array = create_array(context, location,
                                  {.shape = {n, 2},
                                   .chunk_shape = {n / 4, 1},
                                   .shard_shape = {n, 1},
                                   .data_type = "uint8",
                                   .codecs = {"bytes", "zstd"}});
  const std::vector<std::uint8_t> few(1000, 7);
  array.write(box({0, 0}, {1000, 1}), few);
  const auto before = array.read_encoded({0, 0});
  std::vector<std::uint8_t> many(n);
  Random random(5);
  for (auto& element : many) element = static_cast<std::uint8_t>(random.below(256));
  const std::vector<std::uint8_t> most(many.begin() + 1, many.end());
  const Parts says = {"array /", "store file://", "c/0/0"};
  const auto said =
      first_of({refused(
                    [&] {
                      array.write(box({0, 0}, {n, 1}), many);
                    },
                    says),  // replaced
                refused(
                    [&] {
                      array.write(box({1, 0}, {n - 1, 1}), most);
                    },
                    says),  // changed in part
                refused(
                    [&] {
                      array.write(box({0, 1}, {n, 1}), many);
                    },
                    {"array /", "c/0/1"}),  // new
                refused(
                    [&] {
                      array.write_encoded({0, 0}, std::as_bytes(std::span(many)));
                    },
                    says),
                refused([&] { array.store().set("zarr.json", std::as_bytes(std::span(many))); }, {"zarr.json"})});
  if (!said.empty()) return said;
  if (array.read_encoded({0, 0}) != before) return "the old chunk has changed";
  if (array.read_encoded({0, 1})) return "a part of the new chunk is there";
  if (open_array(context, location).read<std::uint8_t>(box({0, 0}, {1000, 1})) != few) return "the old data is gone";
  Parts files;
  for (const auto& entry : fs::recursive_directory_iterator(store)) {
    if (!entry.is_directory()) files.push_back(entry.path().lexically_relative(store).string());
  }
  std::sort(files.begin(), files.end());
  if (files != Parts{"c/0/0", "zarr.json"}) return "left behind: " + files[0];
  array.write(box({0, 0}, {1000, 1}), few);
  return "";
}

}  // namespace

TEST_CASE("past a limit on the size of files the old chunk is intact and no temporary file stays", "[bad_input]") {
  const Folder folder;
  check_said(in_child([&]() -> std::string {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{500 << 10, 500 << 10};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return system_skips;
    return overfill(folder / "store");
  }));
}

TEST_CASE("on a full disk the old chunk is intact and no temporary file stays", "[bad_input]") {
  const Folder folder;
  fs::create_directory(folder / "disk");
  check_said(in_child([&]() -> std::string {
    if (::unshare(CLONE_NEWNS) != 0) return system_skips;
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("tmpfs", (folder / "disk").c_str(), "tmpfs", 0, "size=512k") != 0) return system_skips;
    return overfill(folder / "disk/store");
  }));
}

TEST_CASE("links out of a store are neither read nor written through", "[bad_input]") {
  const Folder folder;
  auto array = make_array(folder);
  folder.write("secret", "\5\6\7\10");
  fs::create_directory(folder / "outside");
  folder.write("outside/zarr.json", R"({"zarr_format": 3, "node_type": "group"})");
  fs::remove(folder / "store/c/1");

  const Parts says = {"symbolic link", "chunk c/1", "array /"};
  for (const auto& target : {fs::path("../../secret"), folder / "secret"}) {
    CAPTURE(target);
    fs::create_symlink(target, folder / "store/c/1");
    check_refused([&] { (void)array.read<std::uint8_t>(); }, says);
    check_refused([&] { (void)array.read_encoded({1}); }, says);
    check_refused([&] { array.write<std::uint8_t>(box({4}, {1}), {9}); }, says);
    CHECK(folder.read("secret") == "\5\6\7\10");
    // To write the whole chunk replaces the link, and erasing removes it.
    array.write<std::uint8_t>(box({4}, {4}), {9, 9, 9, 9});
    CHECK(folder.read("secret") == "\5\6\7\10");
    CHECK_FALSE(fs::is_symlink(folder / "store/c/1"));
    fs::remove(folder / "store/c/1");
    fs::create_symlink(target, folder / "store/c/1");
    array.erase_chunk({1});
    CHECK_FALSE(fs::is_symlink(folder / "store/c/1"));
    CHECK(folder.read("secret") == "\5\6\7\10");
  }

  // Nodes and folders by links.
  fs::create_directory_symlink(folder / "outside", folder / "group");
  const auto root = create_group(shared_context(), folder.location("tree"));
  fs::create_directory_symlink(folder / "outside", folder / "tree/out");
  fs::create_directory_symlink("../outside", folder / "tree/up");
  for (const auto& name : {"out", "up"}) {
    CAPTURE(name);
    check_refused([&] { (void)root.open(name); }, {"symbolic link", name});
    check_refused([&] { (void)root.create_group(name, {.attributes = {}, .overwrite = true}); }, {"symbolic link"});
    check_refused([&] { (void)root.create_group(std::string(name) + "/inner"); }, {"symbolic link"});
    check_refused([&] { root.erase(name); }, {"symbolic link"});
  }
  CHECK(folder.files("outside") == Parts{"zarr.json"});
  // The location itself is the user's own word and may be a link.
  CHECK_NOTHROW(open_group(shared_context(), folder.location("group")));
  // To remove all of a store removes links, not what they lead to.
  root.erase("");
  CHECK(folder.files("outside") == Parts{"zarr.json"});
}

TEST_CASE("what is no regular file is not read, nor waited for", "[bad_input]") {
  const Folder folder;
  auto array = make_array(folder);
  fs::remove(folder / "store/c/1");
  REQUIRE(::mkfifo((folder / "store/c/1").c_str(), 0644) == 0);
  check_refused([&] { (void)array.read<std::uint8_t>(); }, {"not a regular file", "chunk c/1"});
  check_refused([&] { array.write<std::uint8_t>(box({4}, {1}), {9}); }, {"not a regular file", "chunk c/1"});
  fs::remove(folder / "store/c/1");
  // A folder where a chunk should be is no value, and cannot be made one.
  fs::create_directories(folder / "store/c/1/deeper");
  CHECK(array.read<std::uint8_t>(box({4}, {4})) == std::vector<std::uint8_t>(4, 0));
  check_refused([&] { array.write<std::uint8_t>(box({4}, {1}), {9}); }, {"chunk c/1"});
  CHECK(fs::is_directory(folder / "store/c/1"));
  // A file where a folder should be.
  fs::remove_all(folder / "store/c");
  folder.write("store/c", "x");
  CHECK(array.read<std::uint8_t>(box({4}, {4})) == std::vector<std::uint8_t>(4, 0));
  check_refused([&] { array.write<std::uint8_t>(box({4}, {1}), {9}); }, {"chunk c/1"});
  CHECK(folder.read("store/c") == "x");
}
