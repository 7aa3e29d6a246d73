// SPDX-License-Identifier: Apache-2.0
//
// The conformance suites notice bad guests. Each guest comes in two forms, one of them sound, that differ in one thing:
// the suite passes the sound form, and the test case with the other is one that should fail.
#include <map>
#include <mutex>
#include <thread>

#include <zeolite/sdk/byte_order.hpp>
#include <zeolite/sdk/chunk_grid.hpp>
#include <zeolite/sdk/codec.hpp>
#include <zeolite/sdk/plugin.hpp>
#include <zeolite/sdk/store.hpp>
#include <zeolite/testing/chunk_grid_suite.hpp>
#include <zeolite/testing/codec_suite.hpp>
#include <zeolite/testing/store_suite.hpp>

using namespace zeolite;
using namespace zeolite::testing;

namespace {

template <class Guest>
const PluginLibrary& with() {
  static constexpr auto plugin = sdk::describe<Guest>("guests", "1.0.0", "Apache-2.0");
  static const PluginLibrary library(plugin);
  return library;
}

/// Says that all it does is to reverse the bytes of each element; unsound, it does not. With `claims_mixed` it says
/// so of elements of mixed parts too, which a host cannot reverse.
template <bool sound, bool claims_mixed = false>
class Swaps final : public sdk::ArrayBytesCodec {
 public:
  static constexpr sdk::Names names{.name = "swaps"};

  class Bound final : public sdk::BoundArrayBytes {
   public:
    explicit Bound(const sdk::Representation& decoded) : type_(decoded.data_type()), bytes_(decoded.array_bytes()) {
      const bool mixed = info().swap_unit == ZEOLITE_SWAP_MIXED;
      properties.max_bytes = bytes_;
      properties.exact = true;
      if (!mixed || claims_mixed) properties.flags = ZEO_CODEC_SWAPPED;
    }
    void encode(const sdk::Array& decoded, sdk::Out& encoded, const sdk::Call&) const override {
      turn(decoded.data(), encoded.reserve(bytes_).data());
      encoded.advance(bytes_);
    }
    void decode(sdk::Bytes encoded, const sdk::Array& decoded, const sdk::Call&) const override {
      if (encoded.size() != bytes_) throw sdk::corrupt("{} bytes, not {}", encoded.size(), bytes_);
      turn(encoded.data(), decoded.data());
    }

   private:
    const zeo_data_type_info& info() const { return *type_->v->info(type_); }
    void turn(const std::uint8_t* from, std::uint8_t* to) const {
      const auto unit = sound && info().swap_unit != ZEOLITE_SWAP_MIXED ? info().swap_unit : 1;
      sdk::swap_units(from, to, unit, bytes_ / unit);
    }

    const zeo_data_type* type_;
    std::uint64_t bytes_;
  };

  std::unique_ptr<sdk::BoundArrayBytes> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    if (decoded.variable()) throw sdk::invalid("elements of one size are needed");
    return std::make_unique<Bound>(decoded);
  }
};

void test_swaps(const PluginLibrary& library, const std::string& type) {
  test_codec(library, {.name = "swaps", .types = {type}, .refused_types = {"string"}, .shapes = {{7}}});
}

/// Turns all bits over, into elements of a data type of its own. Where `wrong` says so it decodes to something else.
template <bool (*wrong)(std::thread::id bound_on)>
class Inverts final : public sdk::ArrayCodec {
 public:
  static constexpr sdk::Names names{.name = "inverts"};

  class Bound final : public sdk::BoundArray {
   public:
    explicit Bound(const sdk::Representation& decoded) : bytes_(decoded.array_bytes()) {
      static const BenchType own("turned over", ZEO_CLASS_RAW, 2, 0);
      encode_to_same(decoded);
      encoded.data_type = &own.abi;
    }
    void encode(const sdk::Array& from, const sdk::Array& to, const sdk::Call&) const override { turn(from, to, 0xFF); }
    void decode(const sdk::Array& from, const sdk::Array& to, const sdk::Call&) const override {
      turn(from, to, wrong(bound_on_) ? 0xFE : 0xFF);
    }

   private:
    void turn(const sdk::Array& from, const sdk::Array& to, std::uint8_t mask) const {
      for (std::uint64_t i = 0; i < bytes_; ++i) to.data()[i] = static_cast<std::uint8_t>(from.data()[i] ^ mask);
    }

    std::uint64_t bytes_;
    std::thread::id bound_on_ = std::this_thread::get_id();
  };

  std::unique_ptr<sdk::BoundArray> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    if (decoded.type().item_bytes != 2) throw sdk::invalid("elements of two bytes are needed");
    return std::make_unique<Bound>(decoded);
  }
};

bool never(std::thread::id) { return false; }
bool always(std::thread::id) { return true; }
bool elsewhere(std::thread::id bound_on) { return std::this_thread::get_id() != bound_on; }

const CodecCase inverts = {.name = "inverts", .types = {"int16"}, .refused_types = {"int32"}, .shapes = {{7}}};

/// A store that only gets and sets; unsound, it adds offset and length without a thought of how large they are.
template <bool sound>
class Ranges final : public sdk::BlockingStore {
 public:
  static constexpr sdk::Names names{.name = "ranges"};

  sdk::StoreProperties properties() const override { return {.writable = true}; }

