// SPDX-License-Identifier: Apache-2.0
//
// The memory that elements of variable length take.
#include <zeolite/testing/catch.hpp>

#include "engine_support.hpp"

using namespace zeolite;

namespace {

constexpr std::uint64_t count = 64;

Array strings_in(const Store& store, Shape shard) {
  ArrayOptions options;
  options.shape = {count};
  options.chunk_shape = {2};
  options.shard_shape = std::move(shard);
  options.data_type = "string";
  // Stored they take little.
  options.codecs = {"vlen-utf8", Extension("gzip", {{"level", 1}})};
  options.overwrite = true;
  return create_array(store, "a", options);
}

/// No chunk, and no shard, may take more than a MiB.
Context modest() {
  ContextOptions options;
  options.max_chunk_bytes = 1 << 20;
  return Context(options);
}

}  // namespace

TEST_CASE("what one chunk may take is not what all strings of a call may take", "[engine]") {
  const auto context = modest();
  const auto store = Store::open(context, "memory:");
  const auto array = strings_in(store, {});
  std::vector<std::string> strings;
  for (std::uint64_t i = 0; i < count; ++i) strings.emplace_back(90'000, static_cast<char>('a' + i % 26));
  array.write_strings(array.all(), strings);
  CHECK(array.read_strings(array.all()) == strings);
  // Every chunk is read before it is written.
  const std::vector<std::string> others(count / 2, "short");
  array.write_strings(box({0}, {count / 2}, {2}), others);
  for (std::uint64_t i = 0; i < count; i += 2) strings[i] = "short";
  CHECK(array.read_strings(array.all()) == strings);
}

TEST_CASE("a chunk whose strings take too much is told what bounds it", "[engine]") {
  const Context free;
  const auto context = modest();
  const auto store = Store::open(free, "memory:");
  const std::vector<std::string> strings(count, std::string(20'000, 'x'));
  strings_in(store, {count}).write_strings(box({0}, {count}), strings);
  const auto bound = Store::open(context, "memory:");
  for (const auto* const key : {"zarr.json", "c/0"}) {
    const auto value = store.get(std::string("a/") + key);
    REQUIRE(value);
    bound.set(std::string("a/") + key, *value);
  }
  const auto array = open_array(bound, "a");
  try {
    (void)array.read_strings(array.all());
    FAIL("it was read");
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.code() == ErrorCode::no_memory);
    CHECK(std::string_view(error.what()).find("1048576 bytes that max_chunk_bytes allows") != std::string_view::npos);
  }
}
