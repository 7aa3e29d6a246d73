// SPDX-License-Identifier: Apache-2.0
#include "write_plan.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "group.hpp"
#include "pieces.hpp"

namespace zeolite {

namespace {

/// One piece of a plan: the part of the selection that falls into it, and where its present bytes are.
Task<void> encode_piece(const Scope& scope, const Chain& chain, Selection part, Dims valid, std::optional<Source> old,
                        Encoded& result) {
  result = co_await encode_value(scope, chain, part, valid, std::move(old));
  result.join();
}

Dims clip(const Dims& valid, const zeo_piece& piece) {
  Dims inside(valid.size());
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto begin = std::min(valid[i], piece.origin[i]);
    inside[i] = std::min(valid[i] - begin, piece.shape[i]);
  }
  return inside;
}

/// The pieces that a plan wants encoded.
Task<std::vector<Encoded>> encode_pieces(const Scope& scope, const Chain& chain, const zeo_wants& wants,
                                         const Selection& selection, const Dims& valid, const Source* old) {
  const auto& link = chain.array_bytes();
  const auto ndim = selection.ndim();
  std::vector<Encoded> encoded(wants.n);
  const auto encode_one = [&](std::uint64_t i) {
    const auto& piece = wants.pieces[i];
    check_piece(link, piece);
    auto part = selection.cut(std::span(piece.origin, ndim), std::span(piece.shape, ndim));
    std::optional<Source> present;
    if (old != nullptr && piece.range.length != 0) present = old->part(piece.range);
    return encode_piece(scope, chain_of(link, piece), std::move(part), clip(valid, piece), std::move(present),
                        encoded[i]);
  };
  co_await all(scope.operation, wants.n, encode_one, Start::spread);
  co_return encoded;
}

/// Joins the segments of a new value. Of the present value, long ranges are left to the store, where it can keep them.
class Joining {
 public:
  Joining(const Scope& scope, const Chain::Link& link, std::span<const zeo_segment> segments)
      : scope_(scope), link_(link), segments_(segments), room_(scope.context.options.max_chunk_bytes) {}

  Task<Encoded> join(std::vector<Encoded> pieces, const Source* old) {
    co_await fetch(old);
    Encoded encoded;
    encoded.present = !segments_.empty();
    encoded.parts.reserve(segments_.size());
    for (const auto& segment : segments_) {
      if (is_kept(segment)) {
        encoded.kept.resize(segments_.size());
        encoded.kept[encoded.parts.size()] = segment.range;
      }
      encoded.parts.push_back(bytes_of(segment, pieces));
    }
    co_return encoded;
  }

 private:
  Error broken(std::string message) const { return link_.error(ErrorCode::internal, std::move(message)); }

  bool is_kept(const zeo_segment& segment) const {
    const auto [offset, length] = segment.range;
    return segment.kind == ZEO_SEGMENT_OLD && length >= least_kept_bytes_ && offset != ZEOLITE_SUFFIX &&
           length != ZEOLITE_REST;
  }

  /// Fetches the ranges of the present value that the store does not keep.
  Task<void> fetch(const Source* old) {
    if (old != nullptr) least_kept_bytes_ = old->least_kept_bytes();
    std::vector<zeo_range> ranges;
    for (const auto& segment : segments_) {
      if (segment.kind != ZEO_SEGMENT_OLD) continue;
      if (old == nullptr) throw broken("the plan carries over bytes of a value that does not exist");
      if (!is_kept(segment)) ranges.push_back(segment.range);
    }
    if (ranges.empty()) co_return;
    fetched_ = co_await old->fetch(scope_.operation, std::move(ranges), scope_.context.options.max_chunk_bytes);
    if (!fetched_.present) throw broken("the plan carries over bytes of a value that does not exist");
  }

  Buffer bytes_of(const zeo_segment& segment, std::vector<Encoded>& pieces) {
    switch (segment.kind) {
      case ZEO_SEGMENT_PIECE: {
        if (segment.piece >= pieces.size() || !pieces[segment.piece].present) {
          throw broken("the plan stores a piece that it was not given");
        }
        pieces[segment.piece].present = false;
        auto& piece = pieces[segment.piece].parts[0];
        take(piece.size());
        return std::move(piece);
      }
      case ZEO_SEGMENT_OLD: {
        if (is_kept(segment)) {
          take(segment.range.length);
          return Buffer();
        }
        const auto i = next_fetched_++;
        take(fetched_.parts[i].size);
        return i < fetched_.buffers.size() ? std::move(fetched_.buffers[i]) : copy_of(fetched_.parts[i]);
      }
      case ZEO_SEGMENT_BYTES: {
        if (segment.bytes.data == nullptr && segment.bytes.size != 0) {
          throw broken("the plan stores bytes that are nowhere");
        }
        take(segment.bytes.size);
        return copy_of(segment.bytes);
      }
      default: throw broken(fmt::format("the plan stores a segment of unknown kind {}", segment.kind));
    }
  }

