// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <algorithm>
#include <set>
#include <shared_mutex>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include <zeolite/error.hpp>

#include "discovery.hpp"
#include "explain.hpp"
#include "host.hpp"
#include "index.hpp"
#include "loader.hpp"
#include "names.hpp"
#include "objects.hpp"
#include "record.hpp"
#include "settings.hpp"
#include "table.hpp"

namespace zeolite {

using plugin::Decision;
using plugin::Record;

namespace {

constexpr std::string_view topic = "plugins";

}  // namespace

struct Catalog::Impl {
  using Host = plugin::Host;

  Impl(const PluginOptions& options, Log log_to, ChainMaker chain_maker, Host::Create create)
      : settings(options),
        log_sink(std::move(log_to)),
        index(settings),
        host([this](std::int32_t level, std::string_view about,
                    std::string_view message) { log(static_cast<LogLevel>(level), about, message); },
             std::move(create), std::move(chain_maker)) {
    places = plugin::places(options, plugin::surroundings());
    for (auto& place : places) {
      for (auto& info : plugin::read_place(place)) {
        if (!info.refusal.empty()) log(LogLevel::warning, topic, "refused: " + info.refusal);
        add(std::move(info));
      }
      if (place.wrong) log(LogLevel::warning, topic, plugin::describe(place));
    }
  }

  void log(LogLevel level, std::string_view about, std::string_view message) const {
    if (log_sink) log_sink(level, about, message);
  }

  /// Says something once in the life of the catalog.
  void log_once(LogLevel level, const std::string& message) {
    {
      const std::lock_guard lock(said_mutex);
      if (!said.insert(message).second) return;
    }
    log(level, topic, message);
  }

  void add(PluginInfo info) {
    if (info.refusal.empty()) info.refusal = settings.fault_in_use(info.name);
    records.push_back(std::make_unique<Record>(std::move(info)));
    index.add(*records.back());
  }

  /// One line a place, those of this program first. Under the lock.
  std::vector<std::string> searched() const {
    const auto own = std::count_if(records.begin(), records.end(), [](const auto& r) { return r->info().level == 0; });
    std::vector<std::string> lines{fmt::format("this program ({} plugin{})", own, own == 1 ? "" : "s")};
    for (const auto& place : places) lines.push_back(plugin::describe(place));
    return lines;
  }

  /// The winner of `decide`, its library opened. When that fails, the next one in line is asked.
  template <class Decide>
  Decision open(const Decide& decide) {
    for (;;) {
      auto decision = [&] {
        const std::shared_lock lock(mutex);
        auto made = decide();
        if (!made.winner) throw plugin::not_found(made, searched(), index.names(made.point));
        return made;
      }();
      auto& record = *decision.winner->record;
      if (!record.open()) {
        log_once(LogLevel::warning, fmt::format("refused: {}", record.refusal()));
        continue;
      }
      if (const auto losers = plugin::describe_losers(decision); !losers.empty()) log_once(LogLevel::info, losers);
      if (decision.warn_experimental)
        log_once(LogLevel::warning, fmt::format("{} \"{}\" of {} is experimental: its format may change",
                                                to_string(decision.point), decision.canonical, record.who()));
      return decision;
    }
  }

  const plugin::Settings settings;
  const Log log_sink;

  mutable std::shared_mutex mutex;  // guards what follows; taken for writing by add() alone
  std::vector<std::unique_ptr<Record>> records;
  plugin::Index index;
  std::vector<plugin::Place> places;

  std::mutex said_mutex;
  std::set<std::string> said;

  Host host;
};

Catalog::Catalog(const PluginOptions& options, Log log, ChainMaker chain_maker)
    : impl_(std::make_unique<Impl>(
          options, std::move(log), std::move(chain_maker),
          [this](Point point, std::string_view name, std::string_view configuration, Call& call) {
            return create_object(point, name, configuration, call).object;
          })) {}

Catalog::~Catalog() = default;

const zeo_host* Catalog::host() const { return impl_->host.abi(); }

void Catalog::add(const zeo_plugin& plugin) {
  plugin::Table table;
  try {
    table = plugin::read_table(plugin);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid, fmt::format("a plugin of this program is unusable: {}", error.message()));
  }
  auto info = table.description;
  info.origin = "in-process";
  info.level = 0;
  info.loaded = true;
  info.refusal = impl_->settings.fault_in_use(info.name);
  if (info.refusal.empty()) {
    try {
      plugin::initialize(table);
    } catch (const Error& error) {
      throw Error(ErrorCode::invalid, fmt::format("plugin {} is unusable: {}", info.name, error.message()));
    }
  }

  const std::unique_lock lock(impl_->mutex);
  for (const auto& record : impl_->records) {
    const auto& other = record->info();
    if (other.level != 0) continue;
    if (other.name == info.name)
      throw Error(ErrorCode::already_exists,
                  fmt::format("this program has already added a plugin named {}", info.name));
    for (const auto& theirs : other.provides)
      for (const auto& ours : info.provides)
        if (theirs.point == ours.point && theirs.name == ours.name)
          throw Error(ErrorCode::already_exists, fmt::format("plugins {} and {} of this program both provide {} \"{}\"",
                                                             other.name, info.name, to_string(ours.point), ours.name));
  }
  impl_->records.push_back(std::make_unique<Record>(std::move(info), std::move(table)));
  impl_->index.add(*impl_->records.back());
}

std::vector<PluginInfo> Catalog::plugins() const {
  std::vector<PluginInfo> all;
  {
    const std::shared_lock lock(impl_->mutex);
    for (const auto& record : impl_->records) all.push_back(record->copy());
  }
  std::stable_sort(all.begin(), all.end(), [](const PluginInfo& a, const PluginInfo& b) {
    return std::tie(a.level, a.name) < std::tie(b.level, b.name);
  });
  return all;
}

Explanation Catalog::explain(Point point, std::string_view name) const {
  const std::shared_lock lock(impl_->mutex);
  return plugin::explain(impl_->index.decide(point, name), impl_->searched(), impl_->index.names(point));
}

Created<zeo_object> Catalog::create_object(Point point, std::string_view name, std::string_view configuration,
                                           Call& call) {
  const auto decision = impl_->open([&] { return impl_->index.decide(point, name); });
  const auto& offer = *decision.winner;
  const auto& plugin = offer.record->info().name;
  try {
    // A name that only the user's configuration knows means nothing to the factory.
    auto object = plugin::create(offer.record->factory(offer.provided), point, impl_->host.abi(), decision.name,
                                 configuration.empty() ? "{}" : configuration, call);
    return {std::move(object), decision.canonical, plugin};
  } catch (Error& error) {
    throw error.at(to_string(point), decision.canonical).at("plugin", plugin);
  }
}

std::string Catalog::from_v2(Point point, std::string_view v2_id, std::string_view v2_json, Call& call) {
  const auto decision = impl_->open([&] { return impl_->index.decide_v2(point, v2_id); });
  const auto& offer = *decision.winner;
  const auto& plugin = offer.record->info().name;
  try {
    return plugin::from_v2(offer.record->factory(offer.provided), v2_json, call);
  } catch (Error& error) {
    throw error.at(to_string(point), v2_id).at("plugin", plugin);
  }
}

}  // namespace zeolite
