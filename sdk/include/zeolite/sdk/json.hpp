// SPDX-License-Identifier: Apache-2.0
//
// JSON as the host gives it: parsed without loss. Boost.JSON's own builder rounds one double in eight.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <locale.h>
#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace zeolite::sdk {

namespace json = boost::json;

namespace detail {

/// Tells a visitor what a parser finds: texts whole, doubles to the last bit.
template <class Visitor>
class Events {
  using Failure = boost::system::error_code;

 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  explicit Events(Visitor& visitor) : visitor_(visitor) {}

  bool on_document_begin(Failure&) { return true; }
  bool on_document_end(Failure&) { return true; }
  bool on_object_begin(Failure&) { return visitor_.begin_object(), true; }
  bool on_object_end(std::size_t, Failure&) { return visitor_.end_object(), true; }
  bool on_array_begin(Failure&) { return visitor_.begin_list(), true; }
  bool on_array_end(std::size_t, Failure&) { return visitor_.end_list(), true; }
  bool on_key_part(json::string_view part, std::size_t, Failure&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, Failure&) {
    append(part);
    visitor_.member(json::string_view(text_));
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Failure&) { return append(part); }
  bool on_string(json::string_view part, std::size_t, Failure&) {
    append(part);
    return tell(json::string_view(text_));
  }
  bool on_number_part(json::string_view part, Failure&) { return append(part); }
  bool on_int64(std::int64_t number, json::string_view, Failure&) {
    visitor_.integer(number);
    text_.clear();
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, Failure&) { return tell(number); }
  bool on_double(double rounded, json::string_view part, Failure&) {
    append(part);
    // Not std::from_chars, which not every standard library has for doubles.
    static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    return tell(plain == locale_t() ? rounded : ::strtod_l(text_.c_str(), nullptr, plain));
  }
  bool on_bool(bool value, Failure&) { return tell(value); }
  bool on_null(Failure&) { return tell(nullptr); }
  bool on_comment_part(json::string_view, Failure&) { return true; }
  bool on_comment(json::string_view, Failure&) { return true; }

 private:
  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  template <class T>
  bool tell(T scalar) {
    visitor_.scalar(scalar);
    text_.clear();
    return true;
  }

  Visitor& visitor_;
  std::string text_;
};

/// Makes a value of what it is told.
class Builder {
 public:
  /// Of this text.
  explicit Builder(std::string_view text) : text_(text) {}

  json::value result;

  void begin_object() { open(json::object()); }
  void end_object() { open_.pop_back(); }
  void begin_list() { open(json::array()); }
  void end_list() {
    // Room that was made for more would be kept as long as the document, in each of its lists.
    auto& list = open_.back()->get_array();
    if (list.capacity() > many && list.capacity() - list.size() > list.size() / 4) list.shrink_to_fit();
    open_.pop_back();
  }
  void member(json::string_view name) { member_ = &open_.back()->get_object()[name]; }
  void integer(std::int64_t number) { place(number); }
  template <class T>
  void scalar(T value) {
    place(value);
  }

 private:
  static constexpr std::size_t many = 1024;

  void open(json::value container) { open_.push_back(&place(std::move(container))); }

  /// Puts a value where it belongs; it stays there as long as what is around it is open.
  template <class T>
  json::value& place(T&& value) {
    if (open_.empty()) return result = json::value(std::forward<T>(value));
    if (auto* const list = open_.back()->if_array()) {
      if (list->size() == list->capacity()) make_room(*list);
      return list->emplace_back(std::forward<T>(value));
    }
    return *member_ = json::value(std::forward<T>(value));
  }

  /// A long list grows in long steps, as it is moved in each, but to no more than there can be in the text.
  void make_room(json::array& list) {
    if (list.size() < many) return;
    if (most_ == 0) most_ = 1 + static_cast<std::size_t>(std::count(text_.begin(), text_.end(), ','));
    list.reserve(std::min(16 * list.size(), most_));
  }

  std::string_view text_;
  std::size_t most_ = 0;            // items that a list of the text has at most, once that was asked for
  std::vector<json::value*> open_;  // each inside the one before it
  json::value* member_ = nullptr;   // of the innermost object, whose key has just come
};

}  // namespace detail

/// Tells `visitor` what a JSON document holds, in its order, without making a value of it: for lists so long that they
/// would not be kept as one. It has the functions begin_list(), end_list(), begin_object(), member(name), end_object(),
/// integer(std::int64_t) and scalar(value), the latter for what else there is: std::uint64_t above that, double, bool,
/// std::nullptr_t and json::string_view, all of which make a json::value. What it throws ends the visit. On failure
/// `error` is set; the visitor has been told what came before.
template <class Visitor>
void visit_json(std::string_view text, Visitor& visitor, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = 256;  // codecs nest; the host has refused what is deeper than sense
  json::basic_parser<detail::Events<Visitor>> parser(options, visitor);
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::make_error_code(json::error::extra_data);
}

/// Parses one JSON document. On failure `error` is set and null is returned.
inline json::value parse_json(std::string_view text, boost::system::error_code& error) {
  detail::Builder builder(text);
  visit_json(text, builder, error);
  return error ? json::value() : std::move(builder.result);
}

}  // namespace zeolite::sdk
