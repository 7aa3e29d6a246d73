// SPDX-License-Identifier: Apache-2.0
//
// Keys such as "1.23.45", as version 2 arrays have them. Source: Zarr specification, "v2 chunk key encoding".
#include <zeolite/sdk/chunk_key_encoding.hpp>

namespace {

using namespace zeolite;

// [class]
class V2 : public sdk::ChunkKeyEncoding {
 public:
  static constexpr sdk::Names names{.name = "v2", .aliases = {"@v2"}};

  void fields(sdk::Fields& f) override { f.one_of("separator", separator_, {{".", '.'}, {"/", '/'}}); }

  void encode(std::span<const std::uint64_t> id, sdk::Out& key) const override {
    if (id.empty()) key.append("0");
    for (std::size_t axis = 0; axis < id.size(); ++axis) {
      if (axis > 0) key.append(std::string_view(&separator_, 1));
      sdk::append_decimal(key, id[axis]);
    }
  }

  bool decode(std::string_view key, std::span<std::uint64_t> id) const override {
    if (id.empty()) return key == "0";
    for (std::size_t axis = 0; axis < id.size(); ++axis) {
      const bool last = axis + 1 == id.size();
      const auto end = last ? key.size() : key.find(separator_);
      if (end == std::string_view::npos) return false;
      const auto value = sdk::parse_coordinate(key.substr(0, end));
      if (!value) return false;
      id[axis] = *value;
      if (!last) key.remove_prefix(end + 1);
    }
    return true;
  }

 private:
  char separator_ = '.';
};
// [/class]

}  // namespace

ZEOLITE_PLUGIN("zeolite.chunk_key_encoding.v2", "0.1.0", "Apache-2.0", V2)
