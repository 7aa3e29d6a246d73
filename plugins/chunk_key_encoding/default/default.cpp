// SPDX-License-Identifier: Apache-2.0
//
// Keys such as "c/1/23/45". Source: Zarr specification, "Default chunk key encoding".
#include <zeolite/sdk/chunk_key_encoding.hpp>

namespace {

using namespace zeolite;

class Default : public sdk::ChunkKeyEncoding {
 public:
  static constexpr sdk::Names names{.name = "default", .aliases = {"@default"}};

  void fields(sdk::Fields& f) override { f.one_of("separator", separator_, {{"/", '/'}, {".", '.'}}); }

  void encode(std::span<const std::uint64_t> id, sdk::Out& key) const override {
    key.append("c");
    for (const auto coordinate : id) {
      key.append(std::string_view(&separator_, 1));
      sdk::append_decimal(key, coordinate);
    }
  }

  bool decode(std::string_view key, std::span<std::uint64_t> id) const override {
    if (!key.starts_with('c')) return false;
    key.remove_prefix(1);
    for (auto& coordinate : id) {
      if (!key.starts_with(separator_)) return false;
      const auto end = std::min(key.find(separator_, 1), key.size());
      const auto value = sdk::parse_coordinate(key.substr(1, end - 1));
      if (!value) return false;
      coordinate = *value;
      key.remove_prefix(end);
    }
    return key.empty();
  }

 private:
  char separator_ = '/';
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.chunk_key_encoding.default", "0.1.0", "Apache-2.0", Default)
