// SPDX-License-Identifier: Apache-2.0
#include "chunking.hpp"

#include <algorithm>

namespace zeolite {
namespace {

/// How many elements a chosen chunk may have.
std::uint64_t budget_of(std::uint64_t item_bytes) {
  return std::max<std::uint64_t>(1, chosen_chunk_bytes / std::max<std::uint64_t>(1, item_bytes));
}

/// Whether chunks whose axes are no longer than `edge` have at most `budget` elements.
bool fits(const Shape& shape, std::uint64_t edge, std::uint64_t budget) {
  std::uint64_t elements = 1;
  for (const auto length : shape) {
    const auto cut = std::min(std::max<std::uint64_t>(length, 1), edge);
    if (elements > budget / cut) return false;
    elements *= cut;
  }
  return true;
}

/// The longest edge that fits.
std::uint64_t longest_edge(const Shape& shape, std::uint64_t item_bytes) {
  const auto budget = budget_of(item_bytes);
  std::uint64_t low = 1;
  std::uint64_t high = budget;
  while (low < high) {
    const auto middle = low + (high - low + 1) / 2;
    if (fits(shape, middle, budget)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::uint64_t largest_divisor(std::uint64_t length, std::uint64_t limit) {
  auto divisor = std::min(length, limit);
  while (length % divisor != 0) --divisor;
  return divisor;
}

}  // namespace

Shape choose_chunk_shape(const Shape& shape, std::uint64_t item_bytes) {
  const auto edge = longest_edge(shape, item_bytes);
  Shape chunk;
  for (const auto length : shape) {
    if (length <= edge) {
      chunk.push_back(std::max<std::uint64_t>(length, 1));
      continue;
    }
    const auto count = length / edge + (length % edge != 0);
    chunk.push_back(length / count + (length % count != 0));
  }
  return chunk;
}

Shape choose_inner_shape(const Shape& shard_shape, std::uint64_t item_bytes) {
  const auto edge = longest_edge(shard_shape, item_bytes);
  auto room = budget_of(item_bytes);
  Shape chunk;
  for (const auto length : shard_shape) {
    chunk.push_back(largest_divisor(length, edge));
    room /= chunk.back();
  }
  // Lengths with few divisors leave room: the axes that vary fastest take it.
  for (auto axis = chunk.size(); axis-- > 0;) {
    const auto grown = largest_divisor(shard_shape[axis], chunk[axis] * room);
    room = room * chunk[axis] / grown;
    chunk[axis] = grown;
  }
  return chunk;
}

}  // namespace zeolite
