// SPDX-License-Identifier: Apache-2.0
//
// Keys and names that try to leave the store, through every function that takes one; and what lies in a folder under
// names nobody should trust.
#include <unistd.h>

#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

using namespace std::string_literals;

const Parts escaping = {"..",
                        "../x",
                        "a/../../x",
                        "a/..",
                        "/x",
                        "/",
                        "//x",
                        "a//b",
                        "x/",
                        "./x",
                        ".",
                        "a/./b",
                        "\0"s,
                        "a\0b"s,
                        "x\0"s,
                        "../\0"s,
                        "",
                        "\xff",
                        "a/\xc3\x28",
                        "\xed\xa0\x80",
                        "\xc0\xae\xc0\xae/x"};

/// A store below a folder with something to protect beside it.
struct Guarded {
  Guarded() {
    folder.write("secret", "secret");
    folder.write("x", "secret");
    folder.write("store/zarr.json", R"({"zarr_format": 3, "node_type": "group"})");
  }
  void check() const {
    CHECK(folder.files(".") == Parts{"secret", "store/zarr.json", "x"});
    CHECK(folder.read("secret") + folder.read("x") == "secretsecret");
  }
  Folder folder;
};

void check_keys(const Store& store) {
  const std::vector<std::byte> value(3, std::byte{'x'});
  for (const auto& key : escaping) {
    CAPTURE(key);
    const auto refused = [&](auto action) {
      const auto error = error_of(action);
      if (!error) {
        CHECK(error.has_value());
        return;
      }
      CAPTURE(error->what());
      CHECK(error->code() == ErrorCode::invalid);
    };
    refused([&] { (void)store.get(key); });
    refused([&] { (void)store.get(key, {0, 1}); });
    refused([&] { (void)store.get(key, {ZEOLITE_SUFFIX, 1}); });
    refused([&] { (void)store.size(key); });
    refused([&] { store.set(key, value); });
    refused([&] { (void)store.set_if_absent(key, value); });
    refused([&] { store.remove(key); });
    if (key.empty() || key == "x/") continue;  // the prefix of everything, and a prefix as it should be
    refused([&] { store.remove_prefix(key); });
    refused([&] { store.list(key, true, [](const StoreEntry&) {}); });
    refused([&] { store.list(key, false, [](const StoreEntry&) {}); });
    refused([&] { store.remove_prefix(key + "/"); });
    refused([&] { store.list(key + "/", true, [](const StoreEntry&) {}); });
  }
}

}  // namespace

TEST_CASE("no key leaves a store, whatever is done with it", "[bad_input]") {
  const Guarded guarded;
  check_keys(Store::open(shared_context(), guarded.folder.location("store")));
  guarded.check();
  const auto memory = new_store();
  check_keys(memory);
  CHECK(keys_of(memory).empty());
  check_keys(Store::open(shared_context(), guarded.folder.location("store") + "|prefix:inner"));
  guarded.check();
}

TEST_CASE("a prefix is no way out of a store either", "[bad_input]") {
  const Guarded guarded;
  for (const std::string prefix : {"..", "../..", "/", "a/../..", "", "a//b"}) {
    CAPTURE(prefix);
    const auto location = guarded.folder.location("store") + "|prefix:" + prefix;
    (void)error_of([&] {
      const auto store = Store::open(shared_context(), location);
      put(store, "x", "overwritten");
    });
    CHECK(guarded.folder.read("x") == "secret");
    CHECK(guarded.folder.files(".").size() <= 4);
    std::filesystem::remove(guarded.folder / "store/x");
  }
}

