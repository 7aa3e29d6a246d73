// SPDX-License-Identifier: Apache-2.0
#include "request.hpp"

#include "gathering.hpp"

#include <fmt/format.h>

namespace zeolite {

Request::Request(Operation& operation, zeo_store* store, std::uint32_t kind, std::string_view key)
    : owner_(operation),
      store_(store),
      blocking_((store->v->properties(store)->flags & ZEO_STORE_BLOCKING) != 0),
      ticket_(&operation.resources().tickets.take(*this)) {
  ticket_->operation.kind = kind;
  ticket_->operation.key = str(key);
  ticket_->operation.cancelled = operation.cancelled();
}

void Request::want(zeo_range range, Buffer& into) {
  ranges_.push_back(range);
  buffers_.push_back(&into);
}

void Request::want_all(Buffer& into) { buffers_.push_back(&into); }

void Request::want_in_turn(std::span<const zeo_range> ranges, Buffer& slab, Take take) {
  ranges_.assign(ranges.begin(), ranges.end());
  outs_.assign(ranges.size(), *slab.abi());
  take_ = std::move(take);
  ticket_->operation.range_done = &Tickets::on_range_done;
}

void Request::range_done(std::uint32_t range) noexcept {
  // A store that has lost count is found out in the end.
  if (range != taken_ || range >= ranges_.size()) return;
  const auto& out = outs_[range];
  if (out.size != ranges_[range].length || out.size > out.capacity) return;
  ++taken_;
  take_(range, {out.data, out.size});
}

void Request::await_suspend(std::coroutine_handle<> waiter) {
  waiter_.handle = waiter;
  outs_.reserve(buffers_.size());
  for (auto* const buffer : buffers_) outs_.push_back(*buffer->abi());
  ticket_->operation.ranges = ranges_.data();
  ticket_->operation.n_ranges = static_cast<std::uint32_t>(ranges_.size());
  ticket_->operation.outs = outs_.data();
  ticket_->operation.values = values_.data();
  ticket_->operation.n_values = static_cast<std::uint32_t>(values_.size());
  timing_.begin(owner_.counters(), owner_.counters().wait_ns);
  Gathering::current().add(store_, &ticket_->operation, alone_);
}

bool Request::says_there_is_none(zeo_status status) const noexcept {
  return status == ZEO_NOT_FOUND && ticket_->operation.kind != ZEO_OP_SET;
}

void Request::answered(const zeo_store_result& result) noexcept {
  timing_.stop();
  status_ = result.status;
  try {
    if (result.status != ZEO_OK && !says_there_is_none(result.status)) message_ = view(result.message);
    if (result.generation.size != 0) generation_ = view(result.generation);
  } catch (...) {
    // Without memory for the words the status stands alone, and the version counts as not known.
    generation_.clear();
  }
  value_bytes_ = result.value_bytes;
  // Resuming ends this request, so nothing of it is touched afterwards.
  if (blocking_) {
    resume(owner_.resources(), waiter_.handle);
  } else {
    owner_.resume_later(waiter_);
  }
}

void Request::renew_alone() {
  auto& tickets = owner_.resources().tickets;
  auto& fresh = tickets.take(*this);
  fresh.operation.kind = ticket_->operation.kind;
  fresh.operation.key = ticket_->operation.key;
  fresh.operation.cancelled = ticket_->operation.cancelled;
  tickets.give_back(*ticket_);
  ticket_ = &fresh;
  for (auto* const buffer : buffers_) buffer->clear();
  outs_.clear();
  alone_ = true;
  with_others_ = false;
}

void Request::take_back() noexcept {
  for (std::size_t i = 0; i < buffers_.size(); ++i) *buffers_[i]->abi() = outs_[i];
}

bool Request::answer() {
  if (status_ == ZEO_OK) {
    std::uint64_t read = 0, written = 0;
    for (const auto* const buffer : buffers_) {
      if (buffer->overrun()) {
        throw Error(ErrorCode::internal, "the store claims to have delivered more than it had room for");
      }
    }
    for (const auto& out : outs_) read += out.size;
    if (take_ && taken_ != ranges_.size()) {
      throw Error(ErrorCode::internal,
                  fmt::format("the store has told of {} ranges where {} were asked for", taken_, ranges_.size()));
    }
    for (const auto& value : values_) written += value.size;
    if (!values_.empty()) {
      std::uint64_t kept = 0;
      for (const auto& range : ranges_) kept += range.length;
      if (kept != 0) owner_.counters().kept_bytes.add(kept);
    }
    if (read != 0) owner_.counters().read_bytes.add(read);
    if (written != 0) owner_.counters().written_bytes.add(written);
    return true;
  }
  if (says_there_is_none(status_)) return false;
  for (const auto* const buffer : buffers_) {
    if (buffer->refused()) {
      throw Error(ErrorCode::corrupt,
                  fmt::format("the stored value is longer than the {} bytes allowed for it", buffer->limit()));
    }
  }
  const bool known = status_ > ZEO_OK && status_ <= ZEO_INTERNAL;
  throw Error(known ? static_cast<ErrorCode>(status_) : ErrorCode::internal,
              message_.empty() ? "the store failed without saying why" : message_);
}

}  // namespace zeolite
