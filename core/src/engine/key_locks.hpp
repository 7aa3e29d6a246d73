// SPDX-License-Identifier: Apache-2.0
//
// One writer a stored value: reading a chunk, changing a part of it and storing it again must not interleave.
#pragma once

#include <coroutine>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "operation.hpp"

namespace zeolite {

/// Locks that tasks wait for without holding a thread. Names are of the caller's choice. Thread-safe.
class KeyLocks {
 public:
  /// Ends the lock when it goes; the task that has waited longest goes on.
  class Guard {
   public:
    Guard(KeyLocks& locks, std::string name) : locks_(&locks), name_(std::move(name)) {}
    Guard(Guard&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), name_(std::move(other.name_)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (locks_ != nullptr) locks_->release(name_);
    }

   private:
    KeyLocks* locks_;
    std::string name_;
  };

  class Waiting {
   public:
    Waiting(KeyLocks& locks, Operation& operation, std::string name)
        : locks_(locks), operation_(operation), name_(std::move(name)) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) {
      std::lock_guard lock(locks_.mutex_);
      const auto [held, added] = locks_.held_.try_emplace(name_);
      if (added) return false;
      ready_.handle = waiter;
      held->second.push_back({&operation_, &ready_});
      return true;
    }
    Guard await_resume() { return Guard(locks_, std::move(name_)); }

   private:
    KeyLocks& locks_;
    Operation& operation_;
    std::string name_;
    Ready ready_;
  };

  /// `auto guard = co_await locks.acquire(operation, name);`
  Waiting acquire(Operation& operation, std::string name) { return Waiting(*this, operation, std::move(name)); }

 private:
  struct Waiter {
    Operation* operation;
    Ready* ready;
  };

  void release(const std::string& name) {
    Waiter next{};
    {
      std::lock_guard lock(mutex_);
      const auto held = held_.find(name);
      if (held->second.empty()) {
        held_.erase(held);
        return;
      }
      next = held->second.front();
      held->second.pop_front();
    }
    // Its own operation goes on with it: it may belong to another caller's thread.
    next.operation->resume_later(*next.ready);
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::deque<Waiter>> held_;  // guarded by mutex_
};

}  // namespace zeolite
