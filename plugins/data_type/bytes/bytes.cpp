// SPDX-License-Identifier: Apache-2.0
//
// Runs of bytes of any length. Source: zarr-extensions, data-types/bytes.
#include <zeolite/sdk/base64.hpp>
#include <zeolite/sdk/data_type.hpp>

namespace {

using namespace zeolite;

class VariableBytes : public sdk::VariableDataType<ZEO_CLASS_BYTES> {
 public:
  // Version 2 objects are what the filter makes of them.
  static constexpr sdk::Names names{
      .name = "bytes", .aliases = {"variable_length_bytes", "binary"}, .v2_ids = {"O/vlen-bytes"}};

  void read_fill(std::string_view json, sdk::Out& element) const override {
    if (json == "0") return;  // version 2 metadata means no bytes by it
    element.append(sdk::read_bytes(json));
  }

  void write_fill(sdk::Bytes element, sdk::Out& json) const override {
    // Of the two forms base64, which zarr-python reads too.
    const std::string_view bytes(reinterpret_cast<const char*>(element.data()), element.size());
    json.append('"' + sdk::encode_base64(bytes) + '"');
  }

  static sdk::json::object from_v2(const sdk::json::value& v2) {
    return sdk::from_v2_dtype(v2, "O", names.name, false);
  }

  sdk::json::object default_codec() const override {
    return {{"name", "vlen-bytes"}, {"configuration", sdk::json::object{}}};
  }
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.bytes", "0.1.0", "Apache-2.0", VariableBytes)
