// SPDX-License-Identifier: Apache-2.0
//
// Variable-length strings. Source: codec "vlen-utf8" of the Zarr extensions registry.
#include <zeolite/sdk/codec.hpp>
#include <zeolite/sdk/codec/length_prefixed.hpp>
#include <zeolite/sdk/utf8.hpp>

namespace {

using namespace zeolite;

std::string check(std::string_view element) {
  const auto at = sdk::find_invalid_utf8(element);
  return at == element.npos ? "" : fmt::format("is not valid UTF-8 from its byte {} on", at);
}

class VlenUtf8 : public sdk::ArrayBytesCodec {
 public:
  static constexpr sdk::Names names{.name = "vlen-utf8", .v2_ids = {"vlen-utf8"}};

  std::unique_ptr<sdk::BoundArrayBytes> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    return sdk::bind_length_prefixed(decoded, ZEO_CLASS_STRING, "variable-length strings", &check);
  }
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.vlen_utf8", "0.1.0", "Apache-2.0", VlenUtf8)
