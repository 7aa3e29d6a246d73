// SPDX-License-Identifier: Apache-2.0
//
// One writer a stored value: reading a chunk, changing a part of it and storing it again must not interleave.
#pragma once

#include <coroutine>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include <zeolite/error.hpp>

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

  /// Throws ErrorCode::cancelled if the operation is cancelled before the lock is free.
  class Waiting final : private Wait {
   public:
    Waiting(KeyLocks& locks, Operation& operation, std::string name)
        : locks_(locks), operation_(operation), name_(std::move(name)) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
      if (known_) operation_.end_wait(*this);
    }

    bool await_ready() { return locks_.try_acquire(name_); }
    bool await_suspend(std::coroutine_handle<> waiter) {
      ready.handle = waiter;
      // First, since once it stands in the queue it may go on at any moment.
      operation_.begin_wait(*this);
      known_ = true;
      return locks_.stand_in_queue(*this);
    }
    Guard await_resume() {
      if (called_off_) throw Error(ErrorCode::cancelled, "cancelled");
      return Guard(locks_, std::move(name_));
    }

   private:
    friend class KeyLocks;
    bool call_off() noexcept override { return locks_.call_off(*this); }

    KeyLocks& locks_;
    Operation& operation_;
    std::string name_;
    bool known_ = false;  // to the operation
    // Guarded by the mutex of the locks until it goes on:
    std::list<Waiting*>* queue_ = nullptr;  // in which it stands
    std::list<Waiting*>::iterator position_;
    bool called_off_ = false;
  };

  /// `auto guard = co_await locks.acquire(operation, name);`
  Waiting acquire(Operation& operation, std::string name) { return Waiting(*this, operation, std::move(name)); }

 private:
  bool try_acquire(const std::string& name) {
    std::lock_guard lock(mutex_);
    return held_.try_emplace(name).second;
  }

  /// False: there is nothing to wait for.
  bool stand_in_queue(Waiting& waiting) {
    std::lock_guard lock(mutex_);
    const auto [held, added] = held_.try_emplace(waiting.name_);
    if (added) return false;
    // Whoever cancels the operation either has said so, or finds this in the queue.
    waiting.called_off_ = waiting.operation_.is_cancelled();
    if (waiting.called_off_) return false;
    waiting.position_ = held->second.insert(held->second.end(), &waiting);
    waiting.queue_ = &held->second;
    return true;
  }

  /// False: it does not stand in the queue any more, or not yet.
  bool call_off(Waiting& waiting) noexcept {
    std::lock_guard lock(mutex_);
    if (waiting.queue_ == nullptr) return false;
    waiting.queue_->erase(waiting.position_);
    waiting.queue_ = nullptr;
    waiting.called_off_ = true;
    return true;
  }

  void release(const std::string& name) {
    Waiting* next = nullptr;
    {
      std::lock_guard lock(mutex_);
      const auto held = held_.find(name);
      if (held->second.empty()) {
        held_.erase(held);
        return;
      }
      next = held->second.front();
      held->second.pop_front();
      next->queue_ = nullptr;
    }
    // Its own operation goes on with it: it may belong to another caller's thread.
    next->operation_.resume_later(next->ready);
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::list<Waiting*>> held_;  // guarded by mutex_
};

}  // namespace zeolite
