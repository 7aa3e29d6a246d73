// SPDX-License-Identifier: Apache-2.0
//
// A plugin that was found: what is known of it, and its library once it was opened.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include <zeolite/registry.hpp>

#include "table.hpp"

namespace zeolite::plugin {

/// Thread-safe. Never moves and never goes while its catalog lives.
class Record {
 public:
  /// From a manifest; with `info.refusal` set it is refused from the start.
  explicit Record(PluginInfo info);

  /// A plugin that is part of this program: open already.
  Record(PluginInfo info, Table table);

  /// All but `loaded` and `refusal`, which change: ask for those below, or for a copy().
  const PluginInfo& info() const { return info_; }
  PluginInfo copy() const;

  /// The library's file, or what else tells a person which plugin this is.
  std::string file() const;

  /// Name and file: "acme.pack (/a/pack.so)".
  std::string who() const;

  /// Opens the library, if nobody has yet. Whether the plugin can be used; if not, refusal() says why.
  bool open();

  bool refused() const { return state() == State::refused; }
  /// Empty unless refused.
  std::string_view refusal() const { return refused() ? std::string_view(refusal_) : std::string_view(); }

  /// The factory of info().provides[index]; only after open() was true.
  const zeo_factory& factory(std::size_t index) const { return *table_.factories[index]; }

 private:
  enum class State { closed, usable, refused };
  State state() const { return state_.load(std::memory_order_acquire); }
  void load();

  const PluginInfo info_;
  std::atomic<State> state_;
  std::mutex opening_;
  // Written before the state is, never after.
  Table table_;
  std::string refusal_;
  bool loaded_ = false;
};

}  // namespace zeolite::plugin
