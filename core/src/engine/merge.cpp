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
  return operation.kind == ZEO_OP_GET && operation.range_done == nullptr && operation.if_match.size == 0 &&
         operation.if_none_match.size == 0;
}

/// Several reads of one value. It ends with the answer.
class Merged final : public Asker {
 public:
  /// The tickets are there as long as a member has no answer.
  Merged(Tickets& tickets, std::span<zeo_store_op* const> of)
      : tickets_(tickets), members_(of.begin(), of.end()), ticket_(tickets.take(*this)) {
    for (const auto* const member : members_) {
      if (member->n_ranges == 0) ranges_.push_back({0, ZEOLITE_REST});
      ranges_.insert(ranges_.end(), member->ranges, member->ranges + member->n_ranges);
      outs_.insert(outs_.end(), member->outs, member->outs + std::max(member->n_ranges, std::uint32_t{1}));
    }
    auto& operation = ticket_.operation;
    operation.kind = ZEO_OP_GET;
    operation.key = of.front()->key;
    operation.cancelled = of.front()->cancelled;
    operation.ranges = ranges_.data();
    operation.n_ranges = static_cast<std::uint32_t>(ranges_.size());
    operation.outs = outs_.data();
  }
  ~Merged() { tickets_.give_back(ticket_); }

  zeo_store_op* operation() { return &ticket_.operation; }

  void answered(const zeo_store_result& result) noexcept override {
    const auto* out = outs_.data();
    for (auto* const member : members_) {
      const auto n = std::max(member->n_ranges, std::uint32_t{1});
      std::copy(out, out + n, member->outs);
      out += n;
    }
    const bool may_be_one = fails_by_one(result);
    // Each member may end with its answer, what it was asked for with it, and with the last the context.
    const auto members = std::move(members_);
    delete this;
    for (auto* const member : members) {
      if (may_be_one) {
        Tickets::fail_with_others(*member, result);
      } else {
        member->done(member, &result);
      }
    }
  }

 private:
  /// Whether it may have failed by what one of them asked for: bytes that are not there, or too many of them.
  bool fails_by_one(const zeo_store_result& result) const noexcept {
    if (result.status == ZEO_NO_MEMORY) return true;
    if (result.status != ZEO_CORRUPT) return false;
    const auto bytes = result.value_bytes;
    return bytes == UINT64_MAX || std::any_of(ranges_.begin(), ranges_.end(), [&](const zeo_range& range) {
             if (range.offset == ZEOLITE_SUFFIX) return false;
             return range.offset > bytes || (range.length != ZEOLITE_REST && range.length > bytes - range.offset);
           });
  }

  Tickets& tickets_;
  std::vector<zeo_store_op*> members_;
  std::vector<zeo_range> ranges_;
  std::vector<zeo_out> outs_;
  Ticket& ticket_;
};

bool same_value(const zeo_store_op& a, const zeo_store_op& b) {
  return a.key.size == b.key.size && (a.key.data == b.key.data || view(a.key) == view(b.key));
}

/// The operations with those merged that can be. What is wanted of one value mostly stands together: plans see to that.
std::vector<zeo_store_op*> merge(Tickets& tickets, std::span<zeo_store_op* const> operations, unsigned concurrency) {
  const auto n = operations.size();
  const auto most = concurrency == 1 ? n : std::max<std::size_t>(1, n / (std::size_t{4} * concurrency));
  std::vector<zeo_store_op*> result;
  result.reserve(n);
  std::vector<std::unique_ptr<Merged>> made;
  for (std::size_t i = 0, end = 0; i < n; i = end) {
    end = i + 1;
    while (end < n && end - i < most && is_plain_read(*operations[i]) && is_plain_read(*operations[end]) &&
           same_value(*operations[i], *operations[end])) {
      ++end;
    }
    if (end - i == 1) {
      result.push_back(operations[i]);
    } else {
      made.push_back(std::make_unique<Merged>(tickets, operations.subspan(i, end - i)));
      result.push_back(made.back()->operation());
    }
  }
  for (auto& merged : made) (void)merged.release();
  return result;
}

}  // namespace

void submit_merged(const Resources& resources, zeo_store* store, std::span<zeo_store_op* const> operations,
                   bool alone, unsigned concurrency, const zeo_call* call) noexcept {
  auto& counters = resources.counters;
  // Fewer are split anyway.
  if (!alone && operations.size() >= std::size_t{8} * concurrency) {
    try {
      const auto merged = merge(resources.tickets, operations, concurrency);
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
