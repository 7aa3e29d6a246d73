// SPDX-License-Identifier: Apache-2.0
#include "group.hpp"

#include <algorithm>
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

Detached Group::run_one(Group& group, Task<void> task, std::uint64_t share) {
  try {
    co_await task;
  } catch (...) {
    group.fail(std::current_exception());
  }
  group.operation_.resources().budget.give_back(share);
  // The last one goes on with the waiter on this thread. Its frame may end before resume() returns, with the group.
  if (group.arrive(1)) group.waiter_.resume();
}

bool Flow::await_suspend(std::coroutine_handle<> waiter) {
  waiter_ = waiter;
  group_.left_.fetch_add(n_, std::memory_order_relaxed);
  // A few are begun here and now, so that their operations join those of the tasks around this one.
  const bool few = start_ == Start::together ? n_ <= block : n_ == 1;
  if (few) {
    (void)begin_some(n_);
    if (exhausted()) return false;
  }
  group_.operation_.add(*this);
  return true;
}

std::uint64_t Flow::block_size() const noexcept {
  if (start_ == Start::together) return block;
  // Fewer and fewer, so that all threads end at about the same time.
  const auto left = n_ - next_.load(std::memory_order_relaxed);
  return std::clamp<std::uint64_t>(left / (std::uint64_t{4} * group_.operation_.workers().concurrency()), 1, block);
}

std::uint64_t Flow::blocks() const noexcept {
  const auto left = n_ - next_.load(std::memory_order_relaxed);
  return start_ == Start::together ? (left + block - 1) / block : left;
}

unsigned Flow::threads() const noexcept {
  // Where there are many blocks, each thread has one of its own to work on.
  return blocks() > 1 ? 1 : group_.operation_.workers().concurrency();
}

bool Flow::begin_some(std::uint64_t most) noexcept {
  auto& operation = group_.operation_;
  auto& budget = operation.resources().budget;
  std::uint64_t begin_at = 0, end = 0, skipped = 0;
  bool allowed = true;
  {
    std::lock_guard lock(mutex_);
    begin_at = next_.load(std::memory_order_relaxed);
    end = begin_at;
    if (operation.is_cancelled() || group_.failed_) {
      skipped = n_ - begin_at;
      next_.store(n_);
    } else {
      const auto last = begin_at + std::min(most, n_ - begin_at);
      if (!share_) {
        end = last;
      } else {
        const auto self = operation.shared_from_this();
        while (end < last && (allowed = budget.take(share_(end), self))) ++end;
      }
      next_.store(end);
    }
  }
  if (skipped != 0) {
    group_.failure_.add(std::make_exception_ptr(Error(ErrorCode::cancelled, "cancelled")));
    // Whoever will wait for the group has not arrived yet, so that this is never the last.
    (void)group_.arrive(skipped);
  }
  for (auto i = begin_at; i < end; ++i) begin(i);
  return allowed;
}

void Flow::begin(std::uint64_t i) noexcept {
  const auto share = share_ ? share_(i) : 0;
  try {
    Group::run_one(group_, make_(i), share).release().resume();
  } catch (...) {
    // It was not even made.
    group_.fail(std::current_exception());
    group_.operation_.resources().budget.give_back(share);
    (void)group_.arrive(1);
  }
}

Task<void> all(Operation& operation, std::uint64_t n, MakeTask make, Start start, ShareOf share) {
  Failure failure;
  Group group(operation, failure);
  Flow flow = group.start(n, std::move(make), start, std::move(share));
  co_await flow;
  co_await group.wait();
  failure.rethrow();
}

}  // namespace zeolite
