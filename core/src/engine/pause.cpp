// SPDX-License-Identifier: Apache-2.0
#include "pause.hpp"

#include <algorithm>
#include <chrono>
#include <random>

#include "../base/thread_number.hpp"

namespace zeolite {

namespace {

Alarms::Clock::duration random_pause(unsigned failed) {
  using std::chrono::microseconds;
  thread_local std::minstd_rand random(static_cast<unsigned>(Alarms::Clock::now().time_since_epoch().count()) +
                                       static_cast<unsigned>(thread_number()));
  // At most a millisecond, two, four, and so on up to a tenth of a second.
  const auto longest = std::min(1000L << std::min(failed - 2, 7U), 100'000L);
  return microseconds(std::uniform_int_distribution<long>(1, longest)(random));
}

}  // namespace

Pause::~Pause() {
  if (alarm_) operation_.resources().alarms.clear(*alarm_);
  if (known_) operation_.end_wait(*this);
}

bool Pause::await_suspend(std::coroutine_handle<> waiter) noexcept {
  ready.handle = waiter;
  operation_.begin_wait(*this);
  known_ = true;
  if (operation_.is_cancelled()) return false;
  try {
    alarm_ = operation_.resources().alarms.set(Alarms::Clock::now() + random_pause(failed_), [this] {
      if (end()) operation_.resume_later(ready);
    });
  } catch (...) {
    return false;  // a pause is worth no failure
  }
  return !met_.exchange(true);
}

bool Pause::end() noexcept { return !ended_.exchange(true) && met_.exchange(true); }

}  // namespace zeolite
