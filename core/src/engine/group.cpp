// SPDX-License-Identifier: Apache-2.0
#include "group.hpp"

#include <algorithm>
#include <new>
#include <optional>

#include <zeolite/error.hpp>

namespace zeolite {

namespace {

std::optional<ErrorCode> code_of(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error.code();
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

void Failure::add(std::exception_ptr failure) noexcept {
  const bool echo = code_of(failure) == ErrorCode::cancelled;
  std::lock_guard lock(mutex_);
  if (exception_ && (!echo_ || echo)) return;
  exception_ = std::move(failure);
  echo_ = echo;
}

void Failure::rethrow() const {
  std::lock_guard lock(mutex_);
  if (exception_) std::rethrow_exception(exception_);
}

void Group::fail(std::exception_ptr failure) noexcept {
  const auto code = code_of(failure);
  failure_.add(std::move(failure));
  failed_ = true;
  // What an inner group could not do may be tried again; nobody tries for an outer one.
  const bool may_pass = code == ErrorCode::conflict || operation_.has_trusted_caches;
  if (urgency_ == Urgency::outer || !may_pass) operation_.cancel();
}

void Group::end(Share* share) noexcept {
  const auto ended = Share::end(share);
  if (ended != 0 && arrive(ended)) go_on();
}

void Group::go_on() noexcept {
  if (urgency_ == Urgency::inner) return waiter_.resume();
  // From the top, or one run after the other would go on inside the last answer of the one before.
  ready_.handle = waiter_;
  operation_.resume_later(ready_);
}

Detached Group::run_one(Group& group, Task<void> task, Share* share) {
  try {
    co_await task;
  } catch (...) {
    group.fail(std::current_exception());
  }
  // On this thread. This frame may end before the waiter suspends again, with the group.
  group.end(share);
}

bool Flow::await_suspend(std::coroutine_handle<> waiter) noexcept {
  if (!launched_) launch();
  return added_ && group_.operation_.wait_for(*this, waiter);
}

void Flow::launch() noexcept {
  launched_ = true;
  group_.left_.fetch_add(n_, std::memory_order_relaxed);
  // A few are begun here and now, so that their operations join those of the tasks around this one.
  const bool few = n_ == 1 || (start_ == Start::together && !large_ && n_ <= block);
  if (few) {
    (void)begin_some(n_);
    if (exhausted()) return;
  }
  added_ = true;
  group_.operation_.add(*this);
}

std::uint64_t Flow::share_of(std::uint64_t i) const noexcept {
  try {
    return share_(i);
  } catch (...) {
    return 0;  // it fails when it begins, and says why itself
  }
}

std::uint64_t Flow::block_size() const noexcept {
  if (large_) return 1;
  if (start_ == Start::together) return block;
  // Fewer and fewer, so that all threads end at about the same time.
  const auto left = n_ - next_.load(std::memory_order_relaxed);
  return std::clamp<std::uint64_t>(left / (std::uint64_t{4} * group_.operation_.workers().concurrency()), 1, block);
}

std::uint64_t Flow::blocks() const noexcept {
  const auto left = n_ - next_.load(std::memory_order_relaxed);
  return start_ == Start::together && !large_ ? (left + block - 1) / block : left;
}

unsigned Flow::threads() const noexcept {
  // Where there are many blocks, each thread has one of its own to work on.
  return blocks() > 1 ? 1 : group_.operation_.workers().concurrency();
}

std::uint64_t Flow::take_share(std::uint64_t begin, std::uint64_t end, Share*& share) noexcept {
  auto& budget = group_.operation_.resources().budget;
  share = new (std::nothrow) Share{budget, share_ ? share_of(begin) : 0, 1, 1};
  if (share == nullptr) return begin + 1;  // no memory to count with: it is not counted
  auto next = share_ ? begin + 1 : end;
  for (; next < end; ++next) {
    const auto more = share_of(next);
    // Tasks that take none must not hold any with others: what they begin may ask for some.
    if ((more == 0) != (share->bytes == 0)) break;
    if (share->bytes + more > large_bytes || share->bytes + more > budget.limit_bytes() / 8) break;
    share->bytes += more;
  }
  share->tasks = next - begin;
  share->left = next - begin;
  if (budget.take(share->bytes, group_.operation_.shared_from_this())) return next;
  delete share;
  return begin;
}

bool Flow::begin_some(std::uint64_t most) noexcept {
  auto& operation = group_.operation_;
  std::uint64_t begun = 0;
  for (;;) {
    std::uint64_t first = 0, end = 0;
    Share* share = nullptr;
    {
      std::lock_guard lock(mutex_);
      first = next_.load(std::memory_order_relaxed);
      if (first == n_ || begun == most) return true;
      const bool stopped = operation.is_cancelled() || group_.failed_;
      const auto last = stopped ? n_ : first + std::min(most - begun, n_ - first);
      end = stopped ? last : take_share(first, last, share);
      next_.store(end);
      if (end == first) return false;
      if (stopped) {
        group_.failure_.add(std::make_exception_ptr(Error(ErrorCode::cancelled, "cancelled")));
        // Whoever will wait for the group has not arrived yet, so that this is never the last.
        (void)group_.arrive(end - first);
        return true;
      }
    }
    for (auto i = first; i < end; ++i) begin(i, share);
    begun += end - first;
  }
}

void Flow::begin(std::uint64_t i, Share* share) noexcept {
  try {
    Group::run_one(group_, make_(i), share).release().resume();
  } catch (...) {
    // It was not even made.
    group_.fail(std::current_exception());
    // Whoever will wait for the group has not arrived yet, so that this is never the last.
    group_.end(share);
  }
}

Task<void> all(Operation& operation, std::uint64_t n, MakeTask make, Start start, Weight weight) {
  Failure failure;
  Group group(operation, failure);
  Flow flow = group.start(n, std::move(make), start, std::move(weight));
  co_await flow;
  co_await group.wait();
  failure.rethrow();
}

}  // namespace zeolite
