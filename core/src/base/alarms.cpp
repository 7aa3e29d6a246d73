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
  std::unique_lock lock(mutex_);
  // Who is called by the alarm may well be done with it.
  if (std::this_thread::get_id() != thread_.get_id()) {
    changed_.wait(lock, [&] { return ringing_ != &*alarm; });
  }
  entries_.erase(alarm);
}

void Alarms::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.ring && (!b.ring || a.time < b.time);
    });
    if (due == entries_.end() || !due->ring) {
      changed_.wait(lock);
    } else if (due->time > Clock::now()) {
      // A copy: the entry may be cleared meanwhile.
      const auto time = due->time;
      changed_.wait_until(lock, time);
    } else {
      const auto ring = std::exchange(due->ring, nullptr);
      ringing_ = &*due;
      lock.unlock();
      ring();
      lock.lock();
      ringing_ = nullptr;
      changed_.notify_all();
    }
  }
}

}  // namespace zeolite
