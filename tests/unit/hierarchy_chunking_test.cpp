// SPDX-License-Identifier: Apache-2.0
//
// Chosen chunk shapes: large enough, small enough, and never slivers.
#include <random>

#include <zeolite/testing/catch.hpp>

#include "hierarchy/chunking.hpp"

using namespace zeolite;

namespace {

/// Saturating, so that shapes of any size can be asked about.
std::uint64_t elements_of(const Shape& shape) {
  std::uint64_t elements = 1;
  for (const auto length : shape) elements = elements > UINT64_MAX / length ? UINT64_MAX : elements * length;
  return elements;
}

}  // namespace

TEST_CASE("chunk shapes of common arrays", "[hierarchy]") {
  CHECK(choose_chunk_shape({}, 8).empty());
  CHECK(choose_chunk_shape({1000, 1000}, 4) == Shape{500, 500});
  CHECK(choose_chunk_shape({100, 100}, 8) == Shape{100, 100});
  CHECK(choose_chunk_shape({0, 5}, 8) == Shape{1, 5});
  CHECK(choose_chunk_shape({3, 100000, 100000}, 1) == Shape{3, 589, 589});
  CHECK(choose_chunk_shape({10}, std::uint64_t{1} << 40) == Shape{1});
  CHECK(choose_chunk_shape({INT64_MAX}, 1).at(0) <= chosen_chunk_bytes);
  CHECK(choose_chunk_shape(Shape(64, INT64_MAX), 1) == Shape(64, 1));
}

TEST_CASE("random chunk shapes stay below the limit and cover the array", "[hierarchy]") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    Shape shape;
    for (auto n = random() % 6; n > 0; --n) shape.push_back(1 + (random() >> (1 + random() % 63)));
    const auto item_bytes = 1 + random() % 20;
    const auto chunk = choose_chunk_shape(shape, item_bytes);
    REQUIRE(chunk.size() == shape.size());
    CHECK(elements_of(chunk) * item_bytes <= chosen_chunk_bytes);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      CHECK(chunk[axis] >= 1);
      CHECK(chunk[axis] <= shape[axis]);
    }
  }
}

TEST_CASE("inner chunks divide the shard", "[hierarchy]") {
  CHECK(choose_inner_shape({1024, 1024}, 4) == Shape{512, 512});
  CHECK(choose_inner_shape({1009, 1009}, 4) == Shape{1, 1009});
  CHECK(choose_inner_shape({600, 700}, 8) == Shape{300, 350});
  std::mt19937_64 random(5);
  for (int i = 0; i < 300; ++i) {
    Shape shard;
    for (auto n = random() % 4; n > 0; --n) shard.push_back(1 + random() % 5000);
    const auto chunk = choose_inner_shape(shard, 4);
    CHECK(elements_of(chunk) * 4 <= chosen_chunk_bytes);
    for (std::size_t axis = 0; axis < shard.size(); ++axis) CHECK(shard[axis] % chunk[axis] == 0);
  }
}
