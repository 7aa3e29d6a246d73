// SPDX-License-Identifier: Apache-2.0
#include "absent.hpp"

#include <algorithm>
#include <thread>

#include "test_support.hpp"

using namespace zeolite;
using namespace zeolite::testing;

namespace {

/// Looks for directories as a store does, and remembers which ones it was asked for.
struct Looker {
  file::Absent absent;
  std::vector<std::string> missing;
  std::vector<std::string> asked;

  void missed(std::string_view key) {
    absent.missed(key, [&](std::string_view directory) {
      asked.emplace_back(directory);
      return std::ranges::find(missing, directory) != missing.end();
    });
  }
};

/// Gets of one batch.
std::vector<std::unique_ptr<StoreOp>> get(const StoreDriver& store, const std::vector<std::string>& keys) {
  std::vector<std::unique_ptr<StoreOp>> gets;
  std::vector<StoreOp*> batch;
  for (const auto& key : keys) batch.push_back(gets.emplace_back(std::make_unique<StoreOp>(ZEO_OP_GET, key)).get());
  const BenchCall call;
  CHECK(store.run(batch, call));
  return gets;
}

}  // namespace

TEST_CASE("a directory is looked for once two values in it are missing, and those above it when it is missing") {
  Looker looker{{}, {"a/c/0", "a/c"}, {}};
  looker.absent.begin_batch();
  looker.missed("a/c/0/1");
  CHECK(looker.asked.empty());
  CHECK_FALSE(looker.absent.covers("a/c/0/2"));
  looker.missed("a/c/0/2");
  CHECK(looker.asked == std::vector<std::string>{"a/c/0", "a/c", "a"});
  CHECK(looker.absent.covers("a/c/0/3"));
  CHECK(looker.absent.covers("a/c/1/3"));
  CHECK_FALSE(looker.absent.covers("a/c"));
  CHECK_FALSE(looker.absent.covers("a/c1/3"));
  CHECK_FALSE(looker.absent.covers("a/zarr.json"));
  CHECK_FALSE(looker.absent.covers("b"));
}

TEST_CASE("a directory that is there is looked for once a batch") {
  Looker looker;
  for (int batch = 0; batch < 2; ++batch) {
    looker.absent.begin_batch();
    for (int i = 0; i < 10; ++i) looker.missed("c/" + std::to_string(i));
    CHECK(looker.asked == std::vector<std::string>(batch + 1, "c"));
    CHECK_FALSE(looker.absent.covers("c/10"));
  }
  looker.missed("key");
  looker.missed("other");
  CHECK(looker.asked.size() == 2);
}

TEST_CASE("what is missing is not known to the next batch") {
  Looker looker{{}, {"c"}, {}};
  looker.absent.begin_batch();
  looker.missed("c/0");
  looker.missed("c/1");
  CHECK(looker.absent.covers("c/2"));
  looker.absent.begin_batch();
  CHECK_FALSE(looker.absent.covers("c/2"));
  looker.missed("c/2");
  CHECK(looker.asked.size() == 1);
}

TEST_CASE("a directory that appears between two batches is found") {
  const Folder folder;
  const auto object = open_folder(folder.path());
  const StoreDriver store(object.get());
  const std::vector<std::string> keys{"a/c/0", "a/c/1", "a/c/2", "a/d/0", "a/c/3"};
  for (const auto& get : get(store, keys)) CHECK(get->status == ZEO_NOT_FOUND);
  folder.write("a/c/2", "two");
  const auto again = get(store, keys);
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(again[i]->status == (i == 2 ? ZEO_OK : ZEO_NOT_FOUND));
}

TEST_CASE("keys and links of a missing directory's neighbours are judged as ever") {
  const Folder folder;
  fs::create_symlink("/etc", folder.path() / "out");
  const auto object = open_folder(folder.path());
  const StoreDriver store(object.get());
  const auto gets = get(store, {"c/0", "c/1", "c/../../secret", "out/passwd", "out/shadow", "c/2"});
  const zeo_status expected[] = {ZEO_NOT_FOUND, ZEO_NOT_FOUND, ZEO_INVALID, ZEO_DENIED, ZEO_DENIED, ZEO_NOT_FOUND};
  for (std::size_t i = 0; i < gets.size(); ++i) CHECK(gets[i]->status == expected[i]);
}

TEST_CASE("values that are written are found by each batch that begins later, whoever asks meanwhile", "[threads]") {
  const Folder folder;
  const auto object = open_folder(folder.path());
  const StoreDriver store(object.get());
  CHECK(store_detail::failures_of([&](int t) {
          int failures = 0;
          for (int i = 0; i < 100; ++i) {
            const auto own = "c/" + std::to_string(t) + "/" + std::to_string(i) + "/";
            const std::vector<std::string> keys{own + "0", own + "1", own + "2", own + "3"};
            for (const auto& get : get(store, keys)) failures += get->status != ZEO_NOT_FOUND;
            failures += store.set(keys[3], store_text("value")) != ZEO_OK;
            failures += get(store, keys)[3]->status != ZEO_OK;
            if (i % 10 == 9) failures += store.erase_prefix("c/" + std::to_string(t) + "/") != ZEO_OK;
          }
          return failures;
        }) == 0);
}
