// SPDX-License-Identifier: Apache-2.0
#include "splice.hpp"

#include <algorithm>

#include "json.hpp"

namespace zeolite {
namespace {

/// Walks over the members of an object's text. The text is not checked but where the walk depends on it.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  struct Member {
    std::string_view key;  ///< with its quotation marks
    std::size_t begin;     ///< of the key
    std::size_t value_begin;
    std::size_t value_end;
  };

  std::size_t position() const { return at_; }

  /// Whether this character comes next after white space; it is passed over then.
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Member member() {
    skip_space();
    const auto begin = at_;
    skip_string();
    const auto key = text_.substr(begin, at_ - begin);
    if (!take(':')) broken();
    skip_space();
    const auto value_begin = at_;
    skip_value();
    return {key, begin, value_begin, at_};
  }

  [[noreturn]] static void broken() { throw Error(ErrorCode::corrupt, "the document is no JSON object"); }

 private:
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  void skip_string() {
    if (at_ == text_.size() || text_[at_] != '"') broken();
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\' ? 1 : 0;
    if (at_ >= text_.size()) broken();
    ++at_;
  }

  /// Up to the white space, the comma or the bracket after the value.
  void skip_value() {
    for (std::size_t depth = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        --at_;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (depth == 0 && std::string_view(",}] \t\r\n").find(c) != std::string_view::npos) {
        return;
      } else if (c == '}' || c == ']') {
        if (--depth == 0) {
          ++at_;
          return;
        }
      }
    }
    broken();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string with_member(std::string_view document, std::string_view member, std::optional<std::string_view> value) {
  Walker walker(document);
  if (!walker.take('{')) Walker::broken();
  const auto first = walker.position();
  auto end_of_last = first;
  const auto cut = [&](std::size_t begin, std::size_t end, std::string_view between = {}) {
    return std::string(document.substr(0, begin)).append(between).append(document.substr(end));
  };
  while (!walker.take('}')) {
    if (end_of_last != first && !walker.take(',')) Walker::broken();
    const auto found = walker.member();
    if (std::string_view(parse_json(found.key).as_string()) == member) {
      if (value) return cut(found.value_begin, found.value_end, *value);
      // With the comma before it, or, for the first of several, with the one after it.
      if (end_of_last != first || !walker.take(',')) return cut(end_of_last, found.value_end);
      return cut(first, walker.position());
    }
    end_of_last = found.value_end;
  }
  if (!value) return std::string(document);
  const auto comma = end_of_last == first ? "" : ",";
  return cut(end_of_last, end_of_last,
             std::string(comma) + "\n  " + to_text(boost::json::value(member)) + ": " + std::string(*value));
}

}  // namespace zeolite
