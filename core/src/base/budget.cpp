// SPDX-License-Identifier: Apache-2.0
#include "budget.hpp"

#include <algorithm>
#include <new>

namespace zeolite {

bool Budget::take_if_free(std::uint64_t bytes) noexcept {
  auto used = used_bytes_.load();
  do {
    const bool fits = used <= limit_bytes_ && bytes <= limit_bytes_ - used;
    if (!fits && used != 0) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes));
  return true;
}

bool Budget::take(std::uint64_t bytes, const std::shared_ptr<Waiter>& waiter) noexcept {
  if (bytes == 0) return true;
  if (waiting_.load() == 0 && take_if_free(bytes)) return true;
  {
    std::lock_guard lock(mutex_);
    if (std::find(waiters_.begin(), waiters_.end(), waiter) == waiters_.end()) {
      try {
        waiters_.push_back(waiter);
      } catch (const std::bad_alloc&) {
        used_bytes_.fetch_add(bytes);
        return true;
      }
      waiting_.store(waiters_.size());
    }
    // Asked again now that the queue is to be seen: what was given back before has told nobody.
    if (waiters_.front() != waiter || !take_if_free(bytes)) return false;
    waiters_.pop_front();
    waiting_.store(waiters_.size());
  }
  // It has left the queue, though other work of its own may have been told to wait.
  (void)waiter->may_ask_again();
  tell_first();
  return true;
}

void Budget::give_back(std::uint64_t bytes) noexcept {
  if (bytes == 0) return;
  used_bytes_.fetch_sub(bytes);
  tell_first();
}

void Budget::leave(const Waiter& waiter) noexcept {
  if (waiting_.load() != 0 && remove(waiter)) tell_first();
}

void Budget::tell_first() noexcept {
  while (waiting_.load() != 0) {
    const auto next = first();
    if (!next || next->may_ask_again()) return;
    // Others need not stand behind it. What it has come to want meanwhile has found it in the queue, and waits there no
    // longer.
    if (remove(*next)) (void)next->may_ask_again();
  }
}

bool Budget::remove(const Waiter& waiter) noexcept {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(waiters_.begin(), waiters_.end(), [&](const auto& w) { return w.get() == &waiter; });
  if (found == waiters_.end()) return false;
  waiters_.erase(found);
  waiting_.store(waiters_.size());
  return true;
}

std::shared_ptr<Budget::Waiter> Budget::first() {
  std::lock_guard lock(mutex_);
  return waiters_.empty() ? nullptr : waiters_.front();
}

}  // namespace zeolite
