// SPDX-License-Identifier: Apache-2.0
#include "alarms.hpp"

#include <algorithm>
#include <utility>

namespace zeolite {

Alarms::~Alarms() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Alarms::Alarm Alarms::set(Clock::time_point time, Ring ring) {
  std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  entries_.push_front({time, std::move(ring)});
  changed_.notify_all();
  return entries_.begin();
}

void Alarms::clear(Alarm alarm) noexcept {
  std::lock_guard lock(mutex_);
  entries_.erase(alarm);
}

void Alarms::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = Clock::now();
    auto next = Clock::time_point::max();
    for (auto& entry : entries_) {
      if (!entry.ring) continue;
      if (entry.time > now) {
        next = std::min(next, entry.time);
      } else {
        // Under the lock, so that clear() waits until it has rung.
        std::exchange(entry.ring, nullptr)();
      }
    }
    if (next == Clock::time_point::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, next);
    }
  }
}

}  // namespace zeolite
