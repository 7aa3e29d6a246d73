// SPDX-License-Identifier: Apache-2.0
#include "slabs.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

#include "session.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

/// One axis of a box as typed.
struct Range {
  std::optional<std::int64_t> start, stop, step;
  bool index = false;
};

std::optional<std::int64_t> parse_number(std::string_view text, std::string_view whole) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size()) {
    throw UsageError(fmt::format("--box: '{}' in '{}' is not a whole number", text, whole));
  }
  return number;
}

Range parse_range(std::string_view text, std::string_view whole) {
  Range range;
  const auto first = text.find(':');
  if (first == std::string_view::npos) {
    range.start = parse_number(text, whole);
    range.index = true;
    if (!range.start)
      throw UsageError(fmt::format("--box: a dimension of '{}' is empty; write ':' for all of it", whole));
    return range;
  }
  const auto second = text.find(':', first + 1);
  range.start = parse_number(text.substr(0, first), whole);
  range.stop = parse_number(text.substr(first + 1, second - first - 1), whole);
  if (second == std::string_view::npos) return range;
  range.step = parse_number(text.substr(second + 1), whole);
  if (range.step && *range.step < 1) throw UsageError(fmt::format("--box: the steps of '{}' must be 1 or more", whole));
  return range;
}

/// The place a possibly negative number means; throws when it lies outside [0, limit].
std::uint64_t place(std::int64_t number, std::uint64_t length, std::uint64_t limit, std::size_t axis) {
  const auto from_end = number < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(number) : 0;
  const auto result = number < 0 ? length - from_end : static_cast<std::uint64_t>(number);
  if (from_end > length || result > limit) {
    throw Error(ErrorCode::invalid, fmt::format("the box reaches {} in dimension {}, where the array has {} elements",
                                                number, axis, length));
  }
  return result;
}

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0); }

Box box_inside(std::string_view text, const Shape& shape) {
  std::vector<Range> ranges;
  if (text.find_first_not_of(' ') != std::string_view::npos) {
    for (std::size_t begin = 0;;) {
      const auto comma = std::min(text.find(',', begin), text.size());
      ranges.push_back(parse_range(text.substr(begin, comma - begin), text));
      if (comma == text.size()) break;
      begin = comma + 1;
    }
  }
  if (ranges.size() > shape.size()) {
    throw Error(ErrorCode::invalid, fmt::format("the box '{}' has {} dimensions, the array has {}: its shape is {}",
                                                printable(text), ranges.size(), shape.size(), to_text(shape)));
  }
  Box box{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
  for (std::size_t axis = 0; axis < ranges.size(); ++axis) {
    const auto& range = ranges[axis];
    const auto length = shape[axis];
    if (range.index) {
      if (length == 0) throw Error(ErrorCode::invalid, fmt::format("dimension {} has no elements", axis));
      box.origin[axis] = place(*range.start, length, length - 1, axis);
      box.shape[axis] = 1;
      continue;
    }
    const auto start = range.start ? place(*range.start, length, length, axis) : 0;
    const auto stop = range.stop ? place(*range.stop, length, length, axis) : length;
    const auto step = static_cast<std::uint64_t>(range.step.value_or(1));
    box.origin[axis] = start;
    box.shape[axis] = stop > start ? divide_up(stop - start, step) : 0;
    box.step[axis] = step;
  }
  return box;
}

}  // namespace

Box parse_box(std::string_view text, const Array& array) {
  try {
    return box_inside(text, array.shape());
  } catch (Error& error) {
    throw error.at("array", array.path()).at("store", array.store().location());
  }
}

Slabs::Slabs(const Array& array, Box box, std::uint64_t item_bytes, std::uint64_t budget_bytes, bool fortran_order)
    : array_(array), box_(std::move(box)), axes_(box_.shape.size()), position_(box_.shape.size(), 0) {
  std::iota(axes_.begin(), axes_.end(), std::size_t{0});
  if (fortran_order) std::reverse(axes_.begin(), axes_.end());
  done_ = count_elements(box_.shape) == 0;
  if (done_ || axes_.empty()) return;

  // From the fastest axis on: how many whole axes fit into the budget.
  auto left = std::max<std::uint64_t>(1, budget_bytes / std::max<std::uint64_t>(1, item_bytes));
  split_ = axes_.size() - 1;
  while (split_ > 0 && box_.shape[axes_[split_]] <= left) left /= box_.shape[axes_[split_--]];
  run_ = std::max<std::uint64_t>(1, left);
}

std::uint64_t Slabs::end_of_piece(std::uint64_t begin) const {
  const auto axis = axes_[split_];
  const auto length = box_.shape[axis];
  if (length - begin <= run_) return length;
  const auto end = begin + run_;
  const auto step = box_.step.empty() ? 1 : box_.step[axis];
  const auto coordinate = box_.origin[axis] + end * step;

  // The first element of the chunk that the next piece would begin in.
  Shape chunk(array_.ndim(), 0);
  std::uint64_t low = 0;
  for (auto high = array_.chunk_counts()[axis]; high - low > 1;) {
    chunk[axis] = low + (high - low) / 2;
    (array_.chunk_box(chunk).origin[axis] <= coordinate ? low : high) = chunk[axis];
  }
  chunk[axis] = low;
  const auto chunk_begin = array_.chunk_box(chunk).origin[axis];
  if (chunk_begin <= box_.origin[axis]) return end;
  const auto aligned = divide_up(chunk_begin - box_.origin[axis], step);
  return aligned > begin && aligned < end ? aligned : end;
}

std::optional<Box> Slabs::next() {
  if (done_) return std::nullopt;
  auto piece = box_;
  if (axes_.empty()) {
    done_ = true;
    return piece;
  }
  const auto origin = [&](std::size_t axis) {
    return box_.origin[axis] + position_[axis] * (box_.step.empty() ? 1 : box_.step[axis]);
  };
  for (std::size_t i = 0; i < split_; ++i) {
    piece.origin[axes_[i]] = origin(axes_[i]);
    piece.shape[axes_[i]] = 1;
  }
  const auto axis = axes_[split_];
  const auto end = end_of_piece(position_[axis]);
  piece.origin[axis] = origin(axis);
  piece.shape[axis] = end - position_[axis];

  position_[axis] = end;
  for (auto i = split_; position_[axes_[i]] == box_.shape[axes_[i]];) {
    position_[axes_[i]] = 0;
    if (i == 0) {
      done_ = true;
      break;
    }
    ++position_[axes_[--i]];
  }
  return piece;
}

}  // namespace zeolite::tool
