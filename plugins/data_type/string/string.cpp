// SPDX-License-Identifier: Apache-2.0
//
// Strings of any length, UTF-8. Source: zarr-extensions, data-types/string.
#include <zeolite/sdk/data_type.hpp>

namespace {

using namespace zeolite;

class String : public sdk::VariableDataType<ZEO_CLASS_STRING> {
 public:
  // Version 2 objects are what the filter makes of them.
  static constexpr sdk::Names names{.name = "string", .v2_ids = {"O/vlen-utf8"}};

  void read_fill(std::string_view json, sdk::Out& element) const override {
    if (json == "0") return;  // version 2 metadata means the empty string by it
    boost::system::error_code error;
    const auto value = sdk::parse_json(json, error);
    if (error || !value.is_string()) throw sdk::invalid("must be a string, not {}", sdk::excerpt(json));
    element.append(std::string_view(value.get_string()));
  }

  void write_fill(sdk::Bytes element, sdk::Out& json) const override {
    const std::string_view text(reinterpret_cast<const char*>(element.data()), element.size());
    const auto written = sdk::json::serialize(sdk::json::string(text.data(), text.size()));
    // Elements come from stored data, and what is not UTF-8 would make a document that nobody can read.
    boost::system::error_code error;
    sdk::parse_json(written, error);
    if (error) throw sdk::corrupt("a string of {} bytes is not UTF-8", text.size());
    json.append(written);
  }

  static sdk::json::object from_v2(const sdk::json::value& v2) {
    return sdk::from_v2_dtype(v2, "O", names.name, false);
  }

  sdk::json::object default_codec() const override {
    return {{"name", "vlen-utf8"}, {"configuration", sdk::json::object{}}};
  }
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.data_type.string", "0.1.0", "Apache-2.0", String)
