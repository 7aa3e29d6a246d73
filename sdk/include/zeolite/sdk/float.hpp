// SPDX-License-Identifier: Apache-2.0
//
// IEEE 754 numbers in metadata: a number, "NaN", "Infinity", "-Infinity", or the bits as "0x..." with exactly the
// format's width. Source: Zarr v3.1 core specification, "Permitted fill values".
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <zeolite/sdk/json.hpp>

#include <zeolite/sdk/number.hpp>

namespace zeolite::sdk {

/// A binary16 number, by its bits.
struct Half {
  std::uint16_t bits = 0;
};

/// Rounds half to even.
inline Half to_half(double value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double magnitude = std::fabs(value);
  if (std::isnan(value)) return {static_cast<std::uint16_t>(sign | 0x7e00)};
  if (magnitude >= 65536) return {static_cast<std::uint16_t>(sign | 0x7c00)};
  if (magnitude == 0) return {sign};
  const int exponent = std::max(std::ilogb(magnitude), -14);
  const double scaled = std::ldexp(magnitude, 10 - exponent);  // exact; below 2048
  auto whole = static_cast<std::uint32_t>(scaled);
  const double rest = scaled - whole;
  if (rest > 0.5 || (rest == 0.5 && (whole & 1) != 0)) ++whole;
  // Adding carries into the exponent where rounding reaches the next power of two, at the top into infinity.
  return {static_cast<std::uint16_t>(sign | ((static_cast<std::uint32_t>(exponent + 14) << 10) + whole))};
}

inline float from_half(Half half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000) << 16;
  const int exponent = (half.bits >> 10) & 31;
  const std::uint32_t fraction = half.bits & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                        : std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  return sign == 0 ? magnitude : -magnitude;
}

/// What the three formats differ in. T: Half, float or double.
template <class T>
struct FloatFormat {
  using Bits = std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;
  static constexpr int fraction_bits = sizeof(T) == 2 ? 10 : sizeof(T) == 4 ? 23 : 52;
  static constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));
  static constexpr Bits infinity = static_cast<Bits>((sign - 1) & ~((Bits{1} << fraction_bits) - 1));
  static constexpr Bits nan = static_cast<Bits>(infinity | Bits{1} << (fraction_bits - 1));
  static constexpr std::size_t digits = 2 * sizeof(T);  // of "0x..."
};

/// Reads one number; `json` is the text as it stands in the document. null is read as NaN: some writers mean that.
template <class T>
T read_float(std::string_view json) {
  using Format = FloatFormat<T>;
  using Bits = typename Format::Bits;
  json = trim(json);
  if (json == "null") return std::bit_cast<T>(Format::nan);
  if (!json.empty() && json[0] == '"') {
    boost::system::error_code error;
    const auto value = parse_json(json, error);
    if (!error && value.is_string()) {
      const std::string_view word(value.get_string());
      if (word == "NaN") return std::bit_cast<T>(Format::nan);
      if (word == "Infinity") return std::bit_cast<T>(Format::infinity);
      if (word == "-Infinity") return std::bit_cast<T>(static_cast<Bits>(Format::sign | Format::infinity));
      if (word.size() == 2 + Format::digits && word.starts_with("0x")) {
        Bits bits{};
        const auto* const end = word.data() + word.size();
        const auto result = std::from_chars(word.data() + 2, end, bits, 16);
        if (result.ec == std::errc() && result.ptr == end) return std::bit_cast<T>(bits);
      }
    }
  } else if (const auto number = parse_decimal(json)) {
    if constexpr (std::is_same_v<T, Half>) {
      return to_half(rounded_to_odd(json, *number));
    } else {
      return nearest<T>(json, *number);
    }
  }
  throw invalid("must be a number, \"NaN\", \"Infinity\", \"-Infinity\" or \"0x\" and {} hexadecimal digits, not {}",
                Format::digits, excerpt(json));
}

/// The shortest text that read_float turns into the same bits.
template <class T>
std::string write_float(T value) {
  using Format = FloatFormat<T>;
  const auto bits = std::bit_cast<typename Format::Bits>(value);
  const auto magnitude = static_cast<typename Format::Bits>(bits & ~Format::sign);
  if (bits == Format::nan) return "\"NaN\"";
  if (magnitude > Format::infinity) return fmt::format("\"0x{:0{}x}\"", bits, Format::digits);
  if (magnitude == Format::infinity) return bits == magnitude ? "\"Infinity\"" : "\"-Infinity\"";
  char text[64];
  char* end = text;
  if constexpr (std::is_same_v<T, Half>) {
    const float wide = from_half(value);
    for (int precision = 1; precision <= 6; ++precision) {  // six digits suffice for any binary16 number
      end = std::to_chars(text, text + sizeof text, wide, std::chars_format::scientific, precision - 1).ptr;
      float shorter{};
      std::from_chars(text, end, shorter);
      end = std::to_chars(text, text + sizeof text, shorter).ptr;
      if (to_half(shorter).bits == bits) break;
    }
  } else {
    end = std::to_chars(text, text + sizeof text, value).ptr;
  }
  std::string written(text, end);
  if (written.find_first_of(".e") == std::string::npos) written += ".0";
  return written;
}

}  // namespace zeolite::sdk