  bool get(std::string_view key, sdk::Reading& reading) override {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(std::string(key));
    if (found == values_.end()) return false;
    const auto size = found->second.size();
    for (const auto& [offset, length] : reading.ranges()) {
      const bool open = offset == ZEOLITE_SUFFIX || length == ZEOLITE_REST;
      // What is taken for a part of the value, though it is none, stays empty.
      if (!sound && !open && offset <= size && length > size - offset && offset + length <= size) return true;
    }
    reading.answer(found->second);
    return true;
  }

  void set(std::string_view key, sdk::Writing& writing) override {
    const std::lock_guard lock(mutex_);
    values_[std::string(key)] = writing.joined();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::uint8_t>> values_;
};

enum class Going { counted, on, nowhere, too_far, on_when_refused };

/// Chunks of two elements along the only axis, each a box of its own. Those that need not be counted are found by the
/// number of the box's element; unsound ones go on elsewhere, or go on when they should not.
template <Going going>
class Pairs final : public sdk::ChunkGrid {
 public:
  static constexpr sdk::Names names{.name = "pairs"};

  class Bound final : public sdk::BoundGrid {
   public:
    explicit Bound(std::uint64_t length) : BoundGrid(1), length_(length) {}
    void counts(std::span<std::uint64_t> counts) const override { counts[0] = (length_ + 1) / 2; }
    void chunk_box(sdk::Extents id, std::span<std::uint64_t> origin, std::span<std::uint64_t> shape) const override {
      origin[0] = 2 * id[0];
      shape[0] = 2;
    }
    void chunks_in(const zeo_box& box, sdk::Cursor cursor, const sdk::EmitChunks& emit,
                   const sdk::Call& call) const override {
      sdk::CountedChunks counted(cursor, emit, call);
      const auto chunk_of = [&](std::uint64_t k) {
        return (box.origin[0] + k * (box.step == nullptr ? 1 : box.step[0])) / 2;
      };
      for (auto k = going == Going::counted ? 0 : cursor[0]; k < box.shape[0]; ++k) {
        const auto chunk = chunk_of(k);
        const std::uint64_t one = 1;
        if (k > 0 && chunk == chunk_of(k - 1)) continue;
        if (going == Going::counted) {
          counted({&chunk, 1}, {&one, 1});
          continue;
        }
        if (going == Going::on || going == Going::on_when_refused) cursor[0] = k;
        if (going == Going::too_far) cursor[0] = k + 1;
        try {
          emit({&chunk, 1}, {&one, 1});
        } catch (const sdk::Passed&) {
          if (going != Going::on_when_refused) throw;
        }
      }
    }

   private:
    std::uint64_t length_;
  };

  std::unique_ptr<sdk::BoundGrid> bind(sdk::Extents shape, const sdk::Call&) const override {
    if (shape.size() != 1) throw sdk::invalid("arrays of one dimension are needed");
    return std::make_unique<Bound>(shape[0]);
  }
};

template <Going going>
void test_pairs() {
  test_chunk_grid(with<Pairs<going>>(), {"pairs", "{}", {9}, {5}});
}

}  // namespace

TEST_CASE("the codec suite passes a codec that reverses bytes as it says") {
  test_swaps(with<Swaps<true>>(), "int16");
  test_swaps(with<Swaps<true>>(), "mixed of 5");
}
TEST_CASE("the codec suite notices that bytes are not reversed as a codec says", "[!shouldfail]") {
  test_swaps(with<Swaps<false>>(), "int16");
}
TEST_CASE("the codec suite notices who would leave elements of mixed parts to the host", "[!shouldfail]") {
  test_swaps(with<Swaps<true, true>>(), "mixed of 5");
}

TEST_CASE("the codec suite passes a codec with a data type of its own") { test_codec(with<Inverts<never>>(), inverts); }
TEST_CASE("the codec suite notices wrong elements behind a data type of the codec's own", "[!shouldfail]") {
  test_codec(with<Inverts<always>>(), inverts);
}

TEST_CASE("the codec suite passes an array codec used from many threads", "[threads]") {
  test_codec_threads(with<Inverts<never>>(), inverts);
}
TEST_CASE("without threads nothing is wrong with a codec that is sound on one thread only") {
  test_codec(with<Inverts<elsewhere>>(), inverts);
}
TEST_CASE("the codec suite notices an array codec that is sound on one thread only", "[threads][!shouldfail]") {
  test_codec_threads(with<Inverts<elsewhere>>(), inverts);
}

TEST_CASE("the store suite passes a store that only gets and sets") {
  store_suite([] { return with<Ranges<true>>().create<zeo_store>("ranges"); });
}
TEST_CASE("the store suite notices a store whose ranges overflow", "[!shouldfail]") {
  store_suite([] { return with<Ranges<false>>().create<zeo_store>("ranges"); });
}

TEST_CASE("the grid suite passes grids that go on where they were stopped") {
  test_pairs<Going::counted>();
  test_pairs<Going::on>();
}
TEST_CASE("the grid suite notices a cursor that does not move", "[!shouldfail]") { test_pairs<Going::nowhere>(); }
TEST_CASE("the grid suite notices that chunks are left out behind a stop", "[!shouldfail]") {
  test_pairs<Going::too_far>();
}
TEST_CASE("the grid suite notices who goes on when refused", "[!shouldfail]") { test_pairs<Going::on_when_refused>(); }
