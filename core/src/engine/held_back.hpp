// SPDX-License-Identifier: Apache-2.0
//
// Where operations wait before their store is given them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace zeolite {

/// All such places of a context, so that whoever cancels operations can let them leave. Copies are the same; one that
/// is held stays usable when the context has gone. Thread-safe.
class HeldBack {
 public:
  class Line {
   public:
    virtual ~Line() = default;
    /// Answers all that are not wanted any more.
    virtual void dismiss() noexcept = 0;
  };

  void add(std::shared_ptr<Line> line) {
    const std::lock_guard lock(state_->mutex);
    for (auto& place : state_->lines) {
      if (!place) return void(place = std::move(line));
    }
    state_->lines.push_back(std::move(line));
  }

  void remove(const Line& line) noexcept {
    const std::lock_guard lock(state_->mutex);
    for (auto& place : state_->lines) {
      if (place.get() == &line) place.reset();
    }
  }

  /// What is answered may end the context.
  void dismiss() const noexcept {
    const auto state = state_;
    for (std::size_t i = 0;; ++i) {
      std::shared_ptr<Line> line;
      {
        const std::lock_guard lock(state->mutex);
        if (i >= state->lines.size()) return;
        line = state->lines[i];
      }
      if (line) line->dismiss();
    }
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::shared_ptr<Line>> lines;  // guarded by mutex; nobody moves, so that none is passed over
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace zeolite
