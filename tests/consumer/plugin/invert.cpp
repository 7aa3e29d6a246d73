// SPDX-License-Identifier: Apache-2.0
//
// A plugin of somebody else: a codec that turns every bit over.
#include <zeolite/sdk/codec.hpp>

namespace {

using namespace zeolite;

class Invert : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "consumer.invert"};

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return decoded_bytes; }
  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override { invert(decoded, encoded); }
  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call&) const override { invert(encoded, decoded); }

 private:
  static void invert(sdk::Bytes from, sdk::Out& to) {
    const auto room = to.reserve(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) room[i] = static_cast<std::uint8_t>(~from[i]);
    to.advance(from.size());
  }
};

}  // namespace

ZEOLITE_PLUGIN("consumer.invert", "1.0.0", "Apache-2.0", Invert)
