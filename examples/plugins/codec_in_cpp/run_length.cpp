// SPDX-License-Identifier: Apache-2.0
//
// A small compressor with the SDK: runs of equal bytes become pairs of length and byte. It compiles with any C++20
// compiler and standard library, whatever the host was built with.
#include <zeolite/sdk/codec.hpp>

namespace {

using namespace zeolite;

class RunLength : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "example.run_length"};

  // [fields]
  void fields(sdk::Fields& f) override { f.optional("longest_run", longest_run_).between(1, 255); }
  // [/fields]

  // [bound]
  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return 2 * decoded_bytes; }
  // [/bound]

  // [encode]
  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override {
    auto room = encoded.reserve(2 * decoded.size());
    std::size_t written = 0;
    for (std::size_t i = 0; i < decoded.size();) {
      std::size_t run = 1;
      while (run < longest_run_ && i + run < decoded.size() && decoded[i + run] == decoded[i]) ++run;
      room[written++] = static_cast<std::uint8_t>(run);
      room[written++] = decoded[i];
      i += run;
    }
    encoded.advance(written);
  }
  // [/encode]

  // [decode]
  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call&) const override {
    if (encoded.size() % 2 != 0) throw sdk::corrupt("{} bytes are no pairs of length and byte", encoded.size());
    for (std::size_t i = 0; i < encoded.size(); i += 2) {
      const std::uint8_t run = encoded[i];
      if (run == 0) throw sdk::corrupt("the run at byte {} has no length", i);
      std::memset(decoded.reserve(run).data(), encoded[i + 1], run);
      decoded.advance(run);
    }
  }
  // [/decode]

 private:
  std::uint32_t longest_run_ = 255;
};

}  // namespace

// [export]
ZEOLITE_PLUGIN("example.run_length", "1.0.0", "Apache-2.0", RunLength)
// [/export]
