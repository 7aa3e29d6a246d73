// SPDX-License-Identifier: Apache-2.0
//
// Reading a box of a shard: the index, then the inner chunks that the box touches.
#pragma once

#include "shard.hpp"

namespace zeolite::sharding_indexed {

class ReadPlan final : public sdk::Steps<ReadPlan> {
 public:
  ReadPlan(const Shard& shard, const sdk::Region& box)
      : Steps(&ReadPlan::ask), shard_(shard), touched_(shard.geometry, box), index_(shard.geometry) {}

  /// So many pieces are handed out at once, however many the box touches.
  static constexpr std::size_t page_pieces = 4096;
  /// Up to this decoded size a shard of which everything is wanted is fetched as a whole: one request instead of two
  /// rounds. Larger ones are read through the index, so that the host need not have all of one in memory at once.
  static constexpr std::uint64_t whole_bytes = std::uint64_t{128} << 20;

 private:
  sdk::Wants ask(sdk::Answers, const sdk::Call&) {
    if (touched_.done()) return done();
    const bool whole = touched_.size() == shard_.geometry.chunks() && shard_.decoded_bytes <= whole_bytes;
    return fetch(whole ? sdk::whole_value : shard_.index.range(), &ReadPlan::open);
  }

  sdk::Wants open(sdk::Answers got, const sdk::Call& call) {
    index_ = shard_.index.read(got[0], call);
    return next_page({}, call);
  }

  sdk::Wants next_page(sdk::Answers, const sdk::Call&) {
    if (touched_.done()) return done();
    const auto& geometry = shard_.geometry;
    sdk::Pieces page(geometry.ndim());
    page.reserve(std::min<std::uint64_t>(page_pieces, touched_.size()));
    for (; !touched_.done() && page.size() < page_pieces; touched_.next()) {
      if (const auto present = index_.locate(touched_.number())) {
        page.coded(touched_.origin(), geometry.inner(), *present, shard_.inner.get());
      } else {
        page.fill(touched_.origin(), geometry.inner());
      }
    }
    return pieces(std::move(page), &ReadPlan::next_page);
  }

  const Shard& shard_;
  Touched touched_;
  Index index_;
};

}  // namespace zeolite::sharding_indexed
