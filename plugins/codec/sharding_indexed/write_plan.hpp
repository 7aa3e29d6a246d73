// SPDX-License-Identifier: Apache-2.0
//
// Replacing a box of a shard: the present index, then the inner chunks that the box touches, then the new shard, into
// which all other inner chunks are carried over as bytes. The new shard has its chunks in C order without gaps, however
// the present one looks, so that equal content has equal bytes whichever way it was written.
#pragma once

#include "shard.hpp"

namespace zeolite::sharding_indexed {

class WritePlan final : public sdk::Steps<WritePlan> {
 public:
  WritePlan(const Shard& shard, const sdk::Region& box)
      : Steps(&WritePlan::ask), shard_(shard), touched_(shard.geometry, box), old_(shard.geometry) {}

 private:
  sdk::Wants ask(sdk::Answers, const sdk::Call& call) {
    if (touched_.everything()) return encode({}, call);
    return fetch(shard_.index.range(), &WritePlan::open);
  }

  sdk::Wants open(sdk::Answers got, const sdk::Call& call) {
    old_ = shard_.index.read(got[0], call);
    return encode({}, call);
  }

  sdk::Wants encode(sdk::Answers, const sdk::Call&) {
    sdk::Pieces list(shard_.geometry.ndim());
    list.reserve(touched_.size());
    numbers_.reserve(touched_.size());
    for (; !touched_.done(); touched_.next()) {
      numbers_.push_back(touched_.number());
      list.coded(touched_.origin(), shard_.geometry.inner(), needed(), shard_.inner.get());
    }
    return pieces(std::move(list), &WritePlan::assemble);
  }

  sdk::Wants assemble(sdk::Answers got, const sdk::Call& call) {
    const bool index_first = shard_.index.location() == Location::start;
    std::vector<Entry> entries(shard_.geometry.chunks(), Entry{empty, empty});
    sdk::Segments parts;
    std::uint64_t position = index_first ? shard_.index.bytes() : 0;
    std::size_t piece = 0;  // numbers_ is in C order too
    for (std::uint64_t number = 0; number < entries.size(); ++number) {
      if (piece < numbers_.size() && numbers_[piece] == number) {
        if (got[piece].present != 0) {
          entries[number] = append(position, got[piece].bytes.size);
          parts.piece(piece);
        }
        ++piece;
      } else if (const auto present = old_.locate(number)) {
        entries[number] = append(position, present->length);
        parts.old(*present);
      }
    }
    if (std::any_of(entries.begin(), entries.end(), [](const Entry& entry) { return entry.offset != empty; })) {
      append(position, index_first ? 0 : shard_.index.bytes());
      auto index = shard_.index.write(std::move(entries), call);
      index_first ? parts.front(std::move(index)) : parts.bytes(std::move(index));
    }
    return segments(std::move(parts));
  }

  /// The present bytes of the touched chunk, if some of its elements stay as they are.
  zeo_range needed() const {
    if (touched_.covered()) return {};
    const auto present = old_.locate(touched_.number());
    if (!present) return {};
    if (present->length == 0) {  // which to the host would mean that there is no chunk
      throw sdk::corrupt("inner chunk {} is there but has no bytes; it can only be replaced as a whole",
                         shard_.geometry.name(touched_.number()));
    }
    return *present;
  }

  /// Takes the next `nbytes` bytes of the new shard.
  static Entry append(std::uint64_t& position, std::uint64_t nbytes) {
    constexpr std::uint64_t longest = INT64_MAX;  // far from the mark of empty chunks, and what files can be
    if (nbytes > longest - position) {
      throw sdk::corrupt("the new shard would be longer than {} bytes; the present one may hold chunks that overlap",
                         longest);
    }
    return {std::exchange(position, position + nbytes), nbytes};
  }

  const Shard& shard_;
  Touched touched_;
  Index old_;
  std::vector<std::uint64_t> numbers_;  // of the pieces, in order
};

}  // namespace zeolite::sharding_indexed
