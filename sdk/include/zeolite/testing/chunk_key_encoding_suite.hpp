// SPDX-License-Identifier: Apache-2.0
//
// Conformance suite for chunk key encodings: different chunks have different keys, and keys lead back to their chunks.
#pragma once

#include <optional>
#include <random>
#include <set>

#include <zeolite/testing/plugin_bench.hpp>

namespace zeolite::testing {

struct ChunkKeyEncodingCase {
  std::string name;
  std::string configuration = "{}";

  struct Key {
    std::vector<std::uint64_t> id;
    std::string key;
  };
  std::vector<Key> keys;             ///< what some chunks are called
  std::vector<std::string> no_keys;  ///< text that is no key of a chunk of a two-dimensional array
};

class ChunkKeyEncodingBench {
 public:
  using Id = std::vector<std::uint64_t>;

  ChunkKeyEncodingBench(const PluginLibrary& library, std::string_view name, std::string_view configuration)
      : encoding_(library.create<zeo_chunk_key_encoding>(name, configuration)) {}

  const zeo_chunk_key_encoding* abi() const { return encoding_.get(); }

  std::string key(const Id& id) const {
    BenchCall call;
    BenchOut keys;
    std::uint64_t end = 0;
    const auto rank = static_cast<std::uint32_t>(id.size());
    REQUIRE(encoding_->v->encode(abi(), rank, id.data(), 1, keys, &end, call) == ZEO_OK);
    REQUIRE(end == keys.text().size());
    return keys.text();
  }

  /// The coordinates a key of an array of `ndim` dimensions stands for, if any.
  std::optional<Id> id(std::string_view key, std::size_t ndim) const {
    BenchCall call;
    Id id(ndim + 1, 7);
    const auto status = encoding_->v->decode(abi(), static_cast<std::uint32_t>(ndim), str(key), id.data(), call);
    INFO("key " << key);
    REQUIRE((status == ZEO_OK || status == ZEO_NOT_FOUND));
    REQUIRE(id.back() == 7);  // nothing is written past the end
    id.pop_back();
    if (status != ZEO_OK) return std::nullopt;
    return id;
  }

