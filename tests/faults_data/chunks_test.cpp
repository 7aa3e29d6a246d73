// SPDX-License-Identifier: Apache-2.0
//
// Damaged chunks: what is stored is mutated with fixed seeds, for every chain of codecs. A read gives elements or an
// error that names array, chunk, codec and plugin; a write that fails leaves the stored bytes as they were.
#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

struct ChainCase {
  std::string name;
  std::string data_type;
  std::vector<Extension> codecs;
  Shape shard = {};
  bool checked = false;  ///< the outermost codec is a checksum: no damage goes unnoticed
};

const Extension blosc{"blosc",
                      {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", "shuffle"}, {"typesize", 4}, {"blocksize", 0}}};
const Extension transpose{"transpose", {{"order", {1, 0}}}};
const Extension little{"bytes", {{"endian", "little"}}};
const Extension big{"bytes", {{"endian", "big"}}};

Extension shard_of(Shape inner, std::vector<Extension> codecs, bool at_start = false, bool plain_index = false) {
  boost::json::array lengths, list, index{to_json(little)};
  for (const auto length : inner) lengths.push_back(length);
  for (const auto& codec : codecs) list.push_back(to_json(codec));
  if (!plain_index) index.push_back("crc32c");
  return {"sharding_indexed",
          {{"chunk_shape", lengths},
           {"codecs", list},
           {"index_codecs", index},
           {"index_location", at_start ? "start" : "end"}}};
}

const std::vector<ChainCase>& chains() {
  static const std::vector<ChainCase> all = {
      {"bytes", "int32", {little}},
      {"big bytes", "int32", {big}},
      {"transpose", "int32", {transpose, big}},
      {"gzip", "int32", {little, "gzip"}},
      {"zstd", "int32", {little, "zstd"}},
      {"zstd with checksum", "int32", {little, {"zstd", {{"level", 3}, {"checksum", true}}}}},
      {"blosc", "int32", {little, blosc}},
      {"crc32c", "int32", {little, "crc32c"}, {}, true},
      {"gzip and crc32c", "int32", {transpose, little, "gzip", "crc32c"}, {}, true},
      {"crc32c inside of all", "int32", {little, "crc32c", "zstd", blosc, "gzip"}},
      {"shard", "int32", {shard_of({3, 5}, {little}, false, true)}},
      {"shard with compressed chunks", "int32", {shard_of({2, 5}, {little, "gzip", "crc32c"}, true)}},
      {"shard of transposed", "int32", {transpose, shard_of({5, 3}, {transpose, big, "zstd"})}},
      {"shard in a shard", "int32", {shard_of({6, 1}, {shard_of({2, 1}, {little, "zstd"}, true, true)}, false, true)}},
      {"compressed shard", "int32", {shard_of({3, 5}, {little}, false, true), "zstd"}},
      {"checked shard", "int32", {shard_of({3, 5}, {little}), "crc32c"}, {}, true},
      {"vlen-utf8", "string", {"vlen-utf8"}},
      {"vlen-utf8 and zstd", "string", {"vlen-utf8", "zstd"}},
      {"vlen-utf8 and gzip", "string", {transpose, "vlen-utf8", "gzip"}},
      {"vlen-bytes and blosc", "bytes", {"vlen-bytes", {"blosc", {{"cname", "zstd"}, {"shuffle", "noshuffle"}}}}},
      {"vlen-bytes and crc32c", "bytes", {"vlen-bytes", "crc32c"}, {}, true},
      {"shard of strings", "string", {shard_of({3, 5}, {"vlen-utf8", "gzip"})}},
      {"shard of strings, plain", "bytes", {shard_of({2, 5}, {"vlen-bytes"}, true, true)}},
  };
  return all;
}

constexpr std::uint64_t rows = 6, columns = 5;

/// Elements of one chunk, the same each time.
std::vector<std::int32_t> numbers() {
  std::vector<std::int32_t> elements(rows * columns);
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<std::int32_t>(i * 7919 % 1000);
  return elements;
}

std::vector<std::string> strings() {
  std::vector<std::string> elements(rows * columns);
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = std::string(i % 7, static_cast<char>('a' + i % 26));
  return elements;
}

struct Subject {
  explicit Subject(const ChainCase& of)
      : chain(of),
        store(new_store()),
        array(create_array(store, "group/array",
                           {.shape = {rows, columns},
                            .chunk_shape = {rows, columns},
                            .data_type = of.data_type,
                            .codecs = of.codecs})),
        text(array.data_type().variable) {
    REQUIRE(array.unusable().empty());
    write(array.all());
    key = array.chunk_key({0, 0});
    sound = get(store, key);
  }

  void write(const Box& box) {
    const auto n = count_elements(box.shape);
    if (text) {
      auto elements = strings();
      elements.resize(n);
      array.write_strings(box, elements);
    } else {
      auto elements = numbers();
      elements.resize(n);
      array.write(box, elements);
    }
  }

  void read(const Box& box) const {
    const auto n = count_elements(box.shape);
    const auto got = text ? array.read_strings(box).size() : array.read<std::int32_t>(box).size();
    if (got != n) FAIL("not all elements");
  }

  ChainCase chain;
  Store store;
  Array array;
  bool text;
  std::string key;
  std::string sound;
};

/// Every error must say where it was.
void check_frames(const Error& error, const Subject& subject) {
  const auto frame = [&](std::string_view kind) -> std::string {
    for (const auto& [name, value] : error.frames()) {
      if (name == kind) return value;
    }
    return "(none)";
  };
  CAPTURE(error.what());
  CHECK((error.code() == ErrorCode::corrupt || error.code() == ErrorCode::no_memory));
  CHECK(frame("array") == "/group/array");
  CHECK(frame("chunk") == subject.key);
  CHECK(frame("store") == "memory:");
  const auto codec = frame("codec");
  bool is_ours = false;
  for (const auto& name : {"bytes", "gzip", "zstd", "blosc", "crc32c", "sharding_indexed", "vlen-utf8", "vlen-bytes"}) {
    is_ours = is_ours || codec == name;
  }
  CHECK(is_ours);
  CHECK(frame("plugin").starts_with("zeolite."));
}

/// What a damaged chunk may do. Returns whether it was noticed when all of it was read.
bool try_damage(Subject& subject, const std::string& damaged) {
  const Box part = box({1, 1}, {4, 3}, {1, 1});
  const Box steps = box({0, 1}, {2, 2}, {4, 3});
  put(subject.store, subject.key, damaged);
  const auto whole = error_of([&] { subject.read(subject.array.all()); });
  if (whole) check_frames(*whole, subject);
  for (const auto& box : {part, steps}) {
    if (const auto error = error_of([&] { subject.read(box); })) check_frames(*error, subject);
  }
  if (get(subject.store, subject.key) != damaged) FAIL("reading has changed the store");
  const auto partial = error_of([&] { subject.write(part); });
  if (partial) {
    check_frames(*partial, subject);
    if (get(subject.store, subject.key) != damaged) FAIL("a write that failed has changed the chunk");
  }
  // To replace all of it nothing needs to be read.
  subject.write(subject.array.all());
  if (get(subject.store, subject.key) != subject.sound) FAIL("the chunk could not be replaced");
  return whole.has_value();
}

}  // namespace

TEST_CASE("chunks that are cut short, empty or too long are noticed", "[bad_input]") {
  for (const auto& chain : chains()) {
    Subject subject(chain);
    CAPTURE(chain.name);
    for (std::size_t length = 0; length < subject.sound.size(); ++length) {
      CAPTURE(length);
      CHECK(try_damage(subject, subject.sound.substr(0, length)));
    }
    for (const std::size_t more : {1u, 7u, 100u, 1u << 20}) {
      const auto noticed = try_damage(subject, subject.sound + std::string(more, '\0'));
      // A shard may hold bytes that nothing refers to, as long as its index is where it was.
      if (!contains(chain.name, "shard")) CHECK(noticed);
    }
  }
}

TEST_CASE("every flipped bit gives elements or an error, and a checksum notices each", "[bad_input]") {
  for (const auto& chain : chains()) {
    Subject subject(chain);
    CAPTURE(chain.name);
    // Every bit of the beginning and the end, where headers and indexes are, and every fifth of what is between.
    const auto bits = subject.sound.size() * 8;
    for (std::size_t bit = 0; bit < bits; bit += bit < 256 || bit + 512 > bits ? 5 : 23) {
      CAPTURE(bit);
      auto damaged = subject.sound;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const bool noticed = try_damage(subject, damaged);
      if (chain.checked) CHECK(noticed);
    }
  }
}

TEST_CASE("random damage and random bytes give elements or an error", "[bad_input]") {
  unsigned seed = 1;
  for (const auto& chain : chains()) {
    Subject subject(chain);
    Random random(seed++);
    CAPTURE(chain.name);
    for (int round = 0; round < 60; ++round) {
      CAPTURE(round);
      const auto damaged = mutate(random, subject.sound);
      const bool noticed = try_damage(subject, damaged);
      if (chain.checked && damaged != subject.sound) CHECK(noticed);
    }
    for (int round = 0; round < 20; ++round) {
      CAPTURE(round);
      std::string noise(random.below(300), '\0');
      for (auto& byte : noise) byte = static_cast<char>(random.below(256));
      const bool noticed = try_damage(subject, noise);
      if (chain.checked) CHECK(noticed);
    }
  }
}

TEST_CASE("bytes of another chain give elements or an error", "[bad_input]") {
  Parts values;
  for (const auto& chain : chains()) values.push_back(Subject(chain).sound);
  for (const auto& chain : chains()) {
    Subject subject(chain);
    CAPTURE(chain.name);
    for (const auto& value : values) try_damage(subject, value);
  }
}

TEST_CASE("a foreign value may be framed more generously than ours, inside another codec too") {
  const auto store = new_store();
  const auto array =
      create_array(store, "a", {.shape = {4}, .chunk_shape = {4}, .data_type = "uint8", .codecs = {"bytes", "gzip"}});
  array.write<std::uint8_t>(array.all(), {1, 2, 3, 4});
  // The same member, with a long file name in its header.
  auto value = get(store, "a/c/0");
  value[3] = static_cast<char>(value[3] | 8);
  value.insert(10, std::string(60, 'n') + std::string(1, '\0'));
  put(store, "a/c/0", value);
  CHECK(array.read<std::uint8_t>() == std::vector<std::uint8_t>{1, 2, 3, 4});
  const auto inside = create_array(
      store, "b", {.shape = {4}, .chunk_shape = {4}, .data_type = "uint8", .codecs = {"bytes", "gzip", "gzip"}});
  const auto outer = create_array(
      store, "c",
      {.shape = {value.size()}, .chunk_shape = {value.size()}, .data_type = "uint8", .codecs = {"bytes", "gzip"}});
  outer.write(outer.all(), std::vector<std::uint8_t>(value.begin(), value.end()));
  put(store, "b/c/0", get(store, "c/c/0"));
  CHECK(inside.read<std::uint8_t>() == std::vector<std::uint8_t>{1, 2, 3, 4});
}