  Buffer copy_of(zeo_bytes bytes) const {
    Buffer copy(UINT64_MAX, &scope_.operation.memory());
    copy.resize(bytes.size);
    if (bytes.size != 0) std::memcpy(copy.data(), bytes.data, bytes.size);
    return copy;
  }

  /// Runs of a damaged value may overlap, so that together they are longer than the value.
  void take(std::uint64_t bytes) {
    if (bytes > room_) {
      throw Error(ErrorCode::no_memory, fmt::format("the new value would be longer than {} bytes (max_chunk_bytes)",
                                                    scope_.context.options.max_chunk_bytes));
    }
    room_ -= bytes;
  }

  const Scope& scope_;
  const Chain::Link& link_;
  std::span<const zeo_segment> segments_;
  std::uint64_t room_;
  std::uint64_t least_kept_bytes_ = UINT64_MAX;
  Fetched fetched_;
  std::size_t next_fetched_ = 0;
};

Owned<zeo_plan> make_write_plan(const Scope& scope, const Chain::Link& link, const Selection& selection,
                                const Dims& valid) {
  // What lies beyond the array counts as written, so that a chunk at the edge needs no reading.
  const Dims zero(selection.ndim(), 0);
  const Dims shape(link.decoded.shape, link.decoded.shape + selection.ndim());
  const auto box = selection.covers(valid) ? zeo_box{zero.data(), shape.data(), nullptr} : selection.box();
  zeo_plan* plan = nullptr;
  auto call = scope.call();
  link.check(call, link.v().write_plan(link.bound.get(), &box, &plan, call));
  return own_plan(link, plan);
}

Task<Encoded> follow_write_plan(const Scope& scope, const Chain& chain, Selection selection, Dims valid,
                                std::optional<Source> old) {
  const auto& link = chain.array_bytes();
  const auto broken = [&](std::string message) { return link.error(ErrorCode::internal, std::move(message)); };
  const auto elements = checked_product(std::span(link.decoded.shape, selection.ndim())).value();
  const auto plan = make_write_plan(scope, link, selection, valid);
  std::optional<std::vector<Encoded>> pieces;
  unsigned rounds = 0;
  std::vector<zeo_got> got;
  std::vector<Fetched> held;
  for (;;) {
    zeo_wants wants{};
    wants.struct_size = sizeof(wants);
    {
      auto call = scope.call();
      link.check(call, plan->v->advance(plan.get(), got.data(), got.size(), &wants, call));
    }
    got.clear();
    if (wants.kind == ZEO_WANTS_RANGES) {
      auto ranges = take_ranges(link, wants, ++rounds);
      if (old) {
        held.push_back(co_await old->fetch(scope.operation, std::move(ranges), scope.context.options.max_chunk_bytes));
        if (!held.back().present) old.reset();
      }
      if (old) {
        got = to_got(held.back());
      } else {
        got.assign(wants.n, zeo_got{});
      }
    } else if (wants.kind == ZEO_WANTS_PIECES) {
      if (pieces) throw broken("the plan names pieces twice");
      if (wants.n > elements || (wants.n != 0 && wants.pieces == nullptr)) {
        throw broken(fmt::format("the plan names {} pieces of a chunk of {} elements", wants.n, elements));
      }
      const Source* const present = old ? &*old : nullptr;
      pieces = co_await encode_pieces(scope, chain, wants, selection, valid, present);
      for (const auto& piece : *pieces) {
        got.push_back({piece.present ? piece.parts[0].bytes() : zeo_bytes{}, 0, piece.present ? 1u : 0u, 0});
      }
    } else if (wants.kind == ZEO_WANTS_SEGMENTS) {
      // A segment or two for each piece, and an index.
      if (wants.n / 3 > elements || (wants.n != 0 && wants.segments == nullptr)) {
        throw broken(fmt::format("the plan names {} segments of a chunk of {} elements", wants.n, elements));
      }
      Joining joining(scope, link, std::span(wants.segments, wants.n));
      const Source* const present = old ? &*old : nullptr;
      co_return co_await joining.join(std::move(pieces).value_or(std::vector<Encoded>()), present);
    } else {
      throw broken("the plan wants something that writing does not know");
    }
  }
}

}  // namespace

Task<Encoded> encode_by_plan(const Scope& scope, const Chain& chain, Selection selection, Dims valid,
                             std::optional<Source> old) {
  try {
    co_return co_await follow_write_plan(scope, chain, std::move(selection), std::move(valid), std::move(old));
  } catch (Error& error) {
    chain.array_bytes().blame(error);
    throw;
  }
}

}  // namespace zeolite
