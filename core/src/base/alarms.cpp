// SPDX-License-Identifier: Apache-2.0
#include "alarms.hpp"

#include <algorithm>
#include <utility>

namespace zeolite {

Alarms::~Alarms() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

Alarms::Alarm Alarms::set(Clock::time_point time, Ring ring) {
  std::lock_guard lock(state_->mutex);
  if (!thread_.joinable()) thread_ = std::thread([state = state_] { run(*state); });
  state_->entries.push_front({time, std::move(ring)});
  state_->changed.notify_all();
  return state_->entries.begin();
}

void Alarms::clear(Alarm alarm) noexcept {
  std::unique_lock lock(state_->mutex);
  // Who is called by the alarm may well be done with it.
  if (std::this_thread::get_id() != thread_.get_id()) {
    state_->changed.wait(lock, [&] { return state_->ringing != &*alarm; });
  }
  state_->entries.erase(alarm);
}

bool Alarms::watches_here() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return std::this_thread::get_id() == thread_.get_id();
}

bool Alarms::hand_on(std::function<void()> work) noexcept {
  try {
    if (!worker_) worker_.emplace(1);
    worker_->post(std::move(work));
    return true;
  } catch (...) {
    return false;
  }
}

void Alarms::run(State& state) {
  std::unique_lock lock(state.mutex);
  while (!state.stopping) {
    const auto due = std::min_element(state.entries.begin(), state.entries.end(), [](const Entry& a, const Entry& b) {
      return a.ring && (!b.ring || a.time < b.time);
    });
    if (due == state.entries.end() || !due->ring) {
      state.changed.wait(lock);
    } else if (due->time > Clock::now()) {
      // A copy: the entry may be cleared meanwhile.
      const auto time = due->time;
      state.changed.wait_until(lock, time);
    } else {
      {
        const auto ring = std::exchange(due->ring, nullptr);
        state.ringing = &*due;
        lock.unlock();
        ring();
      }
      lock.lock();
      state.ringing = nullptr;
      state.changed.notify_all();
    }
  }
}

}  // namespace zeolite
