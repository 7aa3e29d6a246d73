// SPDX-License-Identifier: Apache-2.0
//
// Variable-length bytes. Source: codec "vlen-bytes" of the Zarr extensions registry.
#include <zeolite/sdk/codec.hpp>
#include <zeolite/sdk/codec/length_prefixed.hpp>

namespace {

using namespace zeolite;

class VlenBytes : public sdk::ArrayBytesCodec {
 public:
  static constexpr sdk::Names names{.name = "vlen-bytes", .v2_ids = {"vlen-bytes"}};

  std::unique_ptr<sdk::BoundArrayBytes> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    const auto anything = [](std::string_view) { return ""; };
    return sdk::bind_length_prefixed(decoded, ZEO_CLASS_BYTES, "variable-length bytes", anything);
  }
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.vlen_bytes", "0.1.0", "Apache-2.0", VlenBytes)
