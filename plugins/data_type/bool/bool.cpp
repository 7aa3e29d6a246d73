// SPDX-License-Identifier: Apache-2.0
//
// Booleans, one byte each: 0 or 1. Source: Zarr v3.1 core specification, "Core data types".
#include <zeolite/sdk/data_type.hpp>

namespace {

using namespace zeolite;

class Bool : public sdk::FixedDataType<Bool, std::uint8_t, ZEO_CLASS_BOOL> {
 public:
  static constexpr sdk::Names names{.name = "bool", .v2_ids = {"b1"}};

  std::uint8_t read(std::string_view json) const override {
    if (json == "true") return 1;
    if (json == "false") return 0;
    throw sdk::invalid("must be true or false, not {}", sdk::excerpt(json));
  }

  std::string write(std::uint8_t value) const override { return value != 0 ? "true" : "false"; }
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.bool", "0.1.0", "Apache-2.0", Bool)
