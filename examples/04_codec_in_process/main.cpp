// SPDX-License-Identifier: Apache-2.0
//
// A codec that is part of the program: written with the same SDK as a plugin library, registered by hand.
#include <zeolite/sdk/codec.hpp>
#include <zeolite/zeolite.hpp>

#include <cstdio>
#include <exception>
#include <vector>

// [codec]
// Keeps bytes from being read by accident: every byte is combined with a key.
class Veil : public zeolite::sdk::BytesCodec {
 public:
  static constexpr zeolite::sdk::Names names{.name = "example.veil"};

  void fields(zeolite::sdk::Fields& f) override { f.optional("key", key_).between(0, 255); }

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return decoded_bytes; }
  bool exact_size() const override { return true; }

  void encode(zeolite::sdk::Bytes decoded, zeolite::sdk::Out& encoded, const zeolite::sdk::Call&) const override {
    auto room = encoded.reserve(decoded.size());
    for (std::size_t i = 0; i < decoded.size(); ++i) room[i] = static_cast<std::uint8_t>(decoded[i] ^ key_);
    encoded.advance(decoded.size());
  }
  void decode(zeolite::sdk::Bytes encoded, zeolite::sdk::Out& decoded, const zeolite::sdk::Call& call) const override {
    encode(encoded, decoded, call);
  }

 private:
  int key_ = 0x5A;
};
// [/codec]

// [plugin]
constexpr zeo_plugin plugin = zeolite::sdk::describe<Veil>("example.veil", "1.0.0", "Apache-2.0");
// [/plugin]

int main() try {
  // [register]
  zeolite::Context context;
  context.registry().add(plugin);
  auto array = zeolite::create_array(
      context,
      "memory:", {.shape = {8}, .chunk_shape = {8}, .data_type = "uint8", .codecs = {{"example.veil", {{"key", 1}}}}});
  // [/register]
  array.write(array.all(), std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7});
  const auto stored = array.read_encoded({0});
  std::printf("stored: %d %d ...\n", static_cast<int>((*stored)[0]), static_cast<int>((*stored)[1]));
  return array.read<std::uint8_t>()[7] == 7 && (*stored)[0] == std::byte{1} ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
