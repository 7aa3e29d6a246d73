// SPDX-License-Identifier: Apache-2.0
//
// What a context counts, and the times it measures if it is told to.
#include <zeolite/testing/catch.hpp>

#include <zeolite/sdk/codec.hpp>
#include <zeolite/sdk/store.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::counted;
using test::int32_array;

namespace {

constexpr auto wait = 3ms, decoding = 5ms;

class Slow final : public sdk::BlockingStore {
 public:
  sdk::StoreProperties properties() const override { return {.writable = true, .deletable = true}; }
  bool get(std::string_view key, sdk::Reading& reading) override {
    std::this_thread::sleep_for(wait);
    const auto found = values_.find(key);
    if (found == values_.end()) return false;
    reading.answer(found->second);
    return true;
  }
  void set(std::string_view key, sdk::Writing& writing) override { values_[std::string(key)] = writing.joined(); }
  void erase(std::string_view key) override { values_.erase(std::string(key)); }

 private:
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> values_;
};

/// Changes nothing, and takes its time for it.
class Thorough final : public sdk::BytesCodec {
 public:
  static constexpr sdk::Names names{.name = "test.thorough"};

  std::uint64_t max_encoded(std::uint64_t decoded_bytes) const override { return decoded_bytes; }
  void encode(sdk::Bytes decoded, sdk::Out& encoded, const sdk::Call&) const override { encoded.append(decoded); }
  void decode(sdk::Bytes encoded, sdk::Out& decoded, const sdk::Call&) const override {
    std::this_thread::sleep_for(decoding);
    decoded.append(encoded);
  }
};

constexpr zeo_plugin plugin = sdk::describe<Thorough>("test.thorough", "1.0.0", "Apache-2.0");

}  // namespace

TEST_CASE("what callers wanted is counted, and where the time went if it is measured", "[engine]") {
  ContextOptions options;
  options.threads = 0;
  options.measure_times = GENERATE(false, true);
  CAPTURE(options.measure_times);
  const Context context(options);
  context.registry().add(plugin);
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Slow>()), "slow:");
  auto described = int32_array({20}, {5});
  described.codecs = {"bytes", "test.thorough"};
  const auto array = create_array(store, "a", described);
  array.write(array.all(), counted(20));
  const auto before = context.counters();
  CHECK(before.element_bytes == 20 * 4);
  CHECK(array.read<std::int32_t>(box({3}, {9})).front() == 4);
  CHECK_THROWS_AS(array.read<std::int32_t>(box({3}, {90})), Error);
  const auto after = context.counters();
  // Of three chunks.
  CHECK(after.element_bytes - before.element_bytes == 9 * 4);
  CHECK(after.read_bytes - before.read_bytes == 15 * 4);
  CHECK(after.decoded_bytes - before.decoded_bytes == 15 * 4);
  const auto waited = std::chrono::nanoseconds(after.wait_ns - before.wait_ns);
  const auto decoded = std::chrono::nanoseconds(after.decode_ns - before.decode_ns);
  if (options.measure_times) {
    CHECK(waited >= 3 * wait);
    CHECK(decoded >= 3 * decoding);
  } else {
    CHECK(after.wait_ns == 0);
    CHECK(after.decode_ns == 0);
  }
}
