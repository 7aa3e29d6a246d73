// SPDX-License-Identifier: Apache-2.0
//
// Reading "chunk_shapes": a list with one item an axis, which is a length that repeats without end, or a list of
// lengths and pairs [length, count].
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/sdk/json.hpp>
#include <zeolite/sdk/text.hpp>

#include "axis.hpp"

namespace zeolite::rectilinear {

/// Makes the axes while it is told what the list holds, so that no list of a million lengths is kept beside them.
class ChunkShapes {
 public:
  static std::vector<Axis> read(std::string_view text) {
    ChunkShapes shapes(static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')));
    boost::system::error_code error;
    sdk::visit_json(text, shapes, error);
    if (error) throw sdk::invalid("member \"chunk_shapes\" is no JSON: {}", error.message());
    return std::move(shapes.axes_);
  }

  void begin_list() {
    switch (++depth_) {
      case 1: return;
      case 2: return begin_axis();
      case 3: return begin_pair();
      default: refuse(std::string(must_be_edge) + ", not lists inside each other");
    }
  }

  void end_list() {
    switch (depth_--) {
      case 2: return end_axis();
      case 3: return end_pair();
      default: return;
    }
  }

  void integer(std::int64_t number) {
    if (number <= 0) refuse_scalar(number);
    const auto length = static_cast<std::uint64_t>(number);
    switch (depth_) {
      case 0: refuse_whole();
      case 1:
        begin_axis();
        at_item([&] { axes_.back().append_endless(length); });
        return axes_.back().finish();
      case 2:
        at_item([&] { axes_.back().append(length, 1); });
        ++item_;
        return;
      default:
        if (in_pair_ < pair_.size()) pair_[in_pair_] = length;
        ++in_pair_;
    }
  }

  template <class T>
  void scalar(T value) {
    refuse_scalar(value);
  }
  void begin_object() { refuse_scalar(sdk::json::object()); }
  void member(std::string_view) {}
  void end_object() {}

 private:
  static constexpr std::string_view must_be_edge = "must be a positive length or a pair [length, count]";

  explicit ChunkShapes(std::size_t commas) : commas_(commas) {}

  void begin_axis() {
    if (axes_.size() == ZEO_MAX_NDIM) {
      throw sdk::invalid("member \"chunk_shapes\" has more than the {} items of as many dimensions", +ZEO_MAX_NDIM);
    }
    axes_.emplace_back();
    item_ = 0;
    // Most of a long text is one axis.
    constexpr std::size_t many = 1024;
    if (axes_.size() == 1 && commas_ > many) axes_.back().reserve(commas_ + 2);
  }

  void end_axis() {
    if (axes_.back().is_empty()) refuse("the list of edge lengths is empty");
    axes_.back().finish();
  }

  void begin_pair() { in_pair_ = 0; }

  void end_pair() {
    if (in_pair_ != pair_.size()) refuse(fmt::format("{}, not a list of {}", must_be_edge, in_pair_));
    at_item([&] { axes_.back().append(pair_[0], pair_[1]); });
    ++item_;
  }

  [[noreturn]] void refuse_scalar(const sdk::json::value& value) {
    const auto found = sdk::excerpt(sdk::json::serialize(value));
    if (depth_ == 0) refuse_whole();
    if (depth_ > 1) refuse(fmt::format("{} (from 1 to {}), not {}", must_be_edge, sdk::max_extent, found));
    begin_axis();
    refuse(fmt::format("must be a positive length or a list of them (from 1 to {}), not {}", sdk::max_extent, found));
  }

  template <class Body>
  void at_item(Body&& body) const {
    try {
      body();
    } catch (const sdk::Error& error) {
      refuse(error.what());
    }
  }

  [[noreturn]] static void refuse_whole() {
    throw sdk::invalid("member \"chunk_shapes\" must be a list, one item an axis");
  }

  /// What is wrong with the axis, or inside its list with the item that comes next.
  [[noreturn]] void refuse(std::string_view what) const {
    const auto axis = axes_.size() - 1;
    if (depth_ < 2) throw sdk::invalid("member \"chunk_shapes\", axis {}: {}", axis, what);
    throw sdk::invalid("member \"chunk_shapes\", axis {}: item {} {}", axis, item_, what);
  }

  std::vector<Axis> axes_;
  const std::size_t commas_;  // of the text: no axis has more items than one more
  std::size_t depth_ = 0;     // lists inside each other
  std::uint64_t item_ = 0;    // of the axis
  std::array<std::uint64_t, 2> pair_{};
  std::uint64_t in_pair_ = 0;
};

}  // namespace zeolite::rectilinear
