// SPDX-License-Identifier: Apache-2.0
//
// IEEE 754 numbers of 16, 32 and 64 bits. Source: Zarr v3.1 core specification, "Core data types".
#include <zeolite/sdk/data_type.hpp>
#include <zeolite/sdk/float.hpp>

namespace {

using namespace zeolite;

template <class Self, class T>
class Float : public sdk::FixedDataType<Self, T, ZEO_CLASS_FLOAT> {
 public:
  T read(std::string_view json) const override { return sdk::read_float<T>(json); }
  std::string write(T value) const override { return sdk::write_float(value); }
  T null() const override { return sdk::read_float<T>("null"); }
};

class Float16 : public Float<Float16, sdk::Half> {
 public:
  static constexpr sdk::Names names{.name = "float16", .v2_ids = {"f2"}};
};

class Float32 : public Float<Float32, float> {
 public:
  static constexpr sdk::Names names{.name = "float32", .v2_ids = {"f4"}};
};

class Float64 : public Float<Float64, double> {
 public:
  static constexpr sdk::Names names{.name = "float64", .v2_ids = {"f8"}};
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.float", "0.1.0", "Apache-2.0", Float16, Float32, Float64)
