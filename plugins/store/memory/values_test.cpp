// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "values.hpp"

using namespace zeolite;
using memory::Table;
using memory::Value;
using memory::ValuePtr;
using memory::Values;

namespace {

using Entries = std::vector<std::pair<std::string, std::uint64_t>>;

/// As the pages bring them.
Entries list(Values& values, std::string_view prefix, bool one_level) {
  Entries entries;
  zeo_list_request request{};
  request.struct_size = sizeof request;
  request.directory = one_level ? 1 : 0;
  request.prefix = sdk::abi(prefix);
  request.host = &entries;
  request.page = [](zeo_list_request* self, const zeo_list_entry* page, std::uint64_t n) -> zeo_status {
    for (std::uint64_t i = 0; i < n; ++i) {
      static_cast<Entries*>(self->host)->emplace_back(sdk::text(page[i].key), page[i].value_bytes);
    }
    return ZEO_OK;
  };
  sdk::Listing listing(&request);
  values.list(listing);
  listing.flush();
  return entries;
}

std::vector<std::string> keys(Values& values, std::string_view prefix, bool one_level) {
  std::vector<std::string> keys;
  for (const auto& [key, size] : list(values, prefix, one_level)) keys.push_back(key);
  return keys;
}

ValuePtr make(Values& values, std::string_view key, std::size_t bytes = 1, std::uint8_t byte = 0) {
  return values.make(key, bytes, [&](std::span<std::uint8_t> to) { std::fill(to.begin(), to.end(), byte); });
}

void set(Values& values, std::string_view key, std::size_t bytes = 1, std::uint8_t byte = 0) {
  values.update(key, [&](const Value*) { return make(values, key, bytes, byte); });
}

void erase(Values& values, std::string_view key) {
  values.update(key, [](const Value*) { return nullptr; });
}

bool is(const ValuePtr& value, std::size_t bytes, std::uint8_t byte) {
  return value != nullptr && std::ranges::equal(value->bytes(), std::vector<std::uint8_t>(bytes, byte));
}

/// What a listing of such values must give.
Entries expected(const std::map<std::string, std::pair<std::size_t, std::uint8_t>>& model, std::string_view prefix,
                 bool one_level) {
  Entries entries;
  for (const auto& [key, value] : model) {
    if (!key.starts_with(prefix)) continue;
    const auto slash = one_level ? key.find('/', prefix.size()) : std::string::npos;
    if (slash == std::string::npos) {
      entries.emplace_back(key, value.first);
    } else if (const auto folded = key.substr(0, slash + 1); entries.empty() || entries.back().first != folded) {
      entries.emplace_back(folded, UINT64_MAX);
    }
  }
  return entries;
}

}  // namespace

TEST_CASE("listings come in the order of the keys, with what lies beside a slash in its place") {
  Values values;
  for (const auto* const key : {"a0", "a/c/d", "a", "a/b", "a!", "a/c/e", "b/x", "a/c0", "a/c!"}) set(values, key);
  using Keys = std::vector<std::string>;
  CHECK(keys(values, "", false) == Keys{"a", "a!", "a/b", "a/c!", "a/c/d", "a/c/e", "a/c0", "a0", "b/x"});
  CHECK(keys(values, "", true) == Keys{"a", "a!", "a/", "a0", "b/"});
  CHECK(keys(values, "a/", true) == Keys{"a/b", "a/c!", "a/c/", "a/c0"});
  values.erase_prefix("a/c/");
  CHECK(keys(values, "", false) == Keys{"a", "a!", "a/b", "a/c!", "a/c0", "a0", "b/x"});
  values.erase_prefix("a/");
  CHECK(keys(values, "", false) == Keys{"a", "a!", "a0", "b/x"});
  values.erase_prefix("");
  CHECK(keys(values, "", false).empty());
}

TEST_CASE("values in memory are those of a model, whatever is done to them") {
  Values values;
  std::map<std::string, std::pair<std::size_t, std::uint8_t>> model;
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const auto any_key = [&] {
    static constexpr const char* parts[] = {"a", "a!", "a0", "b", "c"};
    std::string key;
    for (auto depth = below(3); depth != 0; --depth) key += std::string(parts[below(5)]) + "/";
    return below(4) == 0 ? key + parts[below(5)] : key + std::to_string(below(200));
  };
  for (int i = 0; i < 30'000; ++i) {
    const auto key = any_key();
    // By turns there are more and more values, and fewer and fewer.
    const auto removes = i / 5000 % 2 == 0 ? 20U : 75U;
    if (below(100) >= removes) {
      const auto value = model[key] = {below(100), static_cast<std::uint8_t>(i)};
      set(values, key, value.first, value.second);
    } else {
      model.erase(key);
      erase(values, key);
    }
    const auto asked = any_key();
    const auto found = model.find(asked);
    const auto value = values.find(asked);
    REQUIRE((value != nullptr) == (found != model.end()));
    if (value != nullptr) REQUIRE(is(value, found->second.first, found->second.second));
    if (i % 100 != 0) continue;
    const auto prefix = asked.substr(0, asked.rfind('/') + 1);
    if (i % 1000 == 0) {
      values.erase_prefix(prefix);
      std::erase_if(model, [&](const auto& entry) { return entry.first.starts_with(prefix); });
    }
    for (const bool one_level : {false, true}) {
      REQUIRE(list(values, prefix, one_level) == expected(model, prefix, one_level));
      REQUIRE(list(values, "", one_level) == expected(model, "", one_level));
    }
  }
}

