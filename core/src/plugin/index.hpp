// SPDX-License-Identifier: Apache-2.0
//
// Which plugins offer a name, and which of them provides it. Decides; opens nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "record.hpp"
#include "settings.hpp"

namespace zeolite::plugin {

/// How a plugin offers a name. The better ones come first: a canonical name beats any alias, whatever the levels.
enum class Way { canonical, canonical_pattern, alias, alias_pattern };

/// A plugin offers a name.
struct Offer {
  Record* record;
  std::size_t provided;  ///< index into record->info().provides
  Way way;

  const ProvidedName& name() const { return record->info().provides[provided]; }
};

/// What became of an offer.
enum class Verdict { won, later, alias_only, not_pinned, ambiguous, refused, experimental };

struct Judged {
  Offer offer;
  Verdict verdict;
};

/// How a name is resolved.
struct Decision {
  Point point;
  std::string asked;      ///< as the caller gave it
  std::string name;       ///< after the user's aliases
  std::string canonical;  ///< what it stands for; empty when nobody provides it
  std::optional<Offer> winner;
  std::vector<Judged> judged;  ///< all offers, the best first
  bool pinned = false;
  bool warn_experimental = false;
  std::string fault;  ///< why nobody provides it although somebody offers it: a sentence, or empty
};

/// Not thread-safe by itself: the catalog locks.
class Index {
 public:
  explicit Index(const Settings& settings) : settings_(settings) {}

  void add(Record& record);

  /// Decides among those that are not refused by now.
  Decision decide(Point point, std::string_view asked) const;

  /// The same for a version 2 codec id or dtype.
  Decision decide_v2(Point point, std::string_view v2_id) const;

  /// All names and aliases at a point, roles aside; for suggestions.
  std::vector<std::string> names(Point point) const;

 private:
  struct Pattern {
    Point point;
    std::string text;
    Offer offer;
  };

  void judge(Decision& decision, std::vector<Offer> offers) const;
  bool pin(Decision& decision, std::vector<Judged*>& usable) const;
  void choose(Decision& decision, const std::vector<Judged*>& usable) const;

  const Settings& settings_;
  std::unordered_map<std::string, std::vector<Offer>> exact_;  // by key(point, name)
  std::unordered_map<std::string, std::vector<Offer>> v2_;     // by key(point, id)
  std::vector<Pattern> patterns_;
};

/// What metadata written anew calls the extension of an offer when `name` was asked for.
std::string canonical_name(const Offer& offer, std::string_view name);

}  // namespace zeolite::plugin
