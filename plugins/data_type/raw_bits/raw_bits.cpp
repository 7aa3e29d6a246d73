// SPDX-License-Identifier: Apache-2.0
//
// Elements of a fixed number of bytes that mean nothing here: r8, r16, ... Others also write them as
// {"name": "raw_bytes", "configuration": {"length_bytes": ...}}.
// Source: Zarr v3.1 core specification, "Core data types".
#include <zeolite/sdk/base64.hpp>
#include <zeolite/sdk/data_type.hpp>

namespace {

using namespace zeolite;

/// Far more than an element is ever given, far less than what would exhaust memory for a single fill value.
constexpr std::uint64_t max_item_bytes = 1 << 20;

class RawBits : public sdk::DataType {
 public:
  static constexpr sdk::Names names{.name = "r*", .aliases = {"raw_bytes"}, .v2_ids = {"V"}};

  void fields(sdk::Fields& f) override {
    if (f.name() == "raw_bytes") {
      f.required("length_bytes", item_bytes_).between(std::uint64_t{1}, max_item_bytes);
    } else if (f.reading()) {
      const auto bits = f.name().starts_with('r') ? digits(f.name().substr(1)) : 0;
      if (bits == 0 || bits % 8 != 0) {
        throw sdk::invalid("\"{}\" is not \"r\" and a multiple of 8, from r8 to r{}", f.name(), 8 * max_item_bytes);
      }
      item_bytes_ = bits / 8;
    }
  }

  zeo_data_type_info info() const override {
    zeo_data_type_info info{};
    info.type_class = ZEO_CLASS_RAW;
    info.item_bytes = item_bytes_;
    info.align_bytes = 1;
    info.swap_unit = 1;
    return info;
  }

  void read_fill(std::string_view json, sdk::Out& element) const override {
    const auto bytes = sdk::read_bytes(json);
    if (bytes.size() != item_bytes_) {
      throw sdk::invalid("has {} bytes, the data type {}", bytes.size(), item_bytes_);
    }
    element.append(bytes);
  }

  void write_fill(sdk::Bytes element, sdk::Out& json) const override {
    json.append(sdk::write_bytes(element.data(), element.size()));
  }

  std::string numpy() const override { return fmt::format("V{}", item_bytes_); }

  static sdk::json::object from_v2(const sdk::json::value& v2) {
    const std::string_view dtype = v2.is_string() ? std::string_view(v2.get_string()) : "";
    const auto bytes = dtype.size() > 2 ? digits(dtype.substr(2)) : 0;
    if (bytes == 0 || bytes > max_item_bytes) {
      throw sdk::invalid("dtype {} is not \"|V\" and a number of bytes up to {}",
                         sdk::excerpt(sdk::json::serialize(v2)), max_item_bytes);
    }
    return sdk::from_v2_dtype(v2, fmt::format("V{}", bytes), fmt::format("r{}", 8 * bytes), false);
  }

 private:
  /// A decimal number without leading zeros; 0 for anything else, and for more than the longest element has bits.
  static std::uint64_t digits(std::string_view text) {
    const auto number = sdk::parse_decimal(text);
    if (!number || number->negative || !number->is_integral() || number->point > 8 ||
        text.find_first_not_of("0123456789") != std::string_view::npos) {
      return 0;
    }
    const auto value = sdk::read_integer<std::uint64_t>(text);
    return value <= 8 * max_item_bytes ? value : 0;
  }

  std::uint64_t item_bytes_ = 1;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.raw_bits", "0.1.0", "Apache-2.0", RawBits)
