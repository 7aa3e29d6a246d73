// SPDX-License-Identifier: Apache-2.0
//
// Author classes for chunk grids. Source: Zarr v3.1 core specification, "Chunk grids".
//
// A grid reads its configuration (ChunkGrid) and is bound to an array's shape (BoundGrid). Most grids cut each axis on
// its own: they derive from SeparableGrid, say where the cuts are, and get the rest. Chunks tile the array: every
// element lies in exactly one, none is empty, and only the last ones along an axis may reach beyond the array.
// All functions but fields() and created() are called by any number of threads at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <zeolite/abi/chunk_grid.h>
#include <zeolite/sdk/plugin.hpp>
#include <zeolite/sdk/text.hpp>

namespace zeolite::sdk {

/// Lengths or coordinates, one an axis.
using Extents = std::span<const std::uint64_t>;

/// The longest axis of an array and the longest chunk: below 2^63, so that the end of a chunk that begins inside the
/// array never overflows. bind() is not called for longer arrays.
inline constexpr auto max_extent = static_cast<std::uint64_t>(INT64_MAX);

/// Where an enumeration of chunks goes on: numbers of the grid's own, at least one and one an axis, all zero to begin
/// with. Before a box is emitted they are made to say "this box": should the host have no room for it, the emitting
/// throws, and a later call gets the numbers back.
using Cursor = std::span<std::uint64_t>;

/// Receives boxes of chunk coordinates.
class EmitChunks {
 public:
  EmitChunks(zeo_emit_chunks emit, void* environment) : emit_(emit), environment_(environment) {}

  /// `shape` chunks from `origin` on. Throws what ends the enumeration when the host refuses them.
  void operator()(Extents origin, Extents shape) const {
    const zeo_box box{origin.data(), shape.data(), nullptr};
    const auto status = emit_(environment_, &box);
    if (status != ZEO_OK) throw Passed{status};
  }

 private:
  zeo_emit_chunks emit_;
  void* environment_;
};

/// The simplest cursor: boxes are counted, and those that were taken before are left out. For grids that name few
/// boxes, always in the same order: each call goes through all of them from the first one on.
///   sdk::CountedChunks counted(cursor, emit, call);
///   for (...) counted(origin, shape);
class CountedChunks {
 public:
  CountedChunks(Cursor cursor, const EmitChunks& emit, const Call& call)
      : taken_(cursor[0]), left_out_(cursor[0]), emit_(emit), call_(call) {}

  void operator()(Extents origin, Extents shape) {
    if (left_out_ > 0) {
      --left_out_;
      call_.check_cancelled();
      return;
    }
    emit_(origin, shape);
    ++taken_;
  }

 private:
  std::uint64_t& taken_;
  std::uint64_t left_out_;
  const EmitChunks& emit_;
  const Call& call_;
};

/// A grid over an array of known shape. `ndim` is at most ZEO_MAX_NDIM.
class BoundGrid {
 public:
  explicit BoundGrid(std::size_t ndim) : ndim_(ndim) {}
  virtual ~BoundGrid() = default;

  std::size_t ndim() const { return ndim_; }

  /// The number of chunks along each axis. Must not throw.
  virtual void counts(std::span<std::uint64_t> counts) const = 0;

  /// Where a chunk lies; it may reach beyond the array. Must not throw.
  virtual void chunk_box(Extents id, std::span<std::uint64_t> origin, std::span<std::uint64_t> shape) const = 0;

  /// Emits every chunk that holds an element of `box`, each once, in boxes that each hold one; `cursor` says from which
  /// box on. The box lies inside the array; `box.step` is null where all steps are 1, and chunks that lie in the gaps
  /// between steps may come along. What `emit` throws is no std::exception, and must not be caught. The host notices
  /// when elements are left out, and blames the grid.
  virtual void chunks_in(const zeo_box& box, Cursor cursor, const EmitChunks& emit, const Call& call) const = 0;

 private:
  std::size_t ndim_;
};

/// A grid that cuts each axis on its own.
class SeparableGrid : public BoundGrid {
 public:
  using BoundGrid::BoundGrid;

