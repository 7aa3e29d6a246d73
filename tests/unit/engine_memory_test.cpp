// SPDX-License-Identifier: Apache-2.0
//
// Cutting selections and moving strided elements, against the plainest possible loops.
#include <zeolite/testing/catch.hpp>

#include "engine/selection.hpp"
#include "engine/strided.hpp"
#include "engine_support.hpp"

using namespace zeolite;

namespace {

Dims random_shape(test::Random& random, std::size_t ndim, std::uint64_t most) {
  Dims shape;
  for (std::size_t i = 0; i < ndim; ++i) shape.push_back(random.between(1, most));
  return shape;
}

}  // namespace

TEST_CASE("cutting a selection keeps exactly the elements inside", "[engine]") {
  test::Random random(7);
  for (int round = 0; round < 500; ++round) {
    const auto n = random.between(1, 40);
    Selection selection(1);
    selection.origin()[0] = random.below(n);
    selection.step()[0] = random.between(1, 6);
    selection.shape()[0] =
        random.between(0, (n - selection.origin()[0] + selection.step()[0] - 1) / selection.step()[0]);
    selection.strides()[0] = static_cast<std::int64_t>(random.between(1, 5));
    std::vector<std::byte> memory(1024);
    selection.data = memory.data();
    const Dims at{random.below(n)};
    const Dims extent{random.between(1, 20)};
    const auto part = selection.cut(at, extent);
    std::vector<std::pair<std::uint64_t, const std::byte*>> expected, actual;
    for (std::uint64_t k = 0; k < selection.shape()[0]; ++k) {
      const auto index = selection.origin()[0] + k * selection.step()[0];
      if (index < at[0] || index >= at[0] + extent[0]) continue;
      expected.emplace_back(index - at[0], selection.data + static_cast<std::int64_t>(k) * selection.strides()[0]);
    }
    for (std::uint64_t k = 0; k < part.shape()[0]; ++k) {
      actual.emplace_back(part.origin()[0] + k * part.step()[0],
                          part.data + static_cast<std::int64_t>(k) * part.strides()[0]);
    }
    REQUIRE(actual == expected);
  }
}

TEST_CASE("strided elements are copied, filled and compared as by plain loops", "[engine]") {
  test::Random random(11);
  const std::uint64_t sizes[] = {1, 2, 3, 4, 8, 16, 24};
  for (int round = 0; round < 300; ++round) {
    const auto item = sizes[random.below(7)];
    const auto ndim = random.below(5);
    const auto shape = random_shape(random, ndim, 5);
    // The target is a permuted, spread-out layout; the source is in C order.
    Dims order(ndim);
    for (std::size_t i = 0; i < ndim; ++i) order[i] = i;
    for (std::size_t i = ndim; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    ByteStrides strides(ndim);
    auto stride = static_cast<std::int64_t>(item * random.between(1, 2));
    for (std::size_t i = ndim; i-- > 0;) {
      strides[order[i]] = stride;
      stride *= static_cast<std::int64_t>(shape[order[i]] + random.below(2));
    }
    std::uint64_t count = 1;
    for (const auto length : shape) count *= length;
    std::vector<std::byte> source(count * item);
    for (auto& byte : source) byte = static_cast<std::byte>(random.below(256));
    std::vector<std::byte> target(static_cast<std::size_t>(stride) + item, std::byte{0xEE});
    auto expected = target;
    const auto from = c_strides(shape, item);
    Dims index(ndim, 0);
    std::uint64_t at = 0;
    do {
      std::int64_t offset = 0;
      for (std::size_t i = 0; i < ndim; ++i) offset += static_cast<std::int64_t>(index[i]) * strides[i];
      std::copy_n(source.data() + at * item, item, expected.data() + offset);
      ++at;
    } while (next_index(index, shape));
    copy_elements(shape, {target.data(), strides}, {source.data(), from}, item);
    REQUIRE(target == expected);

    REQUIRE(all_equal(shape, {target.data(), strides}, source.data(), item) == [&] {
      for (std::uint64_t k = 0; k < count; ++k) {
        if (!std::equal(source.begin(), source.begin() + item, source.begin() + k * item)) return false;
      }
      return true;
    }());
    fill_elements(shape, {target.data(), strides}, source.data(), item);
    REQUIRE(all_equal(shape, {target.data(), strides}, source.data(), item));
  }
}

TEST_CASE("a single differing element at any place is noticed", "[engine]") {
  const Dims shape{3, 4};
  const auto strides = c_strides(shape, 4);
  for (std::size_t k = 0; k < 12; ++k) {
    std::vector<std::int32_t> values(12, 5);
    values[k] = 6;
    const std::int32_t fill = 5;
    CHECK_FALSE(all_equal(shape, {reinterpret_cast<std::byte*>(values.data()), strides},
                          reinterpret_cast<const std::byte*>(&fill), 4));
  }
}
