// SPDX-License-Identifier: Apache-2.0
//
// Conformance suite for chunk grids: chunks tile the array, and every box finds exactly its chunks, wherever the host
// stops for a while.
//
//   TEST_CASE("the regular grid keeps the contract") {
//     test_chunk_grid(PluginLibrary("zeolite_chunk_grid_regular"),
//                     {.name = "regular", .configuration = R"({"chunk_shape": [3, 4]})", .shape = {10, 8},
//                      .counts = {4, 2}});
//   }
#pragma once

#include <map>
#include <random>
#include <set>

#include <zeolite/testing/plugin_bench.hpp>

namespace zeolite::testing {

using Lengths = std::vector<std::uint64_t>;

struct ChunkGridCase {
  std::string name;
  std::string configuration;
  Lengths shape;
  Lengths counts;  ///< chunks along each axis
};

/// Boxes of chunks as a grid emitted them.
struct EmittedBox {
  Lengths origin;
  Lengths shape;
  bool operator==(const EmittedBox&) const = default;
};

/// A grid bound to a shape and short ways to call it.
class ChunkGridBench {
 public:
  ChunkGridBench(const PluginLibrary& library, std::string_view name, std::string_view configuration, Lengths shape)
      : grid_(library.create<zeo_chunk_grid>(name, configuration)), shape_(std::move(shape)) {
    BenchCall call;
    zeo_bound_grid* bound = nullptr;
    const auto rank = static_cast<std::uint32_t>(shape_.size());
    const auto status = grid_->v->bind(grid_.get(), rank, shape_.data(), &bound, call);
    INFO(configuration << ": " << call.message());
    REQUIRE(status == ZEO_OK);
    bound_.reset(bound);
  }

  const zeo_chunk_grid* grid() const { return grid_.get(); }
  const Lengths& shape() const { return shape_; }
  std::size_t ndim() const { return shape_.size(); }

  Lengths counts() const {
    Lengths counts(ndim() + 1, 7);
    bound_->v->counts(bound_.get(), counts.data());
    CHECK(counts.back() == 7);  // nothing is written past the end
    counts.pop_back();
    return counts;
  }

  /// Origin and shape of one chunk.
  EmittedBox chunk(const Lengths& id) const {
    EmittedBox box{Lengths(ndim()), Lengths(ndim())};
    bound_->v->chunk_boxes(bound_.get(), id.data(), 1, box.origin.data(), box.shape.data());
    return box;
  }

  std::vector<EmittedBox> chunks_in(const Lengths& origin, const Lengths& shape, const Lengths& step = {}) const {
    return chunks_in_parts(origin, shape, step, [] { return SIZE_MAX; });
  }

  /// As a host gets them that has room for so many boxes at a time: room() is asked before each part.
  template <class Room>
  std::vector<EmittedBox> chunks_in_parts(const Lengths& origin, const Lengths& shape, const Lengths& step,
                                          Room room) const {
    const zeo_box box{origin.data(), shape.data(), step.empty() ? nullptr : step.data()};
    double elements = 1;
    for (const auto length : shape) elements *= static_cast<double>(length);
    std::vector<EmittedBox> boxes;
    for (auto cursor = beginning();;) {
      const std::size_t most = room();
      std::size_t taken = 0;
      bool refused = false;
      bool too_many = false;
      auto next = cursor;  // elsewhere in memory, as it may be with any host
      const auto status = emit(box, next, [&](const zeo_box& emitted) {
        CHECK_FALSE(refused);
        CHECK(emitted.step == nullptr);
        too_many = static_cast<double>(boxes.size()) >= elements;
        refused = refused || too_many || taken == most;
        if (refused) return ZEO_CANCELLED;
        boxes.push_back({{emitted.origin, emitted.origin + ndim()}, {emitted.shape, emitted.shape + ndim()}});
        ++taken;
        return ZEO_OK;
      });
      REQUIRE_FALSE(too_many);
      REQUIRE(status == (refused ? ZEO_CANCELLED : ZEO_OK));
      if (!refused) return boxes;
      if (taken > 0) REQUIRE(next != cursor);
      cursor = next;
    }
  }

  /// A cursor for emit().
  Lengths beginning() const { return Lengths(std::max<std::size_t>(ndim(), 1), 0); }

  template <class Take>
  zeo_status emit(const zeo_box& box, Lengths& cursor, Take take) const {
    const auto thunk = [](void* environment, const zeo_box* chunks) -> zeo_status {
      return (*static_cast<Take*>(environment))(*chunks);
    };
    BenchCall call;
    cursor.push_back(7);
    const auto status = bound_->v->chunks_in(bound_.get(), &box, cursor.data(), thunk, &take, call);
    CHECK(cursor.back() == 7);  // nothing is written past the end
    cursor.pop_back();
    return status;
  }
  template <class Take>
  zeo_status emit(const zeo_box& box, Take take) const {
    auto cursor = beginning();
    return emit(box, cursor, take);
  }

