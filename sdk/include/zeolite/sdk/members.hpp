// SPDX-License-Identifier: Apache-2.0
//
// The members of a JSON object's text, each parsed when somebody asks for its value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/sdk/error.hpp>
#include <zeolite/sdk/json.hpp>
#include <zeolite/sdk/text.hpp>

namespace zeolite::sdk {

/// A member as it is written, for one that is too large to be made a json::value of: see visit_json().
struct JsonText {
  std::string text;  ///< empty: there is none, and none is written

  bool operator==(const JsonText&) const = default;
};

struct Member {
  std::string name;
  std::string_view text;  ///< of the value, as it is written

  /// Throws for what is no JSON.
  json::value& value() {
    if (!parsed_) {
      boost::system::error_code error;
      auto value = parse_json(text, error);
      if (error) throw invalid("member \"{}\" is no JSON: {}", name, error.message());
      parsed_ = std::move(value);
    }
    return *parsed_;
  }

  Member(std::string member_name, std::string_view member_text) : name(std::move(member_name)), text(member_text) {}

 private:
  std::optional<json::value> parsed_;
};

namespace detail {

/// Takes an object's text apart. Values are not checked, but for where they end.
class ObjectText {
 public:
  explicit ObjectText(std::string_view text) : text_(text) {}

  std::vector<Member> members() {
    if (!take('{')) throw invalid("the configuration must be a JSON object, not {}", excerpt(trim(text_)));
    std::vector<Member> members;
    if (!take('}')) {
      do {
        auto name = member_name();
        if (!take(':')) broken();
        skip_space();
        const auto begin = at_;
        skip_value();
        if (at_ == begin) broken();
        members.emplace_back(std::move(name), text_.substr(begin, at_ - begin));
      } while (take(','));
      if (!take('}')) broken();
    }
    skip_space();
    if (at_ < text_.size()) broken();
    return members;
  }

 private:
  [[noreturn]] void broken() const {
    throw invalid("the configuration is no JSON from byte {} on: {}", at_, excerpt(text_.substr(at_)));
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  /// Whether this character comes next after white space; it is passed over then.
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string member_name() {
    skip_space();
    const auto begin = at_;
    if (at_ == text_.size() || text_[at_] != '"') broken();
    skip_string();
    boost::system::error_code error;
    const auto name = parse_json(text_.substr(begin, at_ - begin), error);
    if (error) throw invalid("the configuration is no JSON: {}", error.message());
    return std::string(name.get_string());
  }

  /// From its first quotation mark on.
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\' ? 1 : 0;
    if (at_ >= text_.size()) broken_off();
    ++at_;
  }

  /// Neither a quotation mark nor a bracket of either kind, which differ in one bit.
  static bool is_plain(char c) { return c != '"' && (c | 0x20) != '{' && (c | 0x20) != '}'; }

  /// Up to the white space, the comma or the bracket behind it.
  void skip_value() {
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      if (depth != 0) {  // which is most of a long text
        while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
        if (at_ == text_.size()) break;
      }
      switch (text_[at_]) {
        case '"':
          skip_string();
          if (depth == 0) return;
          continue;
        case '{':
        case '[': ++depth; break;
        case '}':
        case ']':
          if (depth == 0) return;
          if (--depth == 0) {
            ++at_;
            return;
          }
          break;
        case ',':
        case ' ':
        case '\t':
        case '\r':
        case '\n':
          if (depth == 0) return;
          break;
        default: break;
      }
      ++at_;
    }
    if (depth != 0) broken_off();
  }

  [[noreturn]] void broken_off() const { throw invalid("the configuration is no JSON: it ends too early"); }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// The members of the JSON text of an object, which must live as long. Throws for anything else.
inline std::vector<Member> split_object(std::string_view text) { return detail::ObjectText(text).members(); }

}  // namespace zeolite::sdk
