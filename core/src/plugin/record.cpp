// SPDX-License-Identifier: Apache-2.0
#include "record.hpp"

#include <utility>

#include <fmt/format.h>

#include <zeolite/error.hpp>

#include "loader.hpp"
#include "manifest.hpp"

namespace zeolite::plugin {

Record::Record(PluginInfo info)
    : info_(std::move(info)), state_(info_.refusal.empty() ? State::closed : State::refused), refusal_(info_.refusal) {}

Record::Record(PluginInfo info, Table table)
    : info_(std::move(info)),
      state_(info_.refusal.empty() ? State::usable : State::refused),
      table_(std::move(table)),
      refusal_(info_.refusal),
      loaded_(true) {}

PluginInfo Record::copy() const {
  auto info = info_;
  const auto now = state();
  info.loaded = now != State::closed && loaded_;
  if (now == State::refused) info.refusal = refusal_;
  return info;
}

std::string Record::file() const {
  if (!info_.library.empty()) return info_.library.string();
  if (!info_.manifest.empty()) return info_.manifest.string();
  return info_.origin;
}

std::string Record::who() const { return fmt::format("{} ({})", info_.name, file()); }

bool Record::open() {
  if (state() == State::closed) {
    const std::lock_guard lock(opening_);
    if (state() == State::closed) load();
  }
  return state() == State::usable;
}

void Record::load() {
  try {
    auto table = open_library(info_.library);
    loaded_ = true;
    if (const auto what = difference(info_, table.description); !what.empty())
      throw Error(
          ErrorCode::invalid,
          fmt::format("{}: its manifest {} does not describe it: {}; build it again, or write the manifest anew",
                      info_.library.string(), info_.manifest.string(), what));
    try {
      initialize(table);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", info_.library.string(), error.message()));
    }
    // The library may list its factories in another order than its manifest does.
    std::vector<const zeo_factory*> ordered;
    for (const auto& provided : info_.provides)
      for (std::size_t i = 0; i < table.factories.size(); ++i) {
        const auto& candidate = table.description.provides[i];
        if (candidate.point == provided.point && candidate.name == provided.name) ordered.push_back(table.factories[i]);
      }
    table.factories = std::move(ordered);
    table_ = std::move(table);
    state_.store(State::usable, std::memory_order_release);
  } catch (const std::exception& error) {
    refusal_ = error.what();
    state_.store(State::refused, std::memory_order_release);
  }
}

}  // namespace zeolite::plugin