TEST_CASE("no path of a node leaves a store, through any function", "[bad_input]") {
  const Guarded guarded;
  const ArrayOptions options{.shape = {4}, .data_type = "int8"};
  auto paths = escaping;
  for (const auto& more : {"__x", "a/__x", "...", "zarr.json", "a/zarr.json"}) paths.emplace_back(more);
  paths.push_back(std::string(2000, 'x'));
  paths.push_back(std::string(100'000, '/'));
  std::erase_if(paths, [](const auto& path) { return path.empty() || path == "/" || path == "/x" || path == "x/"; });
  for (const auto& location : {guarded.folder.location("store"), "memory:"s}) {
    const auto store = Store::open(shared_context(), location);
    const auto group = location == "memory:" ? create_group(store, "") : open_group(store);
    for (const auto& path : paths) {
      CAPTURE(location, path.substr(0, 40));
      const auto refused = [&](auto action) {
        const auto error = error_of(action);
        if (!error) {
          CHECK(error.has_value());
          return;
        }
        CAPTURE(error->what());
        CHECK(error->code() == ErrorCode::invalid);
        CHECK(contains(error->what(), "no path of a node"));
      };
      refused([&] { (void)open(store, path); });
      refused([&] { (void)open_array(store, path); });
      refused([&] { (void)open_group(store, path); });
      refused([&] { (void)create_array(store, path, options); });
      refused([&] { (void)create_group(store, path); });
      refused([&] { (void)require_array(store, path, options); });
      refused([&] { (void)require_group(store, path); });
      refused([&] { erase_node(store, path); });
      refused([&] { (void)normalize_path(path); });
      refused([&] { (void)group.open(path); });
      refused([&] { (void)group.open_array(path); });
      refused([&] { (void)group.open_group(path); });
      refused([&] { (void)group.create_array(path, options); });
      refused([&] { (void)group.create_group(path); });
      refused([&] { (void)group.require_group(path); });
      refused([&] { group.erase(path); });
    }
    CHECK(keys_of(store) == Parts{"zarr.json"});
  }
  guarded.check();
}

TEST_CASE("names that are odd but legal stay inside", "[bad_input]") {
  const Guarded guarded;
  const auto store = Store::open(shared_context(), guarded.folder.location("store"));
  const ArrayOptions options{.shape = {1}, .chunk_shape = {1}, .data_type = "int8"};
  for (const std::string name : {"a\\..\\b", "..\\x", "C:", "C:\\x", "a b", "~", "-rf", "%2e%2e", "%2F", "a\nb",
                                 "\x1b[31m", "..x", "x..", "caf\xc3\xa9", "a|b", "a:b", "*", "$HOME", "`id`"}) {
    CAPTURE(name);
    const auto error = error_of([&] {
      const auto array = create_array(store, name, options);
      array.write<std::int8_t>(array.all(), {5});
      CHECK(open_array(store, name).read<std::int8_t>() == std::vector<std::int8_t>{5});
      CHECK(std::filesystem::exists(guarded.folder / ("store/" + name + "/zarr.json")));
      erase_node(store, name);
    });
    if (error) CHECK(error->code() == ErrorCode::invalid);
  }
  const std::string long_name(300, 'n');
  check_refused([&] { (void)create_array(store, long_name, options); }, {"too long"});
  check_refused([&] { (void)store.set(long_name, {}); }, {"too long"});
  guarded.check();
}

TEST_CASE("what lies in a folder under impossible names is passed over", "[bad_input]") {
  const Guarded guarded;
  const std::string group = R"({"zarr_format": 3, "node_type": "group"})";
  for (const std::string name : {"good", "\xff\xfe", "__hidden", "...", "a\nb", "\x1b[31mred"}) {
    guarded.folder.write("store/" + name + "/zarr.json", group);
  }
  std::filesystem::create_directory_symlink(guarded.folder / ".", guarded.folder / "store/out");
  std::filesystem::create_directory_symlink("..", guarded.folder / "store/up");
  std::filesystem::create_directory_symlink(".", guarded.folder / "store/here");
  const auto root = open_group(shared_context(), guarded.folder.location("store"));
  Parts names;
  for (const auto& member : root.members()) names.push_back(member.name);
  CHECK(std::find(names.begin(), names.end(), "good") != names.end());
  for (const std::string name : {"\xff\xfe", "__hidden", "...", "out", "up"}) {
    CAPTURE(name);
    CHECK(std::find(names.begin(), names.end(), name) == names.end());
  }
  CHECK(keys_of(root.store()).size() < 20);
}

TEST_CASE("locations that are none are refused", "[bad_input]") {
  for (const auto& location :
       {""s, "|"s, "memory:|"s, "|memory:"s, "memory:|prefix"s, "memory:|nobody:"s, "nobody://x"s, "file://"s, "file:"s,
        "file://host/x"s, "file:///a%00b"s, "file:///a%zz"s, "file:///a%2"s, "a\0b"s, "file:///x?y"s, "file:///x#y"s,
        "memory:|memory:"s, "memory:|prefix:..|prefix:a"s, "\xff:x"s}) {
    CAPTURE(location);
    check_refused([&] { (void)Store::open(shared_context(), location); }, {"location "});
  }
  (void)error_of([&] { (void)Store::open(shared_context(), std::string(1 << 20, 'x')); });
  (void)error_of([&] { (void)Store::open(shared_context(), "memory:" + std::string(100'000, '|')); });
}
