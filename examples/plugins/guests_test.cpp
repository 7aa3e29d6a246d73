// SPDX-License-Identifier: Apache-2.0
//
// Plugins of other compilers, languages and standard libraries, each used like any other codec on a real array.
#include <zeolite/testing/catch.hpp>

#include <filesystem>
#include <iostream>

#include <zeolite/zeolite.hpp>

using namespace zeolite;

namespace {

/// Writes and reads an array whose chunks, and inner chunks of shards, the codec has encoded.
void round_trip(const Context& context, const Extension& codec, const std::string& plugin) {
  const auto why = context.registry().explain(Point::codec, codec.name);
  REQUIRE(why.plugin == plugin);
  const auto store = Store::open(context, "memory:");
  for (const bool sharded : {false, true}) {
    ArrayOptions options;
    options.shape = {100, 70};
    options.chunk_shape = {16, 16};
    if (sharded) options.shard_shape = {64, 64};
    options.data_type = "uint16";
    options.codecs = {codec};
    options.overwrite = true;
    const auto array = create_array(store, "a", options);
    std::vector<std::uint16_t> values(7000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint16_t>(i / 3);
    array.write(array.all(), values);
    CHECK(array.read<std::uint16_t>() == values);
    array.write(box({5, 5}, {20, 30}), std::vector<std::uint16_t>(600, 9));
    CHECK(open_array(store, "a").read<std::uint16_t>(box({24, 34}, {2, 1})) == std::vector<std::uint16_t>{9, 594});
    // The bytes that are stored are not the elements as they were.
    const auto stored = array.read_encoded({0, 0});
    REQUIRE(stored);
    const auto* const raw = reinterpret_cast<const std::byte*>(values.data());
    CHECK_FALSE(std::equal(raw, raw + 32, stored->begin()));
  }
}

Context with(const std::filesystem::path& directory) {
  ContextOptions options;
  options.plugins.directories = {directory};
  return Context(options);
}

/// Not built for want of a compiler: said aloud, since it proves nothing.
bool missing(const std::filesystem::path& directory) {
  if (std::filesystem::exists(directory)) return false;
  std::cout << "skipped: " << directory << " was not built, its compiler is missing\n";
  return true;
}

const std::filesystem::path guests = ZEOLITE_GUESTS_DIR;

}  // namespace

TEST_CASE("a codec written in C is an ordinary codec", "[guests]") {
  round_trip(Context(), "example.rotate", "example.rotate");
}

TEST_CASE("a codec written in Rust is an ordinary codec", "[guests]") {
  if (missing(guests / "rust")) return;
  round_trip(with(guests / "rust"), "example.difference", "example.difference");
}

TEST_CASE("a codec built with clang and libc++ is an ordinary codec", "[guests]") {
  if (missing(guests / "clang_libcxx")) return;
  const auto context = with(guests / "clang_libcxx");
  const auto why = context.registry().explain(Point::codec, "example.run_length");
  CHECK(why.library.parent_path().filename() == "clang_libcxx");
  round_trip(context, {"example.run_length", {{"longest_run", 4}}}, "example.run_length");

  // Its errors cross the boundary as well.
  try {
    ArrayOptions options;
    options.shape = {4};
    options.data_type = "uint8";
    options.codecs = {{"example.run_length", {{"longest_run", 256}}}};
    create_array(context, "memory:", options);
    FAIL("no error");
  } catch (const Error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("longest_run") != std::string::npos);
    CHECK(text.find("plugin example.run_length") != std::string::npos);
  }
}
