// SPDX-License-Identifier: Apache-2.0
//
// A program of somebody else: writes an array to memory with a codec from a plugin of its own, and reads it back.
#include <cstdio>
#include <exception>
#include <numeric>

#include <zeolite/zeolite.hpp>

int main() {
  try {
    const zeolite::Context context;
    const auto store = zeolite::Store::open(context, "memory:");
    const auto array = zeolite::create_array(
        store, "a",
        {.shape = {4, 6}, .chunk_shape = {2, 3}, .data_type = "int32", .codecs = {"bytes", "consumer.invert"}});

    std::vector<std::int32_t> written(24);
    std::iota(written.begin(), written.end(), 1);
    array.write(array.all(), written);
    const auto encoded = array.read_encoded({0, 0}).value();
    const bool inverted = encoded.at(0) == std::byte{0xFE};  // 1, little-endian, every bit turned over
    const bool same = zeolite::open_array(store, "a").read<std::int32_t>() == written;
    std::printf("inverted: %s, read back: %s\n", inverted ? "yes" : "no", same ? "yes" : "no");
    return inverted && same ? 0 : 1;
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return 1;
  }
}