  struct Edge {
    std::uint64_t origin;  ///< the first element
    std::uint64_t length;  ///< origin + length is below 2^64
  };

  virtual std::uint64_t count(std::size_t axis) const = 0;
  virtual Edge edge(std::size_t axis, std::uint64_t chunk) const = 0;
  /// The chunk that holds an element of the array.
  virtual std::uint64_t chunk_at(std::size_t axis, std::uint64_t element) const = 0;
  /// No step up to this one jumps over a chunk: the length of the shortest chunk.
  virtual std::uint64_t longest_step(std::size_t axis) const = 0;

  void counts(std::span<std::uint64_t> counts) const final {
    for (std::size_t axis = 0; axis < ndim(); ++axis) counts[axis] = count(axis);
  }

  void chunk_box(Extents id, std::span<std::uint64_t> origin, std::span<std::uint64_t> shape) const final {
    for (std::size_t axis = 0; axis < ndim(); ++axis) {
      const auto found = edge(axis, id[axis]);
      origin[axis] = found.origin;
      shape[axis] = found.length;
    }
  }

  /// Runs of neighbouring chunks along each axis, combined; chunks that steps jump over are left out. The cursor is,
  /// along each axis, the number of the element that the run begins with.
  void chunks_in(const zeo_box& box, Cursor cursor, const EmitChunks& emit, const Call& call) const final;

 private:
  /// Chunks that are looked at one by one make runs of at most so many: between two runs the host may have enough.
  static constexpr std::uint64_t longest_run = 4096;

  struct Run {
    std::uint64_t next;  ///< the first of the box's elements that is not in it; the box's length: there is no more
    std::uint64_t origin;
    std::uint64_t length;
  };

  /// The chunks from the one with the box's element `k` on, up to the first that holds none, or to enough.
  Run run_from(std::size_t axis, const zeo_box& box, std::uint64_t k) const;
};

inline SeparableGrid::Run SeparableGrid::run_from(std::size_t axis, const zeo_box& box, std::uint64_t k) const {
  const auto step = box.step == nullptr ? 1 : box.step[axis];
  const auto origin = box.origin[axis];
  const auto length = box.shape[axis];
  const auto first = chunk_at(axis, origin + k * step);
  if (length == 1) return {length, first, 1};
  if (step <= longest_step(axis)) {
    return {length, first, chunk_at(axis, origin + (length - 1) * step) - first + 1};
  }
  for (auto last = first;; ++last) {
    const auto [from, width] = edge(axis, last);
    k = (from + width - origin - 1) / step + 1;  // the first element past this chunk
    if (k >= length) return {length, first, last - first + 1};
    const bool gap = chunk_at(axis, origin + k * step) != last + 1;
    if (gap || last - first + 1 == longest_run) return {k, first, last - first + 1};
  }
}

inline void SeparableGrid::chunks_in(const zeo_box& box, Cursor cursor, const EmitChunks& emit, const Call&) const {
  std::array<Run, ZEO_MAX_NDIM> runs;
  std::array<std::uint64_t, ZEO_MAX_NDIM> origin;
  std::array<std::uint64_t, ZEO_MAX_NDIM> shape;
  const auto set = [&](std::size_t axis, std::uint64_t k) {
    cursor[axis] = k;
    runs[axis] = run_from(axis, box, k);
    origin[axis] = runs[axis].origin;
    shape[axis] = runs[axis].length;
  };
  for (std::size_t axis = 0; axis < ndim(); ++axis) {
    if (box.shape[axis] == 0) return;
  }
  for (std::size_t axis = 0; axis < ndim(); ++axis) set(axis, cursor[axis]);
  for (;;) {
    emit({origin.data(), ndim()}, {shape.data(), ndim()});
    auto axis = ndim();
    while (axis > 0 && runs[axis - 1].next == box.shape[axis - 1]) --axis;
    if (axis == 0) return;
    set(axis - 1, runs[axis - 1].next);
    for (; axis < ndim(); ++axis) set(axis, 0);
  }
}

/// A grid as metadata has it.
class ChunkGrid : public Extension {
 public:
  static constexpr std::uint32_t point = ZEO_POINT_CHUNK_GRID;

