// SPDX-License-Identifier: Apache-2.0
#include "merge.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "../base/object.hpp"

namespace zeolite {
namespace {

bool is_plain_read(const zeo_store_op& operation) {
  return operation.kind == ZEO_OP_GET && operation.if_match.size == 0 && operation.if_none_match.size == 0;
}

/// Several reads of one value. It lives until the store has answered.
struct Merged {
  zeo_store_op operation;
  std::vector<zeo_store_op*> members;
  std::vector<zeo_range> ranges;
  std::vector<zeo_out> outs;

  explicit Merged(std::span<zeo_store_op* const> of) : operation(*of.front()), members(of.begin(), of.end()) {
    for (const auto* const member : members) {
      if (member->n_ranges == 0) ranges.push_back({0, ZEOLITE_REST});
      ranges.insert(ranges.end(), member->ranges, member->ranges + member->n_ranges);
      outs.insert(outs.end(), member->outs, member->outs + std::max(member->n_ranges, std::uint32_t{1}));
    }
    operation.ranges = ranges.data();
    operation.n_ranges = static_cast<std::uint32_t>(ranges.size());
    operation.outs = outs.data();
    operation.done = &on_done;
    operation.host = this;
  }

  static void on_done(zeo_store_op* operation, const zeo_store_result* result) {
    const std::unique_ptr<Merged> self(static_cast<Merged*>(operation->host));
    const auto* out = self->outs.data();
    for (auto* const member : self->members) {
      const auto n = std::max(member->n_ranges, std::uint32_t{1});
      std::copy(out, out + n, member->outs);
      out += n;
    }
    // Each member may end with its `done`, and what it was asked for with it.
    for (auto* const member : self->members) member->done(member, result);
  }
};

/// The operations with those merged that can be.
std::vector<zeo_store_op*> merge(std::span<zeo_store_op* const> operations, unsigned concurrency) {
  std::vector<zeo_store_op*> sorted(operations.begin(), operations.end());
  const auto key = [](const zeo_store_op* operation) { return view(operation->key); };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const zeo_store_op* a, const zeo_store_op* b) { return key(a) < key(b); });
  const auto most = concurrency == 1 ? operations.size()
                                     : std::max<std::size_t>(1, operations.size() / (std::size_t{4} * concurrency));
  std::vector<zeo_store_op*> result;
  result.reserve(sorted.size());
  std::vector<std::unique_ptr<Merged>> made;
  for (std::size_t i = 0; i < sorted.size();) {
    auto end = i + 1;
    while (end < sorted.size() && end - i < most && is_plain_read(*sorted[i]) && is_plain_read(*sorted[end]) &&
           key(sorted[end]) == key(sorted[i])) {
      ++end;
    }
    if (end - i == 1) {
      result.push_back(sorted[i]);
    } else {
      made.push_back(std::make_unique<Merged>(std::span(sorted).subspan(i, end - i)));
      result.push_back(&made.back()->operation);
    }
    i = end;
  }
  for (auto& merged : made) (void)merged.release();
  return result;
}

}  // namespace

void submit_merged(zeo_store* store, std::span<zeo_store_op* const> operations, unsigned concurrency,
                   CounterCells& counters, const zeo_call* call) noexcept {
  // Fewer are split anyway.
  if (operations.size() >= std::size_t{8} * concurrency) {
    try {
      const auto merged = merge(operations, concurrency);
      counters.requests.add(merged.size());
      counters.joined.add(operations.size() - merged.size());
      store->v->submit(store, merged.data(), merged.size(), call);
      return;
    } catch (const std::bad_alloc&) {
      // As they are, then: without memory nothing may be lost.
    }
  }
  counters.requests.add(operations.size());
  store->v->submit(store, operations.data(), operations.size(), call);
}

}  // namespace zeolite
