// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>
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

  /// Of this document; what is built takes its memory from `storage`.
  Builder(std::string_view document, json::storage_ptr storage) : result(std::move(storage)), document_(document) {}

  json::value result;
  /// Set when the builder, not the parser, has stopped; the message then starts with its place.
  std::string fault;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    auto& value = slot();
    value.emplace_object();
    return open(value);
  }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_begin(error_code&) {
    auto& value = slot();
    value.emplace_array();
    return open(value);
  }
  bool on_array_end(std::size_t, error_code&) { return close(); }

  bool on_key_part(json::string_view part, std::size_t, error_code&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, error_code& error) {
    const auto key = whole(part);
    auto& members = open_.back()->get_object();
    constexpr std::size_t few = 4;  // or the first members would each move those before them
    if (members.empty()) members.reserve(few);
    // The value follows: see slot().
    if (!members.emplace(key, nullptr).second) return stop("this member occurs twice in its object", error, &key);
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) { return append(part); }
  bool on_string(json::string_view part, std::size_t, error_code&) { return add(whole(part)); }

  bool on_number_part(json::string_view part, error_code&) { return append(part); }
  bool on_int64(std::int64_t number, json::string_view part, error_code&) {
    if (number == 0 && whole(part) == "-0") return add(-0.0);
    return add(number);
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) { return add(number); }
  bool on_double(double approximate, json::string_view part, error_code& error) {
    const auto token = whole(part);
    const auto* const end = token.data() + token.size();
    double number = 0;
    const auto [read, status] = std::from_chars(token.data(), end, number);
    if (status == std::errc::result_out_of_range) {
      if (std::abs(approximate) > 1) {
        constexpr std::size_t longest = 60;
        const std::string shown(token.substr(0, longest));
        return stop("the number " + shown + (token.size() > longest ? "..." : "") + " is larger than a 64-bit float",
                    error);
      }
      number = token.front() == '-' ? -0.0 : 0.0;
    } else if (status != std::errc() || read != end) {
      number = approximate;
    }
    return add(number);
  }
  bool on_bool(bool value, error_code&) { return add(value); }
  bool on_null(error_code&) { return add(nullptr); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  /// A text of which this is the last part: mostly the only one, which is not copied.
  json::string_view whole(json::string_view last) {
    if (text_.empty()) return last;
    append(last);
    return text_;
  }

  bool open(json::value& container) {
    open_.push_back(&container);
    return true;
  }

  bool close() {
    // Room that was made for more would be kept as long as the document, in each of its arrays.
    if (auto* const array = open_.back()->if_array(); array != nullptr && array->capacity() > many) {
      if (array->capacity() - array->size() > array->size() / 4) array->shrink_to_fit();
    }
    open_.pop_back();
    return true;
  }

  template <class T>
  bool add(T scalar) {
    if (auto* const array = open_.empty() ? nullptr : open_.back()->if_array()) {
      room_in(*array).emplace_back(scalar);
    } else {
      slot() = scalar;
    }
    text_.clear();
    return true;
  }

  /// Where the next value belongs, a null so far; it stays there as long as what is around it is open.
  json::value& slot() {
    if (open_.empty()) return result;
    if (auto* const array = open_.back()->if_array()) return room_in(*array).emplace_back(nullptr);
    return std::prev(open_.back()->get_object().end())->value();
  }

  /// The same array, with room for one more. A long one grows in long steps, as it is moved in each, but to no more
  /// than there can be in the document.
  json::array& room_in(json::array& array) {
    if (array.size() < array.capacity() || array.size() < many) return array;
    if (most_ == 0) most_ = 1 + static_cast<std::size_t>(std::count(document_.begin(), document_.end(), ','));
    array.reserve(std::min(16 * array.size(), most_));
    return array;
  }

  /// `twice`: the member that is at fault, if it is not the last one.
  bool stop(std::string_view message, error_code& error, const json::string_view* twice = nullptr) {
    std::string where;
    for (const auto* const open : open_) {
      if (const auto* const array = open->if_array()) {
        // What is open is in the array already, what is at fault is not.
        where = pointer_to(where, array->size() - (open == open_.back() ? 0 : 1));
      } else if (open == open_.back() && twice != nullptr) {
        where = pointer_to(where, *twice);
      } else {
        where = pointer_to(where, std::prev(open->get_object().end())->key());
      }
    }
    fault = (where.empty() ? std::string() : "at " + where + ": ") + std::string(message);
    error = json::make_error_code(json::error::exception);
    return false;
  }

  static constexpr std::size_t many = 1024;

  const std::string_view document_;
  std::size_t most_ = 0;  // elements that an array has at most, once that was asked for
  boost::container::small_vector<json::value*, 16> open_;  // each inside the one before it
  std::string text_;                                       // what has come of a text so far
};

struct Outcome {
  json::value value;
  std::string fault;  ///< empty: none
};

/// What is parsed: the document, or the document with quotation marks that were put in.
struct Text {
  std::string_view text;
  std::vector<std::size_t> marks = {};  ///< where they are, in order

  /// Of the character at `offset` in the document.
  std::string place(std::size_t offset) const {
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto newline = before.rfind('\n');
    const auto begin = newline == std::string_view::npos ? 0 : newline + 1;
    const auto put_in = std::count_if(marks.begin(), marks.end(),
                                      [&](std::size_t mark) { return mark >= begin && mark < before.size(); });
    const auto column = before.size() - begin - static_cast<std::size_t>(put_in) + 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
  }
};

Outcome parse_strictly(const Text& given, const json::storage_ptr& storage) {
  const auto text = given.text;
  json::parse_options options;
  options.max_depth = max_json_depth;
  json::basic_parser<Builder> parser(options, text, storage);
  error_code error;
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (!parser.handler().fault.empty()) return {{}, std::move(parser.handler().fault)};
  if (error == json::error::incomplete) {
    return {{}, text.empty() ? "the document is empty" : "not JSON: the document ends too early"};
  }
  if (error == json::error::too_deep) {
    return {{},
            "at " + given.place(used) + ": more than " + std::to_string(max_json_depth) +
                " objects and arrays inside each other"};
  }
  if (error) return {{}, "not JSON: " + error.message() + " at " + given.place(used)};
  if (used < text.size()) return {{}, "not JSON: something follows the end of the document at " + given.place(used)};
  return {std::move(parser.handler().result), {}};
}

/// The text with NaN, Infinity and -Infinity made strings where they stand as values; `quoted` holds it.
Text quote_bare_words(std::string_view text, std::string& quoted) {
  std::vector<std::size_t> marks;
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
      marks.push_back(quoted.size());
      quoted.append("\"").append(word).append("\"");
      marks.push_back(quoted.size() - 1);
      i += word.size();
      continue;
    }
    if (text[i] == '"') in_string = true;
    quoted += text[i++];
  }
  return {quoted, std::move(marks)};
}

}  // namespace

json::value parse_json(std::string_view text) { return parse_json(text, {}); }

json::value parse_json(std::string_view text, json::storage_ptr storage) {
  if (text.size() > max_document_bytes) {
    throw Error(ErrorCode::no_memory, "the document has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(max_document_bytes) + " are read");
  }
  auto outcome = parse_strictly({text}, storage);
  if (!outcome.fault.empty()) {
    const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
    std::string quoted;
    if (has("NaN") || has("Infinity")) outcome = parse_strictly(quote_bare_words(text, quoted), storage);
  }
  if (!outcome.fault.empty()) throw Error(ErrorCode::corrupt, std::move(outcome.fault));
  return std::move(outcome.value);
}

}  // namespace zeolite
