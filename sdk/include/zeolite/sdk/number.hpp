// SPDX-License-Identifier: Apache-2.0
//
// JSON numbers without loss: integers that never pass through a floating point number, and decimal numbers rounded
// once, half to even, to any binary floating point format.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <zeolite/sdk/error.hpp>
#include <zeolite/sdk/text.hpp>

namespace zeolite::sdk {

/// A decimal number taken apart: its value is 0.digits * 10^point. No zeros at either end of `digits`; zero has none.
struct Decimal {
  bool negative = false;
  std::string digits = {};
  std::int64_t point = 0;

  bool is_integral() const { return point >= 0 && digits.size() <= static_cast<std::uint64_t>(point); }
};

/// Reads a number in JSON's grammar, nothing before or after it; nothing for anything else.
inline std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  const auto is_digit = [&] { return peek() >= '0' && peek() <= '9'; };
  if (peek() == '-') {
    number.negative = true;
    ++at;
  }
  const auto whole = at;
  while (is_digit()) number.digits += text[at++];
  if (at == whole || (text[whole] == '0' && at > whole + 1)) return std::nullopt;
  number.point = static_cast<std::int64_t>(at - whole);
  if (peek() == '.') {
    const auto fraction = ++at;
    while (is_digit()) number.digits += text[at++];
    if (at == fraction) return std::nullopt;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    const bool below = peek() == '-';
    if (peek() == '-' || peek() == '+') ++at;
    if (!is_digit()) return std::nullopt;
    std::int64_t exponent = 0;
    for (; is_digit(); ++at) exponent = std::min<std::int64_t>(exponent * 10 + (text[at] - '0'), 1'000'000'000'000);
    number.point += below ? -exponent : exponent;
  }
  if (at != text.size()) return std::nullopt;
  const auto first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{number.negative};
  number.digits.resize(number.digits.find_last_not_of('0') + 1);
  number.digits.erase(0, first);
  number.point -= static_cast<std::int64_t>(first);
  return number;
}

/// Reads an integer of type T, exactly. 7.0 and 70e-1 are integers too: other writers produce them.
template <class T>
T read_integer(std::string_view json) {
  static_assert(std::is_integral_v<T>);
  const auto number = parse_decimal(trim(json));
  if (!number) throw invalid("must be an integer, not {}", excerpt(json));
  if (!number->is_integral()) throw invalid("must be an integer, {} has a fraction", excerpt(json));
  T value{};
  bool fits = number->point <= 20;
  if (fits && !number->digits.empty()) {
    auto text = (number->negative ? "-" : "") + number->digits;
    text.append(static_cast<std::size_t>(number->point) - number->digits.size(), '0');
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    fits = result.ec == std::errc() && result.ptr == text.data() + text.size();
  }
  if (!fits) {
    throw invalid("must be from {} to {}, not {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),
                  excerpt(json));
  }
  return value;
}

/// The float or double nearest to `text`, a number in JSON's grammar that parse_decimal gave `number` for; ties go to
/// even, and what is too large becomes an infinity, as IEEE 754 rounds.
template <class T>
T nearest(std::string_view text, const Decimal& number) {
  T value{};
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) return value;
  value = number.point > 0 ? std::numeric_limits<T>::infinity() : T{0};
  return number.negative ? -value : value;
}

/// `text` as a double that a second rounding, to a format of at most 50 significant bits, cannot tell from the exact
/// number: an inexact result gets an odd last bit, so that it is never mistaken for a tie.
inline double rounded_to_odd(std::string_view text, const Decimal& number) {
  const auto value = nearest<double>(text, number);
  if (!std::isfinite(value)) return value;
  char exact[1200];  // a double has at most 767 significant digits
  const auto end = std::to_chars(exact, exact + sizeof exact, std::fabs(value), std::chars_format::scientific, 800).ptr;
  const auto found = parse_decimal({exact, static_cast<std::size_t>(end - exact)}).value();
  if (found.digits == number.digits && (found.point == number.point || found.digits.empty())) return value;
  // Compared as magnitudes: zero has no digits and is below everything.
  const bool exact_is_larger = found.digits.empty() || (number.point != found.point ? number.point > found.point
                                                                                    : number.digits > found.digits);
  std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  if ((bits & 1) == 0) bits += exact_is_larger ? 1 : std::uint64_t(-1);
  return std::bit_cast<double>(bits);
}

}  // namespace zeolite::sdk
