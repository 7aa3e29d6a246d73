// SPDX-License-Identifier: Apache-2.0
//
// Moving elements between layouts, against element by element.
#include <zeolite/testing/catch.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "engine/dims.hpp"
#include "engine/strided.hpp"

using namespace zeolite;

namespace {

/// A layout of `shape` with its axes in a random order, gaps and directions, and memory for it.
struct Layout {
  std::vector<std::byte> memory;
  ByteStrides strides;
  std::ptrdiff_t first = 0;

  Layout(std::span<const std::uint64_t> shape, std::uint64_t item_bytes, std::mt19937& random) : strides(shape.size()) {
    std::vector<std::size_t> order(shape.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    auto stride = static_cast<std::int64_t>(item_bytes);
    if (random() % 3 == 0) stride += 5;
    for (const auto axis : order) {
      const auto length = static_cast<std::int64_t>(shape[axis]);
      const bool backwards = random() % 4 == 0;
      strides[axis] = backwards ? -stride : stride;
      if (backwards) first += stride * (length - 1);
      stride *= length;
      if (random() % 4 == 0) stride += static_cast<std::int64_t>(item_bytes);
    }
    memory.resize(static_cast<std::size_t>(stride) + item_bytes);
    for (auto& byte : memory) byte = static_cast<std::byte>(random());
  }

  Strided view() { return {memory.data() + first, strides}; }
};

}  // namespace

TEST_CASE("elements are moved between any layouts, swapped or not", "[engine]") {
  std::mt19937 random(5);
  const std::vector<std::pair<std::uint64_t, std::uint32_t>> kinds = {{1, 0},  {2, 0}, {4, 1},  {8, 0}, {16, 0},
                                                                      {3, 0},  {2, 2}, {4, 4},  {8, 8}, {8, 4},
                                                                      {16, 8}, {4, 2}, {12, 4}, {10, 5}};
  for (const auto& [item_bytes, unit] : kinds) {
    for (int round = 0; round < 60; ++round) {
      // Up to eight axes, so that there are several outer ones whose order is chosen.
      Dims shape(round % 2 == 0 ? random() % 5 : 5 + random() % 4);
      const auto longest = shape.size() > 4 ? 3u : round % 3 == 0 ? 70u : 9u;
      for (auto& length : shape) length = 1 + random() % longest;
      while (checked_product(shape).value() > 200'000) shape.pop_back();
      Layout from(shape, item_bytes, random), to(shape, item_bytes, random);
      auto expected = to.memory;
      Dims index(shape.size(), 0);
      do {
        auto source = from.first;
        auto target = to.first;
        for (std::size_t i = 0; i < index.size(); ++i) {
          source += static_cast<std::int64_t>(index[i]) * from.strides[i];
          target += static_cast<std::int64_t>(index[i]) * to.strides[i];
        }
        auto* const place = expected.data() + target;
        std::memcpy(place, from.memory.data() + source, item_bytes);
        for (std::uint32_t at = 0; unit > 1 && at < item_bytes; at += unit) std::reverse(place + at, place + at + unit);
      } while (next_index(index, shape));
      copy_elements(shape, to.view(), from.view(), item_bytes, unit);
      CAPTURE(item_bytes, unit, round);
      REQUIRE((to.memory == expected));
    }
  }
}
