// SPDX-License-Identifier: Apache-2.0
//
// Complex numbers of two 32 or 64 bit IEEE 754 parts, the real one first.
// Source: Zarr v3.1 core specification, "Core data types".
#include <complex>

#include <zeolite/sdk/data_type.hpp>
#include <zeolite/sdk/float.hpp>

namespace {

using namespace zeolite;

/// The two items of a JSON list as they stand in the text: a parser would round numbers that are to be rounded once.
std::pair<std::string_view, std::string_view> split_pair(std::string_view json) {
  boost::system::error_code error;
  const auto value = sdk::parse_json(json, error);
  if (error || !value.is_array() || value.get_array().size() != 2) {
    throw sdk::invalid("must be a list of two numbers, real and imaginary part, not {}", sdk::excerpt(json));
  }
  std::size_t comma = 1;
  int depth = 0;
  bool in_string = false;
  for (; depth > 0 || in_string || json[comma] != ','; ++comma) {
    const char c = json[comma];
    if (in_string && c == '\\') ++comma;
    if (c == '"') in_string = !in_string;
    if (!in_string) depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
  }
  return {json.substr(1, comma - 1), json.substr(comma + 1, json.size() - comma - 2)};
}

template <class Self, class Part>
class Complex : public sdk::FixedDataType<Self, std::complex<Part>, ZEO_CLASS_COMPLEX> {
 public:
  std::complex<Part> read(std::string_view json) const override {
    const auto [real, imaginary] = split_pair(json);
    return {part("real part", real), part("imaginary part", imaginary)};
  }

  std::string write(std::complex<Part> value) const override {
    return fmt::format("[{},{}]", sdk::write_float(value.real()), sdk::write_float(value.imag()));
  }

 private:
  static Part part(std::string_view which, std::string_view json) {
    try {
      return sdk::read_float<Part>(json);
    } catch (const sdk::Error& error) {
      throw sdk::invalid("has a wrong {}: it {}", which, error.what());
    }
  }
};

class Complex64 : public Complex<Complex64, float> {
 public:
  static constexpr sdk::Names names{.name = "complex64", .aliases = {"complex_float32"}, .v2_ids = {"c8"}};
};

class Complex128 : public Complex<Complex128, double> {
 public:
  static constexpr sdk::Names names{.name = "complex128", .aliases = {"complex_float64"}, .v2_ids = {"c16"}};
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.complex", "0.1.0", "Apache-2.0", Complex64, Complex128)
