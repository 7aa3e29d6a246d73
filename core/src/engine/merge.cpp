// SPDX-License-Identifier: Apache-2.0
#include "merge.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "../base/call.hpp"
#include "../base/object.hpp"

namespace zeolite {
namespace {

bool is_plain_read(const zeo_store_op& operation) {
  return operation.kind == ZEO_OP_GET && operation.range_done == nullptr && operation.if_match.size == 0 &&
         operation.if_none_match.size == 0;
}

/// Whether an operation may fail like this by what it asks for, so that others of the same value may not.
bool is_of_one(zeo_status status) { return status == ZEO_CORRUPT || status == ZEO_NO_MEMORY; }

/// Several reads of one value. It ends with the answer.
class Merged final : public Asker {
 public:
  /// All that `resources` refers to, and the store, are there as long as a member has no answer.
  Merged(const Resources& resources, zeo_store* store, std::span<zeo_store_op* const> of)
      : resources_(resources),
        store_(store),
        members_(of.begin(), of.end()),
        ticket_(resources.tickets.take(*this)) {
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
  ~Merged() { resources_.tickets.give_back(ticket_); }

  zeo_store_op* operation() { return &ticket_.operation; }

  void answered(const zeo_store_result& result) noexcept override {
    const bool apart = is_of_one(result.status);
    const auto* out = outs_.data();
    for (auto* const member : members_) {
      const auto n = std::max(member->n_ranges, std::uint32_t{1});
      std::copy(out, out + n, member->outs);
      // They may have got other memory, which is to be filled from its beginning.
      for (std::uint32_t i = 0; apart && i < n; ++i) member->outs[i].size = 0;
      out += n;
    }
    // Each member may end with its `done`, what it was asked for with it, and with the last the context.
    const auto members = std::move(members_);
    const auto resources = resources_;
    auto* const store = store_;
    delete this;
    if (apart) return ask_apart(resources, store, members);
    for (auto* const member : members) member->done(member, &result);
  }

 private:
  /// One of them asks for what there is not; the others are not to fail with it.
  static void ask_apart(const Resources& resources, zeo_store* store,
                        std::span<zeo_store_op* const> members) noexcept {
    resources.counters.requests.add(members.size());
    Call call(resources.workers);
    store->v->submit(store, members.data(), members.size(), call);
  }

  const Resources resources_;
  zeo_store* const store_;
  std::vector<zeo_store_op*> members_;
  std::vector<zeo_range> ranges_;
  std::vector<zeo_out> outs_;
  Ticket& ticket_;
};

bool same_value(const zeo_store_op& a, const zeo_store_op& b) {
  return a.key.size == b.key.size && (a.key.data == b.key.data || view(a.key) == view(b.key));
}

/// The operations with those merged that can be. What is wanted of one value mostly stands together: plans see to that.
std::vector<zeo_store_op*> merge(const Resources& resources, zeo_store* store,
                                 std::span<zeo_store_op* const> operations, unsigned concurrency) {
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
      made.push_back(std::make_unique<Merged>(resources, store, operations.subspan(i, end - i)));
      result.push_back(made.back()->operation());
    }
  }
  for (auto& merged : made) (void)merged.release();
  return result;
}

}  // namespace

void submit_merged(const Resources& resources, zeo_store* store, std::span<zeo_store_op* const> operations,
                   unsigned concurrency, const zeo_call* call) noexcept {
  auto& counters = resources.counters;
  // Fewer are split anyway.
  if (operations.size() >= std::size_t{8} * concurrency) {
    try {
      const auto merged = merge(resources, store, operations, concurrency);
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