  /// Binds the grid to an array of this shape. Throws invalid() when the two do not fit. The result is released before
  /// the grid is.
  virtual std::unique_ptr<BoundGrid> bind(Extents shape, const Call& call) const = 0;

  static zeo_object* box(std::unique_ptr<ChunkGrid> grid, std::string configuration);
};

/// The functions behind zeo_chunk_grid_vtable and zeo_bound_grid_vtable.
struct ChunkGridTable {
  static const BoundGrid& bound(const zeo_bound_grid* self) { return author<BoundGrid>(self); }

  static zeo_status bind(const zeo_chunk_grid* self, std::uint32_t ndim, const std::uint64_t* shape,
                         zeo_bound_grid** out, const zeo_call* call) {
    return guard(call, [&] {
      if (ndim > ZEO_MAX_NDIM) throw invalid("{} dimensions are more than the {} supported", ndim, +ZEO_MAX_NDIM);
      for (std::uint32_t axis = 0; axis < ndim; ++axis) {
        if (shape[axis] > max_extent) {
          throw invalid("the array is {} long on axis {}, more than the {} supported", shape[axis], axis, max_extent);
        }
      }
      static const zeo_bound_grid_vtable table = bound_table();
      auto grid = author<ChunkGrid>(self).bind({shape, ndim}, Call(call));
      if (grid == nullptr) throw failure(ZEO_INTERNAL, "bind() of the chunk grid returned nothing");
      *out = make_box<BoundGrid, zeo_bound_grid>(std::move(grid), &table);
    });
  }

  static void counts(const zeo_bound_grid* self, std::uint64_t* counts) {
    const std::span<std::uint64_t> all(counts, bound(self).ndim());
    try {
      bound(self).counts(all);
    } catch (...) {
      // No exception leaves the library. The host sees that elements are missing.
      std::fill(all.begin(), all.end(), 0u);
    }
  }

  static void chunk_boxes(const zeo_bound_grid* self, const std::uint64_t* ids, std::uint64_t n,
                          std::uint64_t* origins, std::uint64_t* shapes) {
    const auto& grid = bound(self);
    const auto ndim = grid.ndim();
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::span<std::uint64_t> shape(shapes + i * ndim, ndim);
      try {
        grid.chunk_box({ids + i * ndim, ndim}, {origins + i * ndim, ndim}, shape);
      } catch (...) {
        std::fill(shape.begin(), shape.end(), 0u);  // as above
      }
    }
  }

  static zeo_status chunks_in(const zeo_bound_grid* self, const zeo_box* box, std::uint64_t* cursor,
                              zeo_emit_chunks emit, void* environment, const zeo_call* call) {
    return guard(call, [&] {
      const auto& grid = bound(self);
      const Cursor numbers(cursor, std::max<std::size_t>(grid.ndim(), 1));
      grid.chunks_in(*box, numbers, EmitChunks(emit, environment), Call(call));
    });
  }

  static constexpr zeo_chunk_grid_vtable table() {
    zeo_chunk_grid_vtable table{};
    table.object = Box<zeo_chunk_grid, ChunkGrid>::head(sizeof(zeo_chunk_grid_vtable));
    table.bind = &bind;
    return table;
  }

  static constexpr zeo_bound_grid_vtable bound_table() {
    zeo_bound_grid_vtable table{};
    table.object = Box<zeo_bound_grid, BoundGrid>::head(sizeof(zeo_bound_grid_vtable));
    table.object.to_json = nullptr;
    table.counts = &counts;
    table.chunk_boxes = &chunk_boxes;
    table.chunks_in = &chunks_in;
    return table;
  }
};

inline zeo_object* ChunkGrid::box(std::unique_ptr<ChunkGrid> grid, std::string configuration) {
  static const zeo_chunk_grid_vtable table = ChunkGridTable::table();
  return reinterpret_cast<zeo_object*>(
      make_box<ChunkGrid, zeo_chunk_grid>(std::move(grid), &table, std::move(configuration)));
}

}  // namespace zeolite::sdk
