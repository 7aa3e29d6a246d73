// SPDX-License-Identifier: Apache-2.0
//
// A chunk grid that lies about the chunks it names, or never ends: the error names grid and plugin, or the call can be
// cancelled.
#include <chrono>

#include <zeolite/sdk/chunk_grid.hpp>

#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

/// Chunks of one element along one axis, each a box of its own.
class Lying final : public sdk::ChunkGrid {
 public:
  static constexpr sdk::Names names{.name = "lying"};

  class Bound final : public sdk::BoundGrid {
   public:
    Bound(std::uint64_t length, std::string lie) : BoundGrid(1), length_(length), lie_(std::move(lie)) {}

    void counts(std::span<std::uint64_t> counts) const override { counts[0] = length_; }
    void chunk_box(sdk::Extents id, std::span<std::uint64_t> origin, std::span<std::uint64_t> shape) const override {
      origin[0] = id[0];
      shape[0] = 1;
    }

    void chunks_in(const zeo_box& box, sdk::Cursor cursor, const sdk::EmitChunks& emit,
                   const sdk::Call&) const override {
      const auto name = [&](std::uint64_t chunk, std::uint64_t length = 1) { emit({&chunk, 1}, {&length, 1}); };
      const bool endless = lie_ == "one chunk for ever" || lie_ == "empty boxes for ever";
      for (auto k = cursor[0]; endless || k < box.shape[0]; ++k) {
        if (lie_ != "a cursor that stands still") cursor[0] = k;
        if (lie_ == "a cursor that goes in circles") cursor[0] = k % 1000;
        if (lie_ == "fails" && k == 2000) throw sdk::failure(ZEO_INTERNAL, "chunk {} is lost", k);
        if (lie_ == "gives up" && k == 2000) throw sdk::failure(ZEO_CANCELLED, "chunk {} is too much", k);
        try {
          name(endless ? 0 : k, lie_ == "empty boxes for ever" ? 0 : 1);
        } catch (const sdk::Passed&) {
          if (lie_ == "success when refused") return;
          if (lie_ != "goes on when refused") throw;
        }
      }
    }

   private:
    std::uint64_t length_;
    std::string lie_;
  };

  void fields(sdk::Fields& f) override { f.optional("lie", lie_); }

  std::unique_ptr<sdk::BoundGrid> bind(sdk::Extents shape, const sdk::Call&) const override {
    return std::make_unique<Bound>(shape.front(), lie_);
  }

 private:
  std::string lie_;
};

constexpr zeo_plugin plugin = sdk::describe<Lying>("test.lying", "1.0.0", "Apache-2.0");

Array array_with(const std::string& lie, std::uint64_t length) {
  static const Context context = [] {
    auto made = make_context(0);
    made.registry().add(plugin);
    return made;
  }();
  ArrayOptions options;
  options.shape = {length};
  options.chunk_grid = Extension("lying", {{"lie", lie}});
  options.data_type = "uint8";
  options.codecs = {"bytes"};
  auto array = create_array(Store::open(context, "memory:"), "g/a", options);
  REQUIRE(array.unusable() == "");
  return array;
}

}  // namespace

TEST_CASE("a chunk grid that lies about the chunks it names is refused", "[bad_input]") {
  constexpr std::uint64_t n = 5000;
  CHECK(array_with("", n).read<std::uint8_t>() == std::vector<std::uint8_t>(n, 0));
  const std::vector<std::pair<std::string, std::string>> lies = {
      {"a cursor that stands still", "does not move its cursor"},
      {"a cursor that goes in circles", "more boxes of chunks than there are elements"},
      {"one chunk for ever", "more boxes of chunks than there are elements"},
      {"empty boxes for ever", "more boxes of chunks than there are elements"},
      {"success when refused", "reports success although"},
      {"goes on when refused", "goes on when"},
      {"fails", "chunk 2000 is lost"},
      {"gives up", "chunk 2000 is too much"}};
  for (const auto& [lie, says] : lies) {
    CAPTURE(lie);
    const auto array = array_with(lie, n);
    const Parts parts = {says, "chunk_grid lying", "plugin test.lying", "array /g/a"};
    check_refused([&] { (void)array.read<std::uint8_t>(); }, parts);
    check_refused([&] { array.write(array.all(), std::vector<std::uint8_t>(n, 1)); }, parts);
  }
}

TEST_CASE("a chunk grid that never ends can be cancelled", "[bad_input]") {
  for (const std::string lie : {"a cursor that goes in circles", "one chunk for ever", "empty boxes for ever"}) {
    CAPTURE(lie);
    constexpr std::uint64_t n = std::uint64_t{1} << 40;
    const auto array = array_with(lie, n);
    std::uint8_t element = 1;
    Until until;
    until.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    // All elements go to the same place.
    const auto error = error_of([&] { array.read(box({0}, {n}), &element, {0}, until); });
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::cancelled);
    CHECK(contains(error->what(), "the deadline has passed"));
  }
}
