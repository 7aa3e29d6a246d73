// SPDX-License-Identifier: Apache-2.0
//
// Many small chunks in few files: sharding.
#include <zeolite/zeolite.hpp>

#include <cstdio>
#include <exception>
#include <numeric>
#include <vector>

int main() try {
  zeolite::Context context;
  auto store = zeolite::Store::open(context, "memory:");
  // [create]
  auto array = zeolite::create_array(store, "volume",
                                     {.shape = {64, 64, 64},
                                      .chunk_shape = {16, 16, 16},  // what is compressed and read alone
                                      .shard_shape = {64, 64, 64},  // what is stored under one key
                                      .data_type = "uint16",
                                      .codecs = {"gzip"}});
  // [/create]
  std::vector<std::uint16_t> voxels(64 * 64 * 64);
  std::iota(voxels.begin(), voxels.end(), 0);
  array.write(array.all(), voxels);

  // [count]
  int values = 0;
  store.list("volume/c/", false, [&](const zeolite::StoreEntry&) { ++values; });
  std::printf("64 chunks in %d value\n", values);
  // [/count]
  // [patch]
  // Replaces one inner chunk; the other 63 are carried over as they are, without decoding them.
  array.write(zeolite::box({16, 16, 16}, {16, 16, 16}), std::vector<std::uint16_t>(16 * 16 * 16, 1));
  // [/patch]
  return values == 1 && array.read<std::uint16_t>(zeolite::box({16, 16, 16}, {1, 1, 1}))[0] == 1 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
