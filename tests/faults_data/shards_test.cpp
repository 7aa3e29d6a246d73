// SPDX-License-Identifier: Apache-2.0
//
// Shards with hostile indexes: entries that point outside, overflow, overlap, or claim what cannot be.
#include <cstring>

#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

struct Entry {
  std::uint64_t offset;
  std::uint64_t nbytes;
};
constexpr std::uint64_t none = UINT64_MAX;
const std::string fixed = R"({"name": "bytes", "configuration": {"endian": "little"}})";

Array make_array(const Store& store, std::uint64_t length, std::uint64_t inner, const std::string& codecs,
                 bool at_start = false) {
  put(store, "a/zarr.json",
      R"({"zarr_format": 3, "node_type": "array", "shape": [)" + std::to_string(length) + R"(], "data_type": "uint8",
          "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [)" +
          std::to_string(length) + R"(]}},
          "chunk_key_encoding": {"name": "default"}, "fill_value": 9, "attributes": {},
          "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [)" +
          std::to_string(inner) + R"(], "codecs": [)" + codecs + R"(], "index_codecs": [)" + fixed +
          R"(], "index_location": ")" + (at_start ? "start" : "end") + R"("}}]})");
  auto array = open_array(store, "a");
  REQUIRE(array.unusable() == "");
  return array;
}

std::string index_of(const std::vector<Entry>& entries) {
  std::string bytes(entries.size() * sizeof(Entry), '\0');
  std::memcpy(bytes.data(), entries.data(), bytes.size());
  return bytes;
}

}  // namespace

TEST_CASE("an index entry that cannot be is refused, and hides nothing else", "[bad_input]") {
  // Four inner chunks of two bytes, in a shard of 8 + 64 bytes.
  const std::vector<Entry> faults = {{72, 1},
                                     {73, 0},
                                     {71, 2},
                                     {0, 73},
                                     {UINT64_MAX - 1, 2},
                                     {UINT64_MAX - 1, 3},
                                     {none, 2},
                                     {2, none},
                                     {2, UINT64_MAX - 1},
                                     {1, UINT64_MAX - 1},
                                     {std::uint64_t{1} << 63, std::uint64_t{1} << 63},
                                     {INT64_MAX, 2},
                                     {std::uint64_t{1} << 62, 2}};
  for (const bool at_start : {false, true}) {
    for (const auto& fault : faults) {
      CAPTURE(at_start, fault.offset, fault.nbytes);
      const auto store = new_store();
      const auto array = make_array(store, 8, 2, fixed, at_start);
      const std::uint64_t begin = at_start ? 64 : 0;
      const auto index = index_of({{begin, 2}, {begin + 2, 2}, fault, {begin + 6, 2}});
      const std::string data("\1\2\3\4\5\6\7\10", 8);
      const auto shard = at_start ? index + data : data + index;
      put(store, "a/c/0", shard);
      const Parts says = {"inner chunk (2)", std::to_string(fault.nbytes),
                          "72 bytes",        "codec sharding_indexed",
                          "plugin zeolite.", "chunk a/c/0",
                          "array /a",        "store memory:"};
      check_refused([&] { (void)array.read<std::uint8_t>(); }, says);
      check_refused([&] { (void)array.read<std::uint8_t>(box({5}, {1})); }, says);
      check_refused([&] { (void)array.read<std::uint8_t>(box({1}, {2}, {4})); }, says);
      CHECK(array.read<std::uint8_t>(box({0}, {4})) == std::vector<std::uint8_t>{1, 2, 3, 4});
      CHECK(array.read<std::uint8_t>(box({7}, {1})) == std::vector<std::uint8_t>{8});
      check_refused([&] { array.write<std::uint8_t>(box({0}, {1}), {5}); }, says);
      check_refused([&] { array.write<std::uint8_t>(box({5}, {1}), {5}); }, says);
      CHECK(get(store, "a/c/0") == shard);
      array.write<std::uint8_t>(array.all(), {1, 2, 3, 4, 5, 6, 7, 8});
      CHECK(array.read<std::uint8_t>() == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8});
    }
  }
}

