// SPDX-License-Identifier: Apache-2.0
//
// Array->array codecs that only move elements: also those that move boxes away from the origin, or apart, and what each
// of them is bound to.
#include <zeolite/testing/catch.hpp>

#include <zeolite/sdk/codec.hpp>

#include "engine_support.hpp"

using namespace zeolite;

namespace {

class View : public sdk::BoundArray {
 protected:
  explicit View(const sdk::Representation& decoded) {
    encode_to_same(decoded);
    properties.coded = false;
    properties.viewed = true;
  }
};

template <class Bound>
class ViewCodec : public sdk::ArrayCodec {
 public:
  std::unique_ptr<sdk::BoundArray> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    return std::make_unique<Bound>(decoded);
  }
};

/// The only axis the other way round.
class BoundFlip final : public View {
 public:
  explicit BoundFlip(const sdk::Representation& decoded) : View(decoded) { properties.flags = ZEO_CODEC_MAPS_BOXES; }

  void view(const sdk::Array& decoded, sdk::BoundArray::View& encoded) const override {
    encoded.ndim = 1;
    encoded.shape[0] = decoded.shape()[0];
    encoded.strides_bytes[0] = -decoded.strides_bytes()[0];
    encoded.data = static_cast<std::uint8_t*>(encoded.data) +
                   static_cast<std::int64_t>(decoded.shape()[0] - 1) * decoded.strides_bytes()[0];
  }

  bool map_box(const sdk::Region& decoded, const Box& encoded) const override {
    encoded.shape[0] = decoded.shape(0);
    encoded.step[0] = decoded.step(0);
    const auto last = decoded.origin(0) + (decoded.shape(0) - 1) * decoded.step(0);
    encoded.origin[0] = this->encoded.shape[0] - 1 - last;
    return true;
  }
};

class Flip : public ViewCodec<BoundFlip> {
 public:
  static constexpr sdk::Names names{.name = "test.flip"};
};

/// Two axes as one, where the box is one on both sides.
class BoundFlat final : public View {
 public:
  explicit BoundFlat(const sdk::Representation& decoded) : View(decoded), row_(decoded.shape()[1]) {
    encoded.shape = {decoded.shape()[0] * row_};
  }

  void view(const sdk::Array& decoded, sdk::BoundArray::View& encoded) const override {
    const auto shape = decoded.shape();
    const auto strides = decoded.strides_bytes();
    const bool joins = strides[0] == strides[1] * static_cast<std::int64_t>(shape[1]);
    if (shape[0] != 1 && shape[1] != 1 && !joins) throw sdk::unsupported("its rows lie apart");
    encoded.ndim = 1;
    encoded.shape[0] = shape[0] * shape[1];
    encoded.strides_bytes[0] = shape[1] == 1 ? strides[0] : strides[1];
  }

  bool map_box(const sdk::Region& decoded, const Box& encoded) const override {
    encoded.origin[0] = decoded.origin(0) * row_ + decoded.origin(1);
    encoded.shape[0] = decoded.shape(0) * decoded.shape(1);
    encoded.step[0] = 1;
    if (decoded.shape(1) == 1) {
      encoded.step[0] = decoded.step(0) * row_;
    } else if (decoded.shape(0) == 1) {
      encoded.step[0] = decoded.step(1);
    } else {
      return decoded.shape(1) == row_ && decoded.step(0) == 1;
    }
    return true;
  }

 private:
  std::uint64_t row_;
};

class Flat : public ViewCodec<BoundFlat> {
 public:
  static constexpr sdk::Names names{.name = "test.flat"};
};

/// Looks at what it is bound to until it goes, as the contract allows.
class BoundKeeper final : public View {
 public:
  static inline std::uint64_t seen = 0;

  explicit BoundKeeper(const sdk::Representation& decoded) : View(decoded), shape_(decoded.shape()) {}
  ~BoundKeeper() override { seen += shape_[0]; }

  void view(const sdk::Array& decoded, sdk::BoundArray::View& encoded) const override {
    encoded.ndim = 1;
    encoded.shape[0] = decoded.shape()[0];
    encoded.strides_bytes[0] = decoded.strides_bytes()[0];
  }

 private:
  std::span<const std::uint64_t> shape_;
};

class Keeper : public ViewCodec<BoundKeeper> {
 public:
  static constexpr sdk::Names names{.name = "test.keeper"};
};

constexpr zeo_plugin flip_plugin = sdk::describe<Flip>("test.flip", "1.0.0", "Apache-2.0");
constexpr zeo_plugin flat_plugin = sdk::describe<Flat>("test.flat", "1.0.0", "Apache-2.0");
constexpr zeo_plugin keeper_plugin = sdk::describe<Keeper>("test.keeper", "1.0.0", "Apache-2.0");

Context context_with_views() {
  Context context;
  context.registry().add(flip_plugin);
  context.registry().add(flat_plugin);
  context.registry().add(keeper_plugin);
  return context;
}

/// Shards of inner chunks of one element.
Extension shards() {
  const boost::json::object little{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  return Extension("sharding_indexed", {{"chunk_shape", boost::json::array{1}},
                                        {"codecs", boost::json::array{little}},
                                        {"index_codecs", boost::json::array{little}}});
}

}  // namespace

TEST_CASE("what reaches beyond the array is left out where a codec has moved it to", "[engine]") {
  const auto context = context_with_views();
  const auto stored = GENERATE(Extension("bytes"), shards());
  CAPTURE(stored.name);
  SECTION("the other end") {
    const auto array = create_array(
        context, "memory:",
        {.shape = {5}, .chunk_shape = {4}, .data_type = "uint8", .codecs = {Extension("test.flip"), stored}});
    const std::vector<std::uint8_t> elements{1, 2, 3, 4, 5};
    array.write(array.all(), elements);
    CHECK(array.read<std::uint8_t>() == elements);
    array.write(box({4}, {1}), std::vector<std::uint8_t>{6});
    CHECK(array.read<std::uint8_t>(box({3}, {2})) == std::vector<std::uint8_t>{4, 6});
  }
  SECTION("places that lie apart") {
    const auto array = create_array(
        context, "memory:",
        {.shape = {3, 1}, .chunk_shape = {3, 2}, .data_type = "uint8", .codecs = {Extension("test.flat"), stored}});
    const std::vector<std::uint8_t> elements{1, 2, 3};
    array.write(array.all(), elements);
    CHECK(array.read<std::uint8_t>() == elements);
    array.write(box({2, 0}, {1, 1}), std::vector<std::uint8_t>{4});
    CHECK(array.read<std::uint8_t>(box({1, 0}, {2, 1})) == std::vector<std::uint8_t>{2, 4});
  }
}

TEST_CASE("codecs go before what they were bound to, also when a later one cannot be bound", "[engine]") {
  const auto context = context_with_views();
  BoundKeeper::seen = 0;
  auto options = test::int32_array({5}, {4});
  options.codecs = {"test.keeper", "test.keeper", "vlen-utf8"};
  CHECK_THROWS_WITH(create_array(context, "memory:", options), Catch::Contains("vlen-utf8"));
  // Whoever looks at memory that is gone is caught by the address sanitizer.
  CHECK(BoundKeeper::seen % 4 == 0);
  CHECK(BoundKeeper::seen != 0);
}
