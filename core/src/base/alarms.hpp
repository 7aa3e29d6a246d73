// SPDX-License-Identifier: Apache-2.0
//
// Deadlines: a thread that calls when a time has come. It is started with the first alarm.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace zeolite {

/// Thread-safe.
class Alarms {
 public:
  using Clock = std::chrono::steady_clock;
  using Ring = std::function<void()>;

  Alarms() = default;
  ~Alarms();
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  struct Entry {
    Clock::time_point time;
    Ring ring;  ///< empty once it has rung
  };
  using Alarm = std::list<Entry>::iterator;

  /// Calls `ring`, which throws nothing, at this time, on a thread of its own, holding no lock.
  Alarm set(Clock::time_point time, Ring ring);
  /// It does not ring any more once this has returned, unless this is called by `ring` itself. For each alarm once,
  /// whether it has rung or not.
  void clear(Alarm alarm) noexcept;

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Entry> entries_;        // guarded by mutex_; a few, one for each call with a deadline
  const Entry* ringing_ = nullptr;  // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_
  std::thread thread_;              // guarded by mutex_ until stopping_
};

}  // namespace zeolite
