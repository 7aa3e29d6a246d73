// SPDX-License-Identifier: Apache-2.0
//
// JSON as the host gives it: parsed without loss. Boost.JSON's own builder rounds one double in eight.
#pragma once

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
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Failure&) { return append(part); }
  bool on_string(json::string_view part, std::size_t, Failure&) {
    append(part);
    return add(json::string(std::exchange(text_, {})));
  }
  bool on_number_part(json::string_view part, Failure&) { return append(part); }
  bool on_int64(std::int64_t number, json::string_view, Failure&) { return number_is(number); }
  bool on_uint64(std::uint64_t number, json::string_view, Failure&) { return number_is(number); }
  bool on_double(double rounded, json::string_view part, Failure&) {
    append(part);
    // Not std::from_chars, which not every standard library has for doubles.
    static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    return number_is(plain == locale_t() ? rounded : ::strtod_l(text_.c_str(), nullptr, plain));
  }
  bool on_bool(bool value, Failure&) { return add(value); }
  bool on_null(Failure&) { return add(nullptr); }
  bool on_comment_part(json::string_view, Failure&) { return true; }
  bool on_comment(json::string_view, Failure&) { return true; }

 private:
  struct Open {
    json::value value;
    std::string key;
  };

  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool number_is(json::value number) {
    text_.clear();
    return add(std::move(number));
  }
  bool open(json::value container) {
    open_.push_back({std::move(container), {}});
    return true;
  }
  bool close() {
    auto closed = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(closed));
  }
  bool add(json::value value) {
    if (open_.empty()) {
      result = std::move(value);
    } else if (auto* const object = open_.back().value.if_object()) {
      (*object)[open_.back().key] = std::move(value);
    } else {
      open_.back().value.get_array().push_back(std::move(value));
    }
    return true;
  }

  std::vector<Open> open_;
  std::string text_;
};

}  // namespace detail

/// Parses one JSON document. On failure `error` is set and null is returned.
inline json::value parse_json(std::string_view text, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = 256;  // codecs nest; the host has refused what is deeper than sense
  json::basic_parser<detail::ExactBuilder> parser(options);
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::make_error_code(json::error::extra_data);
  return error ? json::value() : std::move(parser.handler().result);
}

}  // namespace zeolite::sdk
