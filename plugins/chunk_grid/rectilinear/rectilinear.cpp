// SPDX-License-Identifier: Apache-2.0
//
// Chunks of different lengths along each axis. Source: zarr-extensions, chunk-grids/rectilinear.
//
// Edge lengths stay in runs as the configuration gives them: [1, 1000000000000] costs one run, a million different
// lengths cost a million runs, and finding a chunk is a binary search over runs.
#include "axis.hpp"
#include "chunk_shapes.hpp"

namespace {

using namespace zeolite;
using rectilinear::Axis;

class BoundRectilinear : public sdk::SeparableGrid {
 public:
  BoundRectilinear(sdk::Extents shape, const std::vector<Axis>& axes) : SeparableGrid(shape.size()), axes_(axes) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      counts_.push_back(shape[axis] == 0 ? 0 : axes[axis].chunk_at(shape[axis] - 1) + 1);
    }
  }

  std::uint64_t count(std::size_t axis) const override { return counts_[axis]; }
  Edge edge(std::size_t axis, std::uint64_t chunk) const override { return axes_[axis].edge(chunk); }
  std::uint64_t chunk_at(std::size_t axis, std::uint64_t element) const override {
    return axes_[axis].chunk_at(element);
  }
  std::uint64_t longest_step(std::size_t axis) const override { return axes_[axis].shortest(); }

 private:
  const std::vector<Axis>& axes_;  // the grid's, which outlives this
  std::vector<std::uint64_t> counts_;
};

class Rectilinear : public sdk::ChunkGrid {
 public:
  static constexpr sdk::Names names{.name = "rectilinear"};

  void fields(sdk::Fields& f) override {
    f.one_of("kind", kind_, {{"inline", Kind::inline_lengths}}, true);
    f.required("chunk_shapes", chunk_shapes_);
  }

  void created(const sdk::Call&) override { axes_ = rectilinear::ChunkShapes::read(chunk_shapes_.text); }

  std::unique_ptr<sdk::BoundGrid> bind(sdk::Extents shape, const sdk::Call&) const override {
    if (shape.size() != axes_.size()) {
      throw sdk::invalid("chunk_shapes has {} items, the array has {} dimensions", axes_.size(), shape.size());
    }
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (axes_[axis].extent() < shape[axis]) {
        throw sdk::invalid("the edges along axis {} add up to {}, less than the array's length {}", axis,
                           axes_[axis].extent(), shape[axis]);
      }
    }
    return std::make_unique<BoundRectilinear>(shape, axes_);
  }

 private:
  enum class Kind { inline_lengths };

  Kind kind_ = Kind::inline_lengths;
  sdk::JsonText chunk_shapes_;  // it is written back as it was given
  std::vector<Axis> axes_;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.chunk_grid.rectilinear", "0.1.0", "Apache-2.0", Rectilinear)