  /// Why the grid does not fit a shape; fails the test when it does, or when there is no reason.
  std::string refusal(const Lengths& shape) const {
    BenchCall call;
    zeo_bound_grid* bound = nullptr;
    CHECK(grid_->v->bind(grid_.get(), static_cast<std::uint32_t>(shape.size()), shape.data(), &bound, call) ==
          ZEO_INVALID);
    CHECK(bound == nullptr);
    CHECK_FALSE(call.message().empty());
    return call.message();
  }

 private:
  Object<zeo_chunk_grid> grid_;
  Lengths shape_;
  Object<zeo_bound_grid> bound_;  // released before the grid
};

/// Calls visit(index) for every index below `shape`, in C order.
template <class Visit>
void for_each_index(const Lengths& shape, Visit visit) {
  Lengths index(shape.size());
  for (const auto length : shape) {
    if (length == 0) return;
  }
  for (;;) {
    visit(index);
    auto axis = shape.size();
    while (axis > 0 && ++index[axis - 1] == shape[axis - 1]) index[--axis] = 0;
    if (axis == 0) return;
  }
}

inline bool holds(const EmittedBox& box, const Lengths& element) {
  for (std::size_t axis = 0; axis < element.size(); ++axis) {
    if (element[axis] < box.origin[axis] || element[axis] - box.origin[axis] >= box.shape[axis]) return false;
  }
  return true;
}

/// Which chunk holds each element; every chunk holds one, and no element is in two. For small arrays.
inline std::map<Lengths, Lengths> test_tiling(const ChunkGridBench& grid) {
  std::map<Lengths, Lengths> chunk_of;
  for_each_index(grid.counts(), [&](const Lengths& id) {
    const auto box = grid.chunk(id);
    EmittedBox inside = box;
    for (std::size_t axis = 0; axis < grid.ndim(); ++axis) {
      REQUIRE(box.shape[axis] >= 1);
      REQUIRE(box.origin[axis] < grid.shape()[axis]);
      inside.shape[axis] = std::min(box.shape[axis], grid.shape()[axis] - box.origin[axis]);
    }
    for_each_index(inside.shape, [&](Lengths element) {
      for (std::size_t axis = 0; axis < grid.ndim(); ++axis) element[axis] += box.origin[axis];
      REQUIRE(chunk_of.emplace(element, id).second);
    });
  });
  std::uint64_t elements = 1;
  for (const auto length : grid.shape()) elements *= length;
  CHECK(chunk_of.size() == elements);
  return chunk_of;
}

/// The boxes are the same wherever the host stops for a while.
inline void test_stops(const ChunkGridBench& grid, const Lengths& origin, const Lengths& shape, const Lengths& step,
                       const std::vector<EmittedBox>& expected, std::mt19937_64& random) {
  for (const std::size_t most : {1, 2, 3, 7}) {
    CAPTURE(most);
    REQUIRE(grid.chunks_in_parts(origin, shape, step, [&] { return most; }) == expected);
  }
  // Now and then there is room for none.
  REQUIRE(grid.chunks_in_parts(origin, shape, step, [&] { return random() % 4; }) == expected);
}

/// Random boxes with steps, compared with the tiling.
inline void test_random_boxes(const ChunkGridBench& grid, const std::map<Lengths, Lengths>& chunk_of,
                              std::mt19937_64& random) {
  const auto counts = grid.counts();
  for (int i = 0; i < 200; ++i) {
    Lengths origin, shape, step;
    for (const auto length : grid.shape()) {
      origin.push_back(random() % length);
      step.push_back(i % 3 == 0 ? 1 : random() % (length + 1) + 1);
      shape.push_back(random() % ((length - 1 - origin.back()) / step.back() + 1) + 1);
    }
    std::set<Lengths> wanted;
    for_each_index(shape, [&](Lengths element) {
      for (std::size_t axis = 0; axis < grid.ndim(); ++axis) element[axis] = origin[axis] + element[axis] * step[axis];
      wanted.insert(chunk_of.at(element));
    });
    std::set<Lengths> emitted;
    const bool no_steps = i % 3 == 0;
    const auto steps = no_steps ? Lengths{} : step;
    const auto boxes = grid.chunks_in(origin, shape, steps);
    for (const auto& box : boxes) {
      bool has_wanted = false;
      for_each_index(box.shape, [&](Lengths id) {
        for (std::size_t axis = 0; axis < grid.ndim(); ++axis) {
          id[axis] += box.origin[axis];
          REQUIRE(id[axis] < counts[axis]);
        }
        REQUIRE(emitted.insert(id).second);  // each chunk once
        has_wanted = has_wanted || wanted.count(id) == 1;
      });
      REQUIRE(has_wanted);
    }
    test_stops(grid, origin, shape, steps, boxes, random);
    for (const auto& id : wanted) REQUIRE(emitted.count(id) == 1);
    if (no_steps) REQUIRE(emitted == wanted);
  }
}

/// For arrays too large to walk through: single elements, far apart.
inline void test_random_elements(const ChunkGridBench& grid, std::mt19937_64& random) {
  const auto counts = grid.counts();
  const Lengths one(grid.ndim(), 1);
  for (int i = 0; i < 200; ++i) {
    Lengths element;
    for (const auto length : grid.shape()) element.push_back(i == 0 ? 0 : i == 1 ? length - 1 : random() % length);
    const auto boxes = grid.chunks_in(element, one);
    REQUIRE(boxes.size() == 1);
    REQUIRE(boxes[0].shape == one);
    for (std::size_t axis = 0; axis < grid.ndim(); ++axis) REQUIRE(boxes[0].origin[axis] < counts[axis]);
    REQUIRE(holds(grid.chunk(boxes[0].origin), element));

    Lengths id;
    for (const auto count : counts) id.push_back(i == 0 ? 0 : i == 1 ? count - 1 : random() % count);
    const auto box = grid.chunk(id);
    REQUIRE(grid.chunks_in(box.origin, one).at(0).origin == id);
  }
  // A few elements, far apart.
  Lengths few, step;
  for (const auto length : grid.shape()) {
    few.push_back(std::min<std::uint64_t>(length, 5));
    step.push_back(length / few.back());
  }
  const Lengths start(grid.ndim(), 0);
  test_stops(grid, start, few, step, grid.chunks_in(start, few, step), random);
  // All of it: boxes of chunks, not chunks.
  std::uint64_t emitted = 0;
  grid.emit({start.data(), grid.shape().data(), nullptr}, [&](const zeo_box&) { return ++emitted, ZEO_OK; });
  CHECK(emitted >= 1);
  CHECK(emitted < 10'000);
}

/// What the host answers ends the enumeration and comes back; many chunks at once are the same as one by one.
inline void test_grid_calls(const ChunkGridBench& grid) {
  const auto counts = grid.counts();
  const Lengths origin(grid.ndim(), 0);
  int calls = 0;
  const auto status = grid.emit({origin.data(), grid.shape().data(), nullptr}, [&](const zeo_box&) {
    ++calls;
    return ZEO_CANCELLED;
  });
  CHECK(status == ZEO_CANCELLED);
  CHECK(calls == 1);
  Lengths last;
  for (const auto count : counts) last.push_back(count - 1);
  CHECK(grid.chunk(origin).origin == origin);
  for (std::size_t axis = 0; axis < grid.ndim(); ++axis) {
    const auto box = grid.chunk(last);
    CHECK(box.shape[axis] >= grid.shape()[axis] - box.origin[axis]);  // the last chunk reaches the end
    auto empty = grid.shape();
    empty[axis] = 0;
    CHECK(grid.chunks_in(origin, empty).empty());
  }
}

/// The bound grid is used by many threads at once; for a test case tagged [threads].
inline void test_chunk_grid_threads(const ChunkGridBench& grid) {
  const Lengths origin(grid.ndim(), 0);
  const auto walk = [&] {
    std::uint64_t sum = 0;
    grid.emit({origin.data(), grid.shape().data(), nullptr}, [&](const zeo_box& box) {
      for (std::size_t axis = 0; axis < grid.ndim(); ++axis) sum = sum * 31 + box.shape[axis];
      const Lengths id(box.origin, box.origin + grid.ndim());
      const auto chunk = grid.chunk(id);
      for (const auto length : chunk.shape) sum = sum * 31 + length;
      return ZEO_OK;
    });
    return sum;
  };
  const auto expected = walk();
  CHECK(all_threads([&](unsigned) {
    for (int i = 0; i < 200; ++i) {
      if (walk() != expected) return false;
    }
    return true;
  }));
}

/// The whole suite.
inline void test_chunk_grid(const PluginLibrary& library, const ChunkGridCase& expected) {
  INFO(expected.name << " " << expected.configuration);
  const auto& factory = library.factory(expected.name);
  CHECK(factory.point == ZEO_POINT_CHUNK_GRID);
  const ChunkGridBench grid(library, expected.name, expected.configuration, expected.shape);
  check_configuration(library, expected.name, grid.grid());
  library.refusal<zeo_chunk_grid>(expected.name, R"({"no such member": 1})");
  library.refusal<zeo_chunk_grid>(expected.name, "{");
  CHECK(grid.counts() == expected.counts);

  auto longer = expected.shape;
  longer.push_back(1);
  grid.refusal(longer);
  grid.refusal(Lengths(65, 1));
  if (!expected.shape.empty()) grid.refusal(Lengths(expected.shape.begin() + 1, expected.shape.end()));

  double elements = 1;
  for (const auto length : expected.shape) elements *= static_cast<double>(length);
  if (elements == 0) {
    CHECK(grid.chunks_in(Lengths(grid.ndim(), 0), expected.shape).empty());
    return;
  }
  std::mt19937_64 random(test_seed());
  INFO("ZEOLITE_TEST_SEED=" << test_seed());
  test_grid_calls(grid);
  if (elements <= 5000) {
    test_random_boxes(grid, test_tiling(grid), random);
  } else {
    test_random_elements(grid, random);
  }
}

}  // namespace zeolite::testing