TEST_CASE("keys with one hash, and keys whose slots wrap around, are told apart") {
  Table table;
  Values values;
  std::vector<std::string> names;
  const std::uint64_t hashes[] = {5, 5, UINT64_MAX, UINT64_MAX, 7};
  for (int i = 0; i < 300; ++i) {
    names.push_back("key " + std::to_string(i));
    table.insert(hashes[i % 5], make(values, names.back(), 1, static_cast<std::uint8_t>(i)));
  }
  for (int gone = 0; gone < 300; ++gone) {
    const auto removed = (gone * 7) % 300;
    table.erase(table.find(hashes[removed % 5], names[removed]));
    names[removed].clear();
    for (int i = 0; i < 300; ++i) {
      if (names[i].empty()) continue;
      auto* const slot = table.find(hashes[i % 5], names[i]);
      REQUIRE(slot != nullptr);
      REQUIRE(is(slot->value, 1, static_cast<std::uint8_t>(i)));
    }
  }
  CHECK(table.find(5, "key 0") == nullptr);
}

TEST_CASE("a value lives as long as somebody reads it, and what replaces it is another") {
  Values values;
  set(values, "key", 1000, 1);
  const auto first = values.find("key");
  set(values, "key", 1000, 2);
  const auto second = values.find("key");
  CHECK(first->generation() != second->generation());
  erase(values, "key");
  CHECK(values.find("key") == nullptr);
  set(values, "key", 1000, 3);
  values.erase_prefix("");
  CHECK(is(first, 1000, 1));
  CHECK(is(second, 1000, 2));
}

TEST_CASE("a change that fails leaves the value as it was") {
  Values values;
  set(values, "there", 3, 1);
  const auto fail = [](const Value*) -> ValuePtr { throw std::bad_alloc(); };
  CHECK_THROWS_AS(values.update("there", fail), std::bad_alloc);
  CHECK_THROWS_AS(values.update("absent", fail), std::bad_alloc);
  CHECK_THROWS_AS(make(values, "huge", SIZE_MAX - 8), std::bad_alloc);
  CHECK(is(values.find("there"), 3, 1));
  CHECK(list(values, "", false) == Entries{{"there", 3}});
}

TEST_CASE("small and large pieces of a pool do not overlap, and what is given back is used again") {
  memory::Pool pool;
  struct Piece {
    std::uint8_t* memory;
    std::size_t bytes;
    std::uint8_t byte;
  };
  std::vector<Piece> pieces;
  std::mt19937 random(1);
  const std::size_t sizes[] = {1, 48, 120, 121, 4096, 4097, 100'000, (2 << 20) - 1, 2 << 20, (5 << 20) + 3};
  for (int i = 0; i < 3000; ++i) {
    if (pieces.size() > 500 || (random() % 3 == 0 && !pieces.empty())) {
      std::swap(pieces[random() % pieces.size()], pieces.back());
      const auto [memory, bytes, byte] = pieces.back();
      pieces.pop_back();
      REQUIRE(std::all_of(memory, memory + bytes, [&](std::uint8_t found) { return found == byte; }));
      pool.deallocate(memory, bytes);
      continue;
    }
    // Large ones are seldom: they would only take time.
    const auto bytes = sizes[i % 50 == 0 ? random() % std::size(sizes) : random() % 5];
    auto* const memory = static_cast<std::uint8_t*>(pool.allocate(bytes));
    REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t) == 0);
    pieces.push_back({memory, bytes, static_cast<std::uint8_t>(i)});
    std::fill_n(memory, bytes, pieces.back().byte);
  }
  for (const auto& piece : pieces) pool.deallocate(piece.memory, piece.bytes);

  auto* const first = pool.allocate(120);
  pool.deallocate(first, 120);
  CHECK(pool.allocate(120) == first);
  pool.deallocate(first, 120);
  CHECK_THROWS_AS(pool.allocate(SIZE_MAX - 8), std::bad_alloc);
}
