// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>

#include "json.hpp"

namespace zeolite {
namespace {

namespace json = boost::json;
using boost::system::error_code;

/// Builds values from the parser's events. Boost.JSON's own builder lets the last of several equal members win and
/// rounds doubles; neither is right for documents that are written back.
class Builder {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  json::value result;
  /// Set when the builder, not the parser, has stopped; the message then starts with its place.
  std::string fault;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(json::object()); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_begin(error_code&) { return open(json::array()); }
  bool on_array_end(std::size_t, error_code&) { return close(); }

  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& error) {
    text_.append(part.data(), part.size());
    auto& top = open_.back();
    top.key = std::exchange(text_, {});
    if (top.value.get_object().contains(top.key)) return stop("this member occurs twice in its object", error);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return add(json::string(std::exchange(text_, {})));
  }

  bool on_number_part(json::string_view part, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, json::string_view part, error_code&) {
    text_.append(part.data(), part.size());
    const bool negative_zero = std::exchange(text_, {}) == "-0";
    if (negative_zero) return add(-0.0);
    return add(number);
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    text_.clear();
    return add(number);
  }
  bool on_double(double approximate, json::string_view part, error_code& error) {
    text_.append(part.data(), part.size());
    const auto token = std::exchange(text_, {});
    double number = 0;
    const auto [end, status] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (status == std::errc::result_out_of_range) {
      if (std::abs(approximate) > 1) {
        constexpr std::size_t longest = 60;
        const auto shown = token.size() > longest ? token.substr(0, longest) + "..." : token;
        return stop("the number " + shown + " is larger than a 64-bit float", error);
      }
      number = token.front() == '-' ? -0.0 : 0.0;
    } else if (status != std::errc() || end != token.data() + token.size()) {
      number = approximate;
    }
    return add(number);
  }
  bool on_bool(bool value, error_code&) { return add(value); }
  bool on_null(error_code&) { return add(nullptr); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  struct Open {
    json::value value;
    std::string key;
  };

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
      return true;
    }
    auto& top = open_.back();
    if (auto* const object = top.value.if_object()) {
      object->emplace(top.key, std::move(value));
    } else {
      top.value.get_array().push_back(std::move(value));
    }
    return true;
  }

  bool stop(std::string_view message, error_code& error) {
    std::string where;
    for (const auto& open : open_) {
      const auto* const array = open.value.if_array();
      where = array != nullptr ? pointer_to(where, array->size()) : pointer_to(where, open.key);
    }
    fault = (where.empty() ? std::string() : "at " + where + ": ") + std::string(message);
    error = json::make_error_code(json::error::exception);
    return false;
  }

  std::vector<Open> open_;
  std::string text_;
};

struct Outcome {
  json::value value;
  std::string fault;  ///< empty: none
};

std::string place(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto newline = before.rfind('\n');
  const auto column = before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

Outcome parse_strictly(std::string_view text) {
  json::parse_options options;
  options.max_depth = max_json_depth;
  json::basic_parser<Builder> parser(options);
  error_code error;
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (!parser.handler().fault.empty()) return {{}, std::move(parser.handler().fault)};
  if (error == json::error::incomplete) {
    return {{}, text.empty() ? "the document is empty" : "not JSON: the document ends too early"};
  }
  if (error == json::error::too_deep) {
    return {{},
            "at " + place(text, used) + ": more than " + std::to_string(max_json_depth) +
                " objects and arrays inside each other"};
  }
  if (error) return {{}, "not JSON: " + error.message() + " at " + place(text, used)};
  if (used < text.size()) return {{}, "not JSON: something follows the end of the document at " + place(text, used)};
  return {std::move(parser.handler().result), {}};
}

/// The text with NaN, Infinity and -Infinity made strings where they stand as values.
std::string quote_bare_words(std::string_view text) {
  std::string quoted;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    if (in_string) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        quoted += text[i++];
      } else if (text[i] == '"') {
        in_string = false;
      }
      quoted += text[i++];
      continue;
    }
    std::string_view word;
    for (const std::string_view candidate : {"NaN", "Infinity", "-Infinity"}) {
      if (text.substr(i).starts_with(candidate)) word = candidate;
    }
    if (!word.empty()) {
      quoted.append("\"").append(word).append("\"");
      i += word.size();
      continue;
    }
    if (text[i] == '"') in_string = true;
    quoted += text[i++];
  }
  return quoted;
}

}  // namespace

json::value parse_json(std::string_view text) {
  if (text.size() > max_document_bytes) {
    throw Error(ErrorCode::no_memory, "the document has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(max_document_bytes) + " are read");
  }
  auto outcome = parse_strictly(text);
  if (!outcome.fault.empty()) {
    const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
    if (has("NaN") || has("Infinity")) outcome = parse_strictly(quote_bare_words(text));
  }
  if (!outcome.fault.empty()) throw Error(ErrorCode::corrupt, std::move(outcome.fault));
  return std::move(outcome.value);
}

}  // namespace zeolite
