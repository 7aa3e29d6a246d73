// SPDX-License-Identifier: Apache-2.0
//
// Where values lie: writers of one chunk keep out of each other's way however they found it.
#include <zeolite/testing/catch.hpp>

#include <thread>

#include <zeolite/testing/folder.hpp>
#include <zeolite/zeolite.hpp>

using namespace zeolite;

TEST_CASE("writers of one chunk lose nothing, however each has opened the array", "[threads]") {
  const testing::TemporaryFolder folder;
  const auto root = folder.path().string() + "/x.zarr";
  std::filesystem::create_directory_symlink(root, folder / "link");
  const Context context;
  const auto array =
      create_array(Store::open(context, root), "g/a", {.shape = {64}, .chunk_shape = {64}, .data_type = "int32"});
  const std::vector<Array> others = {open_array(context, root + "/g/a"), open_array(context, "file://" + root + "/g/a"),
                                     open_array(Store::open(context, root, {{"fsync", true}}), "g/a"),
                                     open_array(context, root + "|prefix:g/a"),
                                     open_array(context, (folder / "link/g/a").string())};
  for (const auto& other : others) {
    CAPTURE(other.store().location());
    for (std::int32_t round = 1; round <= 12; ++round) {
      const auto write_every_second = [&](const Array& handle, std::uint64_t first) {
        for (auto i = first; i < 64; i += 2) handle.write<std::int32_t>(box({i}, {1}), {round});
      };
      std::thread odd([&] { write_every_second(other, 1); });
      write_every_second(array, 0);
      odd.join();
      REQUIRE(array.read<std::int32_t>() == std::vector<std::int32_t>(64, round));
    }
  }
}

TEST_CASE("places are the same however a location is written", "[engine]") {
  const testing::TemporaryFolder folder;
  const auto root = folder.path().string();
  const Context context;
  const auto place = [&](const std::string& location, std::string_view key = {}) {
    return Store::open(context, location).place(key);
  };
  CHECK(place(root + "/a", "b") == place(root, "a/b"));
  CHECK(place("file://localhost" + root, "a") == place(root, "a"));
  CHECK(place(root + "|prefix:a", "b") == place(root, "a/b"));
  CHECK(place(root, "a%2Fb") != place(root, "a/b"));
  CHECK(place(root, "a/b").rfind(place(root, "a"), 0) == 0);
  CHECK(place(root, "a") != place(root, "b"));
}
