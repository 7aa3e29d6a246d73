// SPDX-License-Identifier: Apache-2.0
//
// Tests of somebody else's plugin, with the package's component `testing`.
#include <zeolite/testing/catch.hpp>
#include <zeolite/zeolite.hpp>

TEST_CASE("chunks are stored inverted") {
  const zeolite::Context context;
  const auto store = zeolite::Store::open(context, "memory:");
  const auto array = zeolite::create_array(
      store, "a", {.shape = {3}, .chunk_shape = {3}, .data_type = "uint8", .codecs = {"bytes", "consumer.invert"}});
  array.write(array.all(), std::vector<std::uint8_t>{0, 1, 255});
  CHECK(array.read_encoded({0}).value() == std::vector<std::byte>{std::byte{255}, std::byte{254}, std::byte{0}});
  CHECK(array.read<std::uint8_t>() == std::vector<std::uint8_t>{0, 1, 255});
}
