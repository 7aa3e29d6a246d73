// SPDX-License-Identifier: Apache-2.0
//
// Deadlines: a thread that calls when a time has come. It is started with the first alarm. What takes long it leaves to
// a second one, which is started with the first such work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "thread_pool.hpp"

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

  /// Whether this is the thread that watches the clock.
  bool watches_here() const noexcept;
  /// For that thread: has `work`, which throws nothing and keeps these alarms until it has ended, done by the other
  /// one. False: there is no such thread to be had.
  bool hand_on(std::function<void()> work) noexcept;

 private:
  /// Shared with the thread: the alarms may go on it, with the last handle to a context.
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::list<Entry> entries;        // guarded by mutex; a few, one for each call with a deadline
    const Entry* ringing = nullptr;  // guarded by mutex
    bool stopping = false;           // guarded by mutex
  };
  static void run(State& state);

  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::thread thread_;  // guarded by the state's mutex while there are alarms
  std::optional<ThreadPool> worker_;
};

}  // namespace zeolite
