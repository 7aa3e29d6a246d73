// SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "names.hpp"

namespace zeolite::plugin {
namespace {

std::string why_lost(const Judged& judged, const Decision& decision) {
  const auto& record = *judged.offer.record;
  switch (judged.verdict) {
    case Verdict::won: return {};
    case Verdict::later: return fmt::format("comes later in the search order ({})", record.info().origin);
    case Verdict::alias_only:
      return fmt::format("only reads \"{}\" as another name of \"{}\"; canonical names beat aliases", decision.name,
                         judged.offer.name().name);
    case Verdict::not_pinned: return "the name is pinned to another plugin";
    case Verdict::ambiguous: return "stands at the same place in the search order as another; pin one of them";
    case Verdict::refused: return std::string(record.refusal());
    case Verdict::experimental: return "experimental, and the configuration denies it";
  }
  return {};
}

std::string why_won(const Decision& decision) {
  const auto& offer = *decision.winner;
  if (decision.pinned) return "the name is pinned to this plugin";
  for (const auto& judged : decision.judged)
    if (judged.verdict == Verdict::later)
      return fmt::format("its place ({}) comes first in the search order", offer.record->info().origin);
  for (const auto& judged : decision.judged)
    if (judged.verdict == Verdict::alias_only) return "this is its canonical name, and canonical names beat aliases";
  for (const auto& judged : decision.judged)
    if (judged.verdict == Verdict::refused) return "the others that provide it were refused";
  return "it is the only plugin that provides the name";
}

}  // namespace

Explanation explain(const Decision& decision, std::vector<std::string> searched,
                    const std::vector<std::string>& known) {
  Explanation explanation;
  explanation.point = decision.point;
  explanation.asked = decision.asked;
  explanation.canonical = decision.canonical;
  explanation.searched = std::move(searched);
  for (const auto& judged : decision.judged) {
    if (judged.verdict == Verdict::won) continue;
    const auto& record = *judged.offer.record;
    explanation.others.push_back({record.info().name, record.file(), why_lost(judged, decision)});
  }
  if (decision.judged.empty()) explanation.similar = close_names(decision.name, known);
  if (decision.winner) {
    explanation.plugin = decision.winner->record->info().name;
    explanation.library = decision.winner->record->info().library;
    explanation.reason = why_won(decision);
  } else if (!decision.fault.empty()) {
    explanation.reason = decision.fault;
  } else if (explanation.others.empty()) {
    explanation.reason = fmt::format("no plugin provides {} \"{}\"", to_string(decision.point), decision.name);
  } else {
    explanation.reason = "every plugin that provides it was refused";
  }
  if (decision.name != decision.asked)
    explanation.reason =
        fmt::format("\"{}\" is configured to mean \"{}\"; {}", decision.asked, decision.name, explanation.reason);
  return explanation;
}

Error not_found(const Decision& decision, const std::vector<std::string>& searched,
                const std::vector<std::string>& known) {
  std::string text = decision.fault;
  if (text.empty()) {
    // What starts with '@' is a role: metadata and locations have no name for what is asked.
    const auto what = decision.asked.starts_with('@') ? "for the role " : "";
    text = fmt::format("nobody provides {} {}\"{}\"", to_string(decision.point), what, decision.asked);
    if (decision.name != decision.asked) text += fmt::format(" (configured to mean \"{}\")", decision.name);
    for (const auto& judged : decision.judged)
      if (judged.verdict == Verdict::refused)
        text += fmt::format("; plugin {} would, but was refused: {}", judged.offer.record->info().name,
                            judged.offer.record->refusal());
    if (decision.judged.empty()) {
      const auto close = close_names(decision.name, known);
      if (!close.empty()) text += fmt::format("; did you mean \"{}\"?", fmt::join(close, "\" or \""));
    }
    text += fmt::format("; searched {}", fmt::join(searched, ", "));
  }
  return {ErrorCode::not_found, std::move(text)};
}

std::string describe_losers(const Decision& decision) {
  std::string text;
  for (const auto& judged : decision.judged) {
    if (judged.verdict != Verdict::later && judged.verdict != Verdict::refused) continue;
    text += fmt::format("; {} {}", judged.offer.record->who(),
                        judged.verdict == Verdict::refused ? "was refused" : "comes later in the search order");
  }
  if (text.empty() || !decision.winner) return {};
  return fmt::format("{} \"{}\" is provided by {}{}", to_string(decision.point), decision.name,
                     decision.winner->record->who(), text);
}

}  // namespace zeolite::plugin
