// SPDX-License-Identifier: Apache-2.0
//
// Where the inner chunks of a shard lie, and which of them a box touches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <zeolite/sdk/array.hpp>

namespace zeolite::sharding_indexed {

using Coordinates = std::vector<std::uint64_t>;

/// A shard cut into equal inner chunks, numbered in C order.
class Geometry {
 public:
  /// An index of more entries (2 GiB of them) is no way to find anything.
  static constexpr std::uint64_t max_chunks = std::uint64_t{1} << 27;

  Geometry(std::span<const std::uint64_t> shard, const Coordinates& inner)
      : shard_(shard.begin(), shard.end()), inner_(inner) {
    if (inner_.size() != shard_.size()) {
      throw sdk::invalid("\"chunk_shape\" has {} axes, the shard has {}", inner_.size(), shard_.size());
    }
    // The index has one axis more, and is an array like any other.
    if (shard_.size() >= ZEO_MAX_NDIM) {
      throw sdk::unsupported("a shard can have up to {} axes, not {}", ZEO_MAX_NDIM - 1, shard_.size());
    }
    for (std::size_t axis = 0; axis < shard_.size(); ++axis) {
      if (inner_[axis] == 0 || shard_[axis] % inner_[axis] != 0) {
        throw sdk::invalid("\"chunk_shape\" {} does not divide the shard {} on axis {}: {} is no multiple of {}",
                           list(inner_), list(shard_), axis, shard_[axis], inner_[axis]);
      }
      counts_.push_back(shard_[axis] / inner_[axis]);
      if (counts_.back() > max_chunks / chunks_) {
        throw sdk::unsupported("a shard can hold up to {} inner chunks; \"chunk_shape\" {} cuts {} into more",
                               max_chunks, list(inner_), list(shard_));
      }
      chunks_ *= counts_.back();
    }
  }

  std::size_t ndim() const { return shard_.size(); }
  const Coordinates& shard() const { return shard_; }
  /// The shape of an inner chunk.
  const Coordinates& inner() const { return inner_; }
  /// Inner chunks along each axis.
  const Coordinates& counts() const { return counts_; }
  /// Inner chunks in all.
  std::uint64_t chunks() const { return chunks_; }

  /// "(0, 2, 1)", the place of an inner chunk in its shard.
  std::string name(std::uint64_t number) const {
    Coordinates chunk(ndim());
    for (std::size_t axis = ndim(); axis-- > 0; number /= counts_[axis]) chunk[axis] = number % counts_[axis];
    return fmt::format("({})", fmt::join(chunk, ", "));
  }

 private:
  static std::string list(const Coordinates& values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

  Coordinates shard_;
  Coordinates inner_;
  Coordinates counts_;
  std::uint64_t chunks_ = 1;
};

/// The inner chunks that hold elements of a box, one after the other in C order. Nothing is listed beforehand: a box
/// may touch millions of them. With steps longer than an inner chunk, those stepped over are left out.
class Touched {
 public:
  Touched(const Geometry& geometry, const sdk::Region& box) : geometry_(geometry) {
    for (std::size_t axis = 0; axis < geometry.ndim(); ++axis) {
      const auto step = box.step(axis);
      const auto length = geometry.shard()[axis];
      const Axis along{box.origin(axis), box.shape(axis), step, geometry.inner()[axis]};
      if (along.count == 0) {
        done_ = true;
      } else if (step == 0 || along.origin >= length || (along.count - 1) > (length - 1 - along.origin) / step) {
        throw sdk::invalid("the box reaches beyond the shard on axis {}", axis);
      }
      axes_.push_back(along);
    }
    places_.resize(axes_.size());
    origin_.resize(axes_.size());
    place();
  }

  bool done() const { return done_; }

  void next() {
    for (std::size_t axis = axes_.size(); axis-- > 0;) {
      if (++places_[axis] < axes_[axis].chunks()) return place();
      places_[axis] = 0;
    }
    done_ = true;
  }

  /// The present inner chunk: its number, and its first element in the shard.
  std::uint64_t number() const { return number_; }
  const Coordinates& origin() const { return origin_; }

  /// Whether the box holds all elements of the present inner chunk.
  bool covered() const {
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      if (!axes_[axis].covers(origin_[axis])) return false;
    }
    return true;
  }

  /// How many inner chunks are touched in all.
  std::uint64_t size() const {
    std::uint64_t product = 1;
    for (const auto& axis : axes_) product *= axis.count == 0 ? 0 : axis.chunks();
    return product;
  }

  /// Whether the box is the whole shard.
  bool everything() const {
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      if (axes_[axis].count != geometry_.shard()[axis]) return false;
    }
    return true;
  }

 private:
  struct Axis {
    std::uint64_t origin;
    std::uint64_t count;
    std::uint64_t step;
    std::uint64_t inner;

    /// Inner chunks touched along this axis: all in between, unless a step is longer than a chunk and each element
    /// lies in another one.
    std::uint64_t chunks() const {
      return step > inner ? count : (origin + (count - 1) * step) / inner - origin / inner + 1;
    }
    std::uint64_t chunk(std::uint64_t place) const {
      return step > inner ? (origin + place * step) / inner : origin / inner + place;
    }
    bool covers(std::uint64_t start) const {
      if (inner == 1) return true;
      return step == 1 && start >= origin && start + inner <= origin + count;
    }
  };

  void place() {
    if (done_) return;
    number_ = 0;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      const auto chunk = axes_[axis].chunk(places_[axis]);
      number_ = number_ * geometry_.counts()[axis] + chunk;
      origin_[axis] = chunk * axes_[axis].inner;
    }
  }

  const Geometry& geometry_;
  std::vector<Axis> axes_;
  Coordinates places_;
  Coordinates origin_;
  std::uint64_t number_ = 0;
  bool done_ = false;
};

}  // namespace zeolite::sharding_indexed
