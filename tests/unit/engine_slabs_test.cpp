// SPDX-License-Identifier: Apache-2.0
//
// Large uncompressed chunks, read a slab at a time.
#include <zeolite/testing/catch.hpp>
#include <zeolite/testing/folder.hpp>

#include <zeolite/sdk/store.hpp>

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

namespace {

/// What a store was last asked for of a chunk.
struct Asked {
  bool whole = false;
  std::size_t ranges = 0;
  std::uint64_t bytes = 0;
};

/// In memory, and reads ranges in turn.
class Progressive final : public sdk::BlockingStore {
 public:
  explicit Progressive(Asked& asked) : asked_(asked) {}
  sdk::StoreProperties properties() const override {
    return {.writable = true, .deletable = true, .progressive = true};
  }
  bool get(std::string_view key, sdk::Reading& reading) override {
    const auto found = values_.find(key);
    if (found == values_.end()) return false;
    asked_ = {reading.whole(), reading.ranges().size(), 0};
    for (const auto& range : reading.ranges()) asked_.bytes += range.length;
    reading.answer(found->second);
    return true;
  }
  void set(std::string_view key, sdk::Writing& writing) override { values_[std::string(key)] = writing.joined(); }
  void erase(std::string_view key) override { values_.erase(std::string(key)); }

 private:
  Asked& asked_;
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> values_;
};

/// What is asked for to read `box` of an array of one chunk to memory with these strides, in bytes; empty: C order.
/// What comes is checked.
Asked ask_for(const ArrayOptions& options, const Box& box, const Strides& given = {}) {
  ContextOptions alone;
  alone.threads = 0;
  const Context context(alone);
  Asked asked;
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Progressive>(asked)), "progressive:");
  const auto array = create_array(store, "a", options);
  test::Model model(options.shape);
  fill_in(model);
  array.write(array.all(), model.elements);
  const auto expected = model.read(box);
  auto strides = given;
  if (strides.empty()) {
    strides = {static_cast<std::int64_t>(box.shape[1] * sizeof(std::int32_t)), sizeof(std::int32_t)};
  }
  const auto place = [&](std::uint64_t row, std::uint64_t column) {
    return (row * static_cast<std::uint64_t>(strides[0]) + column * static_cast<std::uint64_t>(strides[1])) / 4;
  };
  std::vector<std::int32_t> output(place(box.shape[0] - 1, box.shape[1] - 1) + 1);
  asked = {};
  array.read(box, output.data(), given);
  bool right = true;
  for (std::uint64_t i = 0; i < expected.size(); ++i) {
    right = right && output[place(i / box.shape[1], i % box.shape[1])] == expected[i];
  }
  CHECK(right);
  return asked;
}

/// An array of one chunk of rows x columns, stored the other way round.
ArrayOptions transposed(std::uint64_t rows, std::uint64_t columns) {
  auto options = test::int32_array({rows, columns}, {rows, columns});
  const boost::json::array order{1, 0};
  options.codecs = {Extension("transpose", {{"order", order}}), "bytes"};
  return options;
}

}  // namespace

TEST_CASE("a chunk comes in slabs where each fills the lines of memory it reaches, and else whole", "[engine]") {
  const auto all = [](std::uint64_t rows, std::uint64_t columns) { return box({0, 0}, {rows, columns}); };
  const auto check_whole = [](const Asked& asked) {
    CHECK(asked.whole);
    CHECK(asked.ranges == 0);
  };
  const auto check_slabs = [](const Asked& asked, std::size_t slabs, std::uint64_t bytes) {
    CHECK_FALSE(asked.whole);
    CHECK(asked.ranges == slabs);
    CHECK(asked.bytes == bytes);
  };
  // A slab of 256 KiB holds 16 neighbours of the axis that is fastest in memory: 64 bytes.
  check_slabs(ask_for(transposed(4096, 48), all(4096, 48)), 3, 4096 * 48 * 4);
  // 15 of them.
  check_whole(ask_for(transposed(4352, 48), all(4352, 48)));
  // All there are, though they are few.
  check_slabs(ask_for(test::int32_array({65536, 3}, {65536, 3}), all(65536, 3), {16, 4}), 4, 65536 * 3 * 4);

  // Of every second column a slab holds half as many.
  check_whole(ask_for(transposed(4096, 48), box({0, 1}, {4096, 24}, {1, 2})));
  check_slabs(ask_for(transposed(2048, 96), box({0, 1}, {2048, 48}, {1, 2})), 3, 2048 * 96 * 4);
  // Steps along the other axis change nothing.
  check_slabs(ask_for(transposed(4096, 48), box({1, 0}, {2048, 48}, {2, 1})), 3, 4096 * 48 * 4);

  // One or two to a slab.
  check_whole(ask_for(transposed(32768, 6), all(32768, 6)));
  check_whole(ask_for(transposed(32768, 6), all(32768, 6), {6 * 28, 28}));
  // Elements that are lines apart anyway.
  check_slabs(ask_for(transposed(32768, 6), all(32768, 6), {6 * 64, 64}), 3, 32768 * 6 * 4);
  check_slabs(ask_for(transposed(65536, 3), all(65536, 3), {3 * 64, 64}), 3, 65536 * 3 * 4);
  check_whole(ask_for(transposed(65536, 3), all(65536, 3), {3 * 60, 60}));
}
