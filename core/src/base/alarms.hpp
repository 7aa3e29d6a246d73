// SPDX-License-Identifier: Apache-2.0
//
// Deadlines: a thread that calls when a time has come. It is started with the first alarm. What takes long it leaves to
// a second one, which is started with the first such work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
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

  /// Whether this is the thread that watches the clock.
  bool watches_here() const noexcept;
  /// Runs `work`, which throws nothing, on the other thread; it keeps these alarms until it has ended. False: there is
  /// no such thread to be had.
  bool hand_on(Ring work) noexcept;

 private:
  /// Shared with the thread: the alarms may go on it, with the last handle to a context.
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::list<Entry> entries;        // guarded by mutex; a few, one for each call with a deadline
    const Entry* ringing = nullptr;  // guarded by mutex
    std::deque<Ring> works;          // guarded by mutex
    std::thread::id watcher;         // guarded by mutex
    bool stopping = false;           // guarded by mutex
  };
  static void watch(State& state);
  static void work(State& state);
  static void end(std::thread& thread);

  const std::shared_ptr<State> state_ = std::make_shared<State>();
  // Guarded by the state's mutex while there are alarms:
  std::thread watcher_;
  std::thread worker_;
};

}  // namespace zeolite
