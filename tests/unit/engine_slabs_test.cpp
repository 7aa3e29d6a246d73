// SPDX-License-Identifier: Apache-2.0
//
// Large uncompressed chunks, read a slab at a time.
#include <zeolite/testing/catch.hpp>
#include <zeolite/testing/folder.hpp>

#include "engine_support.hpp"

using namespace zeolite;

namespace {

void fill_in(test::Model& model) {
  for (std::size_t i = 0; i < model.elements.size(); ++i)
    model.elements[i] = static_cast<std::int32_t>(i * 2654435761U);
}

/// All elements, by way of memory whose rows are longer than the array's: no chunk is one run of it.
std::vector<std::int32_t> read_padded(const Array& array) {
  const auto& shape = array.shape();
  const auto length = shape.back(), row = length + 3;
  const auto rows = count_elements(shape) / length;
  std::vector<std::int32_t> padded(rows * row, -1), elements;
  Strides strides(shape.size(), sizeof(std::int32_t));
  auto elements_below = row;
  for (auto axis = shape.size() - 1; axis-- > 0; elements_below *= shape[axis]) {
    strides[axis] = static_cast<std::int64_t>(elements_below * sizeof(std::int32_t));
  }
  array.read(array.all(), padded.data(), strides);
  for (std::uint64_t i = 0; i < rows; ++i) {
    elements.insert(elements.end(), padded.begin() + i * row, padded.begin() + i * row + length);
    REQUIRE(padded[i * row + length] == -1);
  }
  return elements;
}

}  // namespace

TEST_CASE("boxes of large uncompressed chunks are read right, whatever their shape and byte order", "[engine]") {
  const zeolite::testing::TemporaryFolder folder;
  const Context context;
  const auto store = Store::open(context, folder.path().string());
  test::Random random(5);
  const std::pair<Shape, Shape> all[] = {{{300, 700}, {300, 700}},
                                         {{3, 200'000}, {2, 150'000}},
                                         {{70, 60, 90}, {64, 50, 80}},
                                         {{600'000}, {600'000}},
                                         {{2, 3, 4, 100, 90}, {2, 3, 4, 100, 90}}};
  for (const auto& [shape, chunk] : all) {
    for (const auto* const endian : {"little", "big"}) {
      ArrayOptions options = test::int32_array(shape, chunk);
      options.codecs = {Extension("bytes", {{"endian", endian}})};
      options.overwrite = true;
      const auto array = create_array(store, "a", options);
      test::Model model(shape);
      fill_in(model);
      array.write(array.all(), model.elements);
      const auto before = context.counters();
      CHECK(read_padded(array) == model.elements);
      const auto read_bytes = context.counters().read_bytes - before.read_bytes;
      CHECK(read_bytes >= model.elements.size() * sizeof(std::int32_t));
      CHECK(read_bytes <= count_elements(array.chunk_counts()) * count_elements(chunk) * sizeof(std::int32_t));
      for (int round = 0; round < 10; ++round) {
        const auto box = random.box_in(shape);
        CHECK(array.read<std::int32_t>(box) == model.read(box));
      }
    }
  }
  const auto array = open_array(store, "a");
  store.set("a/c/0/0/0/0/0", std::vector<std::byte>(1'000'000));
  CHECK_THROWS_AS(array.read<std::int32_t>(), Error);
  store.remove("a/c/0/0/0/0/0");
  CHECK(array.read<std::int32_t>() == std::vector<std::int32_t>(count_elements(array.shape()), 0));
}