 private:
  Object<zeo_chunk_key_encoding> encoding_;
};

/// Small coordinates and large ones, and all numbers of digits.
inline std::uint64_t random_coordinate(std::mt19937_64& random) {
  return random() % 4 == 0 ? random() % 3 : random() >> (random() % 64);
}

/// Many keys in one call, behind something that already stands in the buffer.
inline void test_key_batches(const ChunkKeyEncodingBench& encoding, std::mt19937_64& random) {
  constexpr std::size_t n = 50;
  for (std::uint32_t ndim = 1; ndim <= 4; ++ndim) {
    std::vector<std::uint64_t> ids;
    for (std::size_t i = 0; i < n * ndim; ++i) ids.push_back(random_coordinate(random));
    BenchCall call;
    BenchOut keys;
    REQUIRE(keys.abi()->reserve(keys, 3) == ZEO_OK);
    std::copy_n("xyz", 3, keys.abi()->data);
    keys.abi()->size = 3;
    std::vector<std::uint64_t> ends(n);
    REQUIRE(encoding.abi()->v->encode(encoding.abi(), ndim, ids.data(), n, keys, ends.data(), call) == ZEO_OK);
    const auto text = keys.text();
    CHECK(text.substr(0, 3) == "xyz");
    CHECK(ends.back() == text.size());
    std::uint64_t begin = 3;
    for (std::size_t i = 0; i < n; ++i) {
      const ChunkKeyEncodingBench::Id id(&ids[i * ndim], &ids[i * ndim] + ndim);
      REQUIRE(ends[i] > begin);
      REQUIRE(text.substr(begin, ends[i] - begin) == encoding.key(id));
      begin = ends[i];
    }
    BenchOut short_of_memory(40);
    CHECK(encoding.abi()->v->encode(encoding.abi(), ndim, ids.data(), n, short_of_memory, ends.data(), call) ==
          ZEO_NO_MEMORY);
  }
}

/// Text a few bytes away from a key is no key, or the key of what it decodes to.
inline void test_wrong_keys(const ChunkKeyEncodingBench& encoding, std::mt19937_64& random) {
  constexpr std::string_view letters = "0123456789./c-+ x\0";
  for (int i = 0; i < 3000; ++i) {
    const std::size_t ndim = random() % 4;
    ChunkKeyEncodingBench::Id id(ndim);
    for (auto& coordinate : id) coordinate = random_coordinate(random);
    auto key = encoding.key(id);
    for (auto k = random() % 3; k > 0; --k) {
      const auto at = random() % (key.size() + 1);
      switch (random() % 3) {
        case 0: key.insert(at, 1, letters[random() % letters.size()]); break;
        case 1: key.erase(at, 1); break;
        default: key.resize(at);
      }
    }
    for (std::size_t other = 0; other < 5; ++other) {
      const auto decoded = encoding.id(key, other);
      if (decoded) REQUIRE(encoding.key(*decoded) == key);
    }
  }
}

/// The object is used by many threads at once; for a test case tagged [threads].
inline void test_chunk_key_encoding_threads(const PluginLibrary& library, const std::string& name) {
  const ChunkKeyEncodingBench encoding(library, name, "{}");
  const auto* const self = encoding.abi();
  CHECK(all_threads([&](unsigned thread) {
    for (std::uint64_t i = 0; i < 200; ++i) {
      BenchCall call;
      BenchOut key;
      const std::uint64_t id[] = {i, thread};
      std::uint64_t end = 0, back[2] = {};
      if (self->v->encode(self, 2, id, 1, key, &end, call) != ZEO_OK) return false;
      if (self->v->decode == nullptr) continue;
      if (self->v->decode(self, 2, str(key.text()), back, call) != ZEO_OK || back[0] != i || back[1] != thread) {
        return false;
      }
    }
    return true;
  }));
}

/// The whole suite.
inline void test_chunk_key_encoding(const PluginLibrary& library, const ChunkKeyEncodingCase& expected) {
  INFO(expected.name << " " << expected.configuration);
  CHECK(library.factory(expected.name).point == ZEO_POINT_CHUNK_KEY_ENCODING);
  const ChunkKeyEncodingBench encoding(library, expected.name, expected.configuration);
  check_configuration(library, expected.name, encoding.abi());
  library.refusal<zeo_chunk_key_encoding>(expected.name, R"({"no such member": 1})");
  library.refusal<zeo_chunk_key_encoding>(expected.name, "{");

  std::mt19937_64 random(test_seed());
  INFO("ZEOLITE_TEST_SEED=" << test_seed());
  for (const auto& [id, key] : expected.keys) CHECK(encoding.key(id) == key);
  const bool decodes = encoding.abi()->v->decode != nullptr;
  for (std::size_t ndim = 0; ndim <= 5; ++ndim) {
    std::set<std::vector<std::uint64_t>> ids;
    std::set<std::string> keys;
    for (int i = 0; i < 300; ++i) {
      std::vector<std::uint64_t> id(ndim);
      for (auto& coordinate : id) coordinate = i == 0 ? UINT64_MAX : random_coordinate(random);
      const auto key = encoding.key(id);
      REQUIRE_FALSE(key.empty());
      REQUIRE(key.front() != '/');
      REQUIRE(key.back() != '/');
      REQUIRE(key.find("//") == std::string::npos);
      ids.insert(id);
      keys.insert(key);
      if (decodes) REQUIRE(encoding.id(key, ndim) == id);
    }
    CHECK(keys.size() == ids.size());
  }
  test_key_batches(encoding, random);
  if (!decodes) return;
  for (const auto& key : expected.no_keys) {
    INFO(key);
    CHECK_FALSE(encoding.id(key, 2).has_value());
  }
  test_wrong_keys(encoding, random);
}

}  // namespace zeolite::testing
