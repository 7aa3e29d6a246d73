// SPDX-License-Identifier: Apache-2.0
//
// A checksum after the value, verified when it is read. Source: Zarr v3 codec "crc32c", version 1.0.
#include "crc32c.hpp"

#include <zeolite/sdk/byte_order.hpp>
#include <zeolite/sdk/codec.hpp>

namespace {

using namespace zeolite;

constexpr std::size_t checksum_bytes = 4;

class Crc32c : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "crc32c", .v2_ids = {"crc32c"}};

  static void from_v2(sdk::json::object& members, const sdk::json::value&) {
    if (members.contains("location") && members["location"] == "end") members.erase("location");
  }

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return decoded_bytes + checksum_bytes; }
  bool exact_size() const override { return true; }

  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override {
    encoded.reserve(decoded.size() + checksum_bytes);
    encoded.append(decoded);
    sdk::store_little_endian(crc32c::checksum(decoded), encoded.room().data());
    encoded.advance(checksum_bytes);
  }

  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call&) const override {
    if (encoded.size() < checksum_bytes) {
      throw sdk::corrupt("{} bytes are too few to hold a checksum of {}", encoded.size(), checksum_bytes);
    }
    const auto value = encoded.first(encoded.size() - checksum_bytes);
    const auto wanted = sdk::load_little_endian<std::uint32_t>(encoded.last(checksum_bytes).data());
    const auto found = crc32c::checksum(value);
    if (found != wanted) {
      throw sdk::corrupt("the checksum of {} bytes is {:08x}, but {:08x} is stored with them", value.size(), found,
                         wanted);
    }
    decoded.append(value);
  }
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.crc32c", "0.1.0", "Apache-2.0", Crc32c)
