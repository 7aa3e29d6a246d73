// SPDX-License-Identifier: Apache-2.0
//
// Plans that name their pieces in many pages, and indexes that are as large as what they lead to: neither takes more of
// the stack, or of the memory budget, than a few of each.
#include <zeolite/testing/catch.hpp>

#include <zeolite/sdk/codec.hpp>
#include <zeolite/sdk/store.hpp>

#include "engine_support.hpp"

using namespace zeolite;

namespace {

/// Names each byte as a piece of its own, in a page of its own.
class OneByOne final : public sdk::ArrayBytesCodec {
 public:
  static constexpr sdk::Names names{.name = "test.one_by_one"};

  std::unique_ptr<sdk::BoundArrayBytes> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    return std::make_unique<Bound>(decoded.shape()[0]);
  }

 private:
  class Plan final : public sdk::Steps<Plan> {
   public:
    explicit Plan(std::uint64_t bytes) : Steps(&Plan::next), bytes_(bytes) {}

   private:
    sdk::Wants next(sdk::Answers, const sdk::Call&) {
      if (at_ == bytes_) return done();
      sdk::Pieces page(1);
      const std::uint64_t one = 1;
      page.raw({&at_, 1}, {&one, 1}, {at_, 1});
      ++at_;
      return pieces(std::move(page), &Plan::next);
    }

    const std::uint64_t bytes_;
    std::uint64_t at_ = 0;
  };

  class Bound final : public sdk::BoundArrayBytes {
   public:
    explicit Bound(std::uint64_t bytes) : bytes_(bytes) {
      properties.whole = false;
      properties.read_plans = properties.write_plans = true;
    }
    std::unique_ptr<sdk::Plan> read_plan(const sdk::Region&, const sdk::Call&) const override {
      return std::make_unique<Plan>(bytes_);
    }

   private:
    const std::uint64_t bytes_;
  };
};

std::string document_of(std::uint64_t bytes, const std::string& codec) {
  const auto shape = std::to_string(bytes);
  return R"({"zarr_format":3,"node_type":"array","shape":[)" + shape +
         R"(],"data_type":"uint8","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[)" + shape +
         R"(]}},"chunk_key_encoding":{"name":"default"},"fill_value":0,"codecs":[)" + codec + "]}";
}

/// Values whose ranges are answered by a thread of its own, when nobody has asked for more for a while.
class Patient final : public sdk::Store {
 public:
  struct Seen {
    std::atomic<std::uint64_t> under_way = 0, most = 0;  // bytes
  };

  Patient(Seen& seen, std::map<std::string, std::string, std::less<>> values)
      : seen_(seen), values_(std::move(values)), thread_([this] { answer(); }) {}
  ~Patient() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  sdk::StoreProperties properties() const override { return {.latency_ns = 1'000'000}; }

  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    const std::lock_guard lock(mutex_);
    for (auto& operation : operations) {
      seen_.under_way += bytes_of(operation);
      queue_.push_back(std::move(operation));
    }
    seen_.most = std::max(seen_.most.load(), seen_.under_way.load());
    changed_.notify_one();
  }

 private:
  static std::uint64_t bytes_of(const sdk::Operation& operation) {
    std::uint64_t bytes = 0;
    for (const auto& range : operation.ranges()) bytes += range.length == ZEOLITE_REST ? 0 : range.length;
    return bytes;
  }

  void answer() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      for (std::size_t seen = 0; seen != queue_.size();) {
        seen = queue_.size();
        changed_.wait_for(lock, std::chrono::milliseconds(5));
      }
      auto operations = std::exchange(queue_, {});
      lock.unlock();
      for (auto& operation : operations) {
        const auto found = values_.find(operation.key());
        seen_.under_way -= bytes_of(operation);
        if (operation.kind() != ZEO_OP_GET || found == values_.end()) {
          operation.not_found();
          continue;
        }
        const auto* const begin = reinterpret_cast<const std::uint8_t*>(found->second.data());
        operation.reading().answer(std::span(begin, found->second.size()));
        operation.succeed({found->second.size(), {}});
      }
      lock.lock();
    }
  }

  Seen& seen_;
  const std::map<std::string, std::string, std::less<>> values_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<sdk::Operation> queue_;  // guarded by mutex_
  bool stopping_ = false;              // guarded by mutex_
  std::thread thread_;
};

constexpr std::uint64_t inner_bytes = 16 << 10, inner_chunks = 2000;

/// A shard whose inner chunks lie too far apart to be fetched together, and whose index comes first.
std::string shard() {
  std::string value(inner_chunks * 16, '\0');
  for (std::uint64_t i = 0; i < inner_chunks; ++i) {
    value.append(64, '\xff');
    const std::uint64_t entry[] = {value.size(), inner_bytes};
    std::memcpy(value.data() + i * 16, entry, 16);
    value.append(inner_bytes, static_cast<char>(1 + i % 251));
  }
  return value;
}

const std::string little = R"({"name":"bytes","configuration":{"endian":"little"}})";

}  // namespace

TEST_CASE("thousands of pages of pieces are read one after the other, none inside of another", "[engine][threads]") {
  for (const unsigned threads : {0u, 1u}) {
    ContextOptions options;
    options.threads = threads;
    const Context context(options);
    context.registry().add(sdk::describe<OneByOne>("test.pages", "1", "Apache-2.0"));
    const auto store = Store::open(context, "memory:");
    constexpr std::size_t bytes = 30'000;
    const std::string document = document_of(bytes, R"({"name":"test.one_by_one"})"), value(bytes, 'x');
    store.set("zarr.json", std::as_bytes(std::span(document)));
    store.set("c/0", std::as_bytes(std::span(value)));
    const auto elements = open_array(store).read<std::uint8_t>();
    CHECK(std::string(elements.begin(), elements.end()) == value);
  }
}

TEST_CASE("what a large index leads to is fetched within the budget", "[engine][threads]") {
  constexpr std::uint64_t bytes = inner_bytes * inner_chunks;
  const auto codec = R"({"name":"sharding_indexed","configuration":{"chunk_shape":[)" + std::to_string(inner_bytes) +
                     R"(],"codecs":[)" + little + R"(],"index_codecs":[)" + little + R"(],"index_location":"start"}})";
  const auto document = document_of(bytes, codec);
  const auto most_at_once = [&](std::uint64_t working_bytes) {
    ContextOptions options;
    options.threads = 1;
    options.working_bytes = working_bytes;
    const Context context(options);
    Patient::Seen seen;
    const auto store = Store::adopt(
        context, sdk::Store::make(std::make_unique<Patient>(seen, std::map<std::string, std::string, std::less<>>{
                                                                      {"zarr.json", document}, {"c/0", shard()}})),
        "patient:");
    const auto array = open_array(store);
    // All but the last, so that the shard is not fetched as a whole.
    const auto part = array.read<std::uint8_t>(box({0}, {bytes - inner_bytes}));
    for (std::uint64_t i = 0; i + 1 < inner_chunks; ++i) REQUIRE(part[i * inner_bytes + 7] == 1 + i % 251);
    CHECK(context.runtime().working_bytes_used == 0);
    return seen.most.load();
  };
  // The index, of 32,000 bytes, is larger than what is fetched without being counted of the smaller budgets.
  CHECK(most_at_once(4 << 20) <= 4 << 20);
  CHECK(most_at_once(1 << 20) <= 1 << 20);
  CHECK(most_at_once(1) <= inner_chunks * 16);
  CHECK(most_at_once(256 << 20) > 4 << 20);
}
