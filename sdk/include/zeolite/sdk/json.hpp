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

/// Builds a value from a parser's events, doubles to the last bit.
class ExactBuilder {
  using Failure = boost::system::error_code;

 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  /// Of a text of so many bytes.
  explicit ExactBuilder(std::size_t text_bytes) : text_bytes_(text_bytes) {}

  json::value result;

  bool on_document_begin(Failure&) { return true; }
  bool on_document_end(Failure&) { return true; }
  bool on_object_begin(Failure&) { return open(json::object()); }
  bool on_object_end(std::size_t, Failure&) { return close(); }
  bool on_array_begin(Failure&) { return open(json::array()); }
  bool on_array_end(std::size_t, Failure&) { return close(); }
  bool on_key_part(json::string_view part, std::size_t, Failure&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, Failure&) {
    append(part);
    member_ = &open_.back()->get_object()[text_];
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Failure&) { return append(part); }
  bool on_string(json::string_view part, std::size_t, Failure&) {
    append(part);
    return add(json::string_view(text_));
  }
  bool on_number_part(json::string_view part, Failure&) { return append(part); }
  bool on_int64(std::int64_t number, json::string_view, Failure&) { return add(number); }
  bool on_uint64(std::uint64_t number, json::string_view, Failure&) { return add(number); }
  bool on_double(double rounded, json::string_view part, Failure&) {
    append(part);
    // Not std::from_chars, which not every standard library has for doubles.
    static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    return add(plain == locale_t() ? rounded : ::strtod_l(text_.c_str(), nullptr, plain));
  }
  bool on_bool(bool value, Failure&) { return add(value); }
  bool on_null(Failure&) { return add(nullptr); }
  bool on_comment_part(json::string_view, Failure&) { return true; }
  bool on_comment(json::string_view, Failure&) { return true; }

 private:
  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool open(json::value container) {
    open_.push_back(&place(std::move(container)));
    return true;
  }
  bool close() {
    // Room that was made for more would be kept as long as the document, in each of its arrays.
    if (auto* const array = open_.back()->if_array(); array != nullptr && array->capacity() > 1024) {
      array->shrink_to_fit();
    }
    open_.pop_back();
    return true;
  }
  template <class T>
  bool add(T scalar) {
    place(scalar);
    text_.clear();
    return true;
  }
  /// Puts a value where it belongs; it stays there as long as what is around it is open.
  template <class T>
  json::value& place(T&& value) {
    if (open_.empty()) return result = json::value(std::forward<T>(value));
    if (auto* const array = open_.back()->if_array()) {
      if (array->size() == array->capacity()) make_room(*array);
      return array->emplace_back(std::forward<T>(value));
    }
    return *member_ = json::value(std::forward<T>(value));
  }

  /// A long array grows in long steps, as it is moved in each, but to no more than there can be in the text.
  void make_room(json::array& array) const {
    constexpr std::size_t many = 1024;
    if (array.size() >= many) array.reserve(std::min(16 * array.size(), text_bytes_ / 2 + 1));
  }

  std::size_t text_bytes_;
  std::vector<json::value*> open_;  // each inside the one before it
  json::value* member_ = nullptr;   // of the innermost object, whose key has just come
  std::string text_;
};

}  // namespace detail

/// Parses one JSON document. On failure `error` is set and null is returned.
inline json::value parse_json(std::string_view text, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = 256;  // codecs nest; the host has refused what is deeper than sense
  json::basic_parser<detail::ExactBuilder> parser(options, text.size());
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::make_error_code(json::error::extra_data);
  return error ? json::value() : std::move(parser.handler().result);
}

}  // namespace zeolite::sdk
