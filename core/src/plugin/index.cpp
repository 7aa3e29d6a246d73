// SPDX-License-Identifier: Apache-2.0
#include "index.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

#include <fmt/format.h>

#include "names.hpp"

namespace zeolite::plugin {
namespace {

namespace fs = std::filesystem;

bool is_pinned_to(const Record& record, const std::string& pin) {
  const auto& info = record.info();
  if (pin == info.name) return true;
  if (info.library.empty() || pin.empty()) return false;
  if (pin == info.library.string() || pin == info.library.filename().string()) return true;
  std::error_code error;
  return pin.front() == '/' && fs::equivalent(pin, info.library, error) && !error;
}

/// Two or more plugins that nothing ranks: which, and how to choose.
std::string describe_tie(const Decision& decision, const std::vector<Judged*>& rivals) {
  const auto& first = rivals.front()->offer.record->info();
  bool same_name = false;
  std::string text = fmt::format("{} \"{}\" is provided by ", to_string(decision.point), decision.asked);
  for (const auto* const rival : rivals) {
    if (rival != rivals.front()) {
      text += " and by ";
      same_name |= rival->offer.record->info().name == first.name;
    }
    text += rival->offer.record->who();
  }
  return fmt::format(
      "{}, found at the same place in the search order; pin one of them, with PluginOptions::pins or in the "
      "configuration file: \"pins\": {{\"{}\": \"{}\"}}",
      text, key(decision.point, decision.asked), same_name ? first.library.string() : first.name);
}

}  // namespace

std::string canonical_name(const Offer& offer, std::string_view name) {
  const auto& provided = offer.name();
  if (!is_pattern(provided.name)) return provided.name;
  const auto stem = provided.name.substr(0, provided.name.size() - 1);
  if (offer.way == Way::alias_pattern)
    for (const auto& alias : provided.aliases)
      if (const auto digits = match_pattern(alias, name)) return stem + std::string(*digits);
  // An alias without digits of a name with digits: only the object's configuration knows which.
  return std::string(name);
}

void Index::add(Record& record) {
  const auto& provides = record.info().provides;
  for (std::size_t i = 0; i < provides.size(); ++i) {
    const auto& provided = provides[i];
    const auto offer = [&](const std::string& name, Way exact, Way pattern) {
      if (is_pattern(name)) {
        patterns_.push_back({provided.point, name, {&record, i, pattern}});
      } else {
        exact_[key(provided.point, name)].push_back({&record, i, exact});
      }
    };
    offer(provided.name, Way::canonical, Way::canonical_pattern);
    for (const auto& alias : provided.aliases) offer(alias, Way::alias, Way::alias_pattern);
    for (const auto& id : provided.v2_ids) v2_[key(provided.point, id)].push_back({&record, i, Way::canonical});
  }
}

std::vector<std::string> Index::names(Point point) const {
  std::vector<std::string> all;
  const auto prefix = key(point, "");
  for (const auto& [name, offers] : exact_)
    if (name.starts_with(prefix) && !is_role(std::string_view(name).substr(prefix.size())))
      all.push_back(name.substr(prefix.size()));
  for (const auto& pattern : patterns_)
    if (pattern.point == point) all.push_back(pattern.text);
  std::sort(all.begin(), all.end());
  return all;
}

Decision Index::decide(Point point, std::string_view asked) const {
  Decision decision;
  decision.point = point;
  decision.asked = asked;
  decision.name = settings_.alias(point, asked);
  std::vector<Offer> offers;
  if (const auto found = exact_.find(key(point, decision.name)); found != exact_.end()) offers = found->second;
  for (const auto& pattern : patterns_)
    if (pattern.point == point && match_pattern(pattern.text, decision.name)) offers.push_back(pattern.offer);
  judge(decision, std::move(offers));
  return decision;
}

Decision Index::decide_v2(Point point, std::string_view v2_id) const {
  Decision decision;
  decision.point = point;
  decision.asked = decision.name = v2_id;
  std::vector<Offer> offers;
  const auto collect = [&](std::string_view id, Way way) {
    const auto found = v2_.find(key(point, id));
    if (found == v2_.end()) return;
    for (auto offer : found->second) {
      offer.way = way;
      offers.push_back(offer);
    }
  };
  collect(v2_id, Way::canonical);
  // A dtype's letter alone takes any size; it counts less than the dtype spelled out.
  if (point == Point::data_type && v2_id.size() > 1 && std::isalpha(static_cast<unsigned char>(v2_id.front())) != 0)
    collect(v2_id.substr(0, 1), Way::canonical_pattern);
  judge(decision, std::move(offers));
  // Here the name asked for is not what version 3 calls it.
  if (decision.winner) decision.canonical = decision.winner->name().name;
  return decision;
}

void Index::judge(Decision& decision, std::vector<Offer> offers) const {
  std::stable_sort(offers.begin(), offers.end(), [](const Offer& a, const Offer& b) {
    const auto& left = a.record->info();
    const auto& right = b.record->info();
    return std::tie(a.way, left.level, left.name) < std::tie(b.way, right.level, right.name);
  });
  for (const auto& offer : offers)
    decision.judged.push_back({offer, offer.record->refused() ? Verdict::refused : Verdict::later});
  std::vector<Judged*> usable;
  for (auto& judged : decision.judged)
    if (judged.verdict != Verdict::refused) usable.push_back(&judged);
  if (pin(decision, usable) && !usable.empty()) choose(decision, usable);
}

bool Index::pin(Decision& decision, std::vector<Judged*>& usable) const {
  const auto* pinned = settings_.pin(decision.point, decision.name);
  if (pinned == nullptr) pinned = settings_.pin(decision.point, decision.asked);
  if (pinned == nullptr) return true;
  decision.pinned = true;
  std::vector<Judged*> kept;
  for (auto* const judged : usable) {
    if (is_pinned_to(*judged->offer.record, *pinned)) {
      kept.push_back(judged);
    } else {
      judged->verdict = Verdict::not_pinned;
    }
  }
  usable = std::move(kept);
  if (!usable.empty()) return true;
  decision.fault = fmt::format("{} \"{}\" is pinned to {}, which does not provide it", to_string(decision.point),
                               decision.asked, *pinned);
  for (const auto& judged : decision.judged)
    if (judged.verdict == Verdict::refused && is_pinned_to(*judged.offer.record, *pinned))
      decision.fault = fmt::format("{} \"{}\" is pinned to {}, which was refused: {}", to_string(decision.point),
                                   decision.asked, *pinned, judged.offer.record->refusal());
  return false;
}

void Index::choose(Decision& decision, const std::vector<Judged*>& usable) const {
  const auto& best = usable.front()->offer;
  const auto level = [](const Offer& offer) { return offer.record->info().level; };
  std::vector<Judged*> rivals;
  for (auto* const judged : usable) {
    if (judged->offer.way != best.way) {
      judged->verdict = Verdict::alias_only;
    } else if (level(judged->offer) != level(best)) {
      judged->verdict = Verdict::later;
    } else {
      rivals.push_back(judged);
    }
  }
  if (rivals.size() > 1) {
    for (auto* const rival : rivals) rival->verdict = Verdict::ambiguous;
    decision.fault = describe_tie(decision, rivals);
    return;
  }
  rivals.front()->verdict = Verdict::won;
  const auto canonical = canonical_name(best, decision.name);
  switch (settings_.experimental(decision.point, canonical, best.record->info().name)) {
    case Policy::allow: break;
    case Policy::warn: decision.warn_experimental = true; break;
    case Policy::deny:
      rivals.front()->verdict = Verdict::experimental;
      decision.fault = fmt::format(
          "{} \"{}\" is experimental, and the configuration denies it; "
          "to use it: \"experimental\": {{\"{}\": \"allow\"}}",
          to_string(decision.point), decision.asked, key(decision.point, canonical));
      return;
  }
  decision.canonical = canonical;
  decision.winner = best;
}

}  // namespace zeolite::plugin
