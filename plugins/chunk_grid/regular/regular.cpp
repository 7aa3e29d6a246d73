// SPDX-License-Identifier: Apache-2.0
//
// All chunks of one shape; those at the edge reach beyond the array.
// Source: Zarr specification, "Regular chunk grid".
#include <zeolite/sdk/chunk_grid.hpp>

namespace {

using namespace zeolite;

class BoundRegular : public sdk::SeparableGrid {
 public:
  BoundRegular(sdk::Extents shape, const std::vector<std::uint64_t>& chunk_shape)
      : SeparableGrid(shape.size()), chunk_shape_(chunk_shape) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const auto length = shape[axis];
      counts_.push_back(length == 0 ? 0 : (length - 1) / chunk_shape_[axis] + 1);
    }
  }

  std::uint64_t count(std::size_t axis) const override { return counts_[axis]; }
  Edge edge(std::size_t axis, std::uint64_t chunk) const override {
    return {chunk * chunk_shape_[axis], chunk_shape_[axis]};
  }
  std::uint64_t chunk_at(std::size_t axis, std::uint64_t element) const override {
    return element / chunk_shape_[axis];
  }
  std::uint64_t longest_step(std::size_t axis) const override { return chunk_shape_[axis]; }

 private:
  std::vector<std::uint64_t> chunk_shape_;
  std::vector<std::uint64_t> counts_;
};

class Regular : public sdk::ChunkGrid {
 public:
  static constexpr sdk::Names names{.name = "regular", .aliases = {"@default"}};

  void fields(sdk::Fields& f) override { f.required("chunk_shape", chunk_shape_); }

  void created(const sdk::Call&) override {
    if (chunk_shape_.size() > ZEO_MAX_NDIM) {
      throw sdk::invalid("member \"chunk_shape\" has {} lengths, more than the {} supported", chunk_shape_.size(),
                         +ZEO_MAX_NDIM);
    }
    for (std::size_t axis = 0; axis < chunk_shape_.size(); ++axis) {
      if (chunk_shape_[axis] < 1 || chunk_shape_[axis] > sdk::max_extent) {
        throw sdk::invalid("member \"chunk_shape\" must hold lengths from 1 to {}, not {} on axis {}", sdk::max_extent,
                           chunk_shape_[axis], axis);
      }
    }
  }

  std::unique_ptr<sdk::BoundGrid> bind(sdk::Extents shape, const sdk::Call&) const override {
    if (shape.size() != chunk_shape_.size()) {
      throw sdk::invalid("chunk_shape has {} lengths, the array has {} dimensions", chunk_shape_.size(), shape.size());
    }
    return std::make_unique<BoundRegular>(shape, chunk_shape_);
  }

 private:
  std::vector<std::uint64_t> chunk_shape_;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.chunk_grid.regular", "0.1.0", "Apache-2.0", Regular)