TEST_CASE("inner chunks of the wrong size are refused by their codec", "[bad_input]") {
  for (const auto& [codecs, name] :
       std::vector<std::pair<std::string, std::string>>{{fixed, "codec bytes"},
                                                        {fixed + R"(, "crc32c")", "codec crc32c"},
                                                        {fixed + R"(, "gzip")", "codec gzip"},
                                                        {fixed + R"(, "zstd")", "codec zstd"}}) {
    for (const std::uint64_t nbytes : {0, 1, 3, 64}) {
      CAPTURE(codecs, nbytes);
      const auto store = new_store();
      const auto array = make_array(store, 4, 2, codecs);
      const auto shard = std::string(64, 'x') + index_of({{0, nbytes}, {none, none}});
      put(store, "a/c/0", shard);
      const Parts says = {name, "plugin zeolite.", "piece at [0] of its chunk", "chunk a/c/0", "array /a"};
      check_refused([&] { (void)array.read<std::uint8_t>(); }, says);
      check_refused([&] { (void)array.read<std::uint8_t>(box({1}, {1})); }, says);
      CHECK(array.read<std::uint8_t>(box({2}, {2})) == std::vector<std::uint8_t>{9, 9});
      // A chunk without bytes is for the shard to refuse: there is nothing that its codec could be given.
      const Parts on_writing = {nbytes == 0 ? "codec sharding_indexed" : name, "chunk a/c/0", "array /a"};
      check_refused([&] { array.write<std::uint8_t>(box({1}, {1}), {5}); }, on_writing);
      CHECK(get(store, "a/c/0") == shard);
    }
  }
}

TEST_CASE("inner chunks that overlap each other or the index are read, and rewritten apart", "[bad_input]") {
  const auto store = new_store();
  const auto array = make_array(store, 8, 2, fixed);
  // Two the same, one across them, one in the index itself, which begins with the offset 1.
  put(store, "a/c/0", std::string("abcd") + index_of({{1, 2}, {1, 2}, {2, 2}, {4, 2}}));
  const std::vector<std::uint8_t> elements = {'b', 'c', 'b', 'c', 'c', 'd', 1, 0};
  CHECK(array.read<std::uint8_t>() == elements);
  array.write<std::uint8_t>(box({0}, {1}), {'z'});
  CHECK(array.read<std::uint8_t>() == std::vector<std::uint8_t>{'z', 'c', 'b', 'c', 'c', 'd', 1, 0});
}

TEST_CASE("entries that all claim the whole shard do not multiply it in memory", "[bad_input]") {
  const auto said = in_child([]() -> std::string {
    const auto context = make_context(0, 64 << 20);
    const auto store = Store::open(context, "memory:");
    const std::uint64_t chunks = 4096, payload = 1 << 20;
    const auto array = make_array(store, chunks * 2, 2, fixed + R"(, "zstd")");
    std::vector<Entry> entries(chunks, {0, payload});
    for (std::size_t i = 0; i < entries.size(); i += 2) entries[i].offset = 1;  // so that no two are one run
    put(store, "a/c/0", std::string(payload + 1, 'x') + index_of(entries));
    const Growth growth;
    const auto read = error_of([&] { (void)array.read<std::uint8_t>(); });
    if (!read || !contains(read->what(), "codec zstd")) return "read: " + std::string(read ? read->what() : "data");
    const auto write = error_of([&] { array.write<std::uint8_t>(box({0}, {2}), {1, 2}); });
    if (!write) return "such a shard was rewritten";
    if (!contains(write->what(), "max_chunk_bytes") || !contains(write->what(), "codec sharding_indexed")) {
      return write->what();
    }
    return growth.beyond(160 << 10);
  });
  CHECK(said == "");
}

TEST_CASE("an index that would be huge is not made room for before it is there", "[bad_input]") {
  const auto said = in_child([]() -> std::string {
    const auto context = make_context(0);
    const auto store = Store::open(context, "memory:");
    const auto array = make_array(store, std::uint64_t{1} << 26, 1, fixed);
    const Growth growth;
    for (const std::size_t length : {0, 1, 100, 70000}) {
      put(store, "a/c/0", std::string(length, 'x'));
      for (const auto& box : {box({5}, {1}), box({0}, {100}), box({1}, {2}, {1000})}) {
        const auto read = error_of([&] { (void)array.read<std::uint8_t>(box); });
        if (!read || !contains(read->what(), "of its index")) return "read: " + std::string(read ? read->what() : "");
      }
      const auto write = error_of([&] { array.write<std::uint8_t>(box({0}, {2}), {1, 2}); });
      if (!write || !contains(write->what(), "of its index")) return "write";
    }
    return growth.beyond(256 << 10);
  });
  CHECK(said == "");
}
