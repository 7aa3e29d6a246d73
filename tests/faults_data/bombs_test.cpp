// SPDX-License-Identifier: Apache-2.0
//
// Decompression bombs: small values that decode to a great deal. The decoded size is known beforehand, so nothing
// larger is allocated; measured as memory and address space of a child process.
#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

const Extension little{"bytes", {{"endian", "little"}}};
const Extension plain_blosc{"blosc", {{"cname", "zstd"}, {"clevel", 9}, {"shuffle", "noshuffle"}, {"blocksize", 0}}};

/// What a compressor makes of so many equal bytes.
std::string compressed(const Extension& codec, std::uint64_t bytes) {
  const auto store = Store::open(shared_context(), "memory:");
  const auto array = create_array(
      store, "", {.shape = {bytes}, .chunk_shape = {bytes}, .data_type = "uint8", .codecs = {"bytes", codec}});
  array.write(array.all(), std::vector<std::uint8_t>(bytes, 'x'));
  return get(store, "c/0");
}

std::string repeat(const std::string& text, std::uint64_t times) {
  std::string all;
  for (std::uint64_t i = 0; i < times; ++i) all += text;
  return all;
}

struct Bomb {
  std::string name;
  Extension codec;
  std::string value;
};

/// Values of less than 64 KiB, each of which claims or holds 32 MiB to 2 GiB.
const std::vector<Bomb>& bombs() {
  static const std::vector<Bomb> all = [] {
    constexpr std::uint64_t mib = 1 << 20;
    std::vector<Bomb> list;
    list.push_back({"gzip", "gzip", compressed("gzip", 32 * mib)});
    list.push_back({"gzip of many members", "gzip", repeat(compressed("gzip", mib), 40)});
    list.push_back({"zstd", "zstd", compressed("zstd", 64 * mib)});
    list.push_back({"zstd of many frames", "zstd", repeat(compressed("zstd", mib), 700)});
    list.push_back({"blosc", plain_blosc, compressed(plain_blosc, 64 * mib)});
    // Sizes that are only claimed: in blosc's header, and in the header of a zstd frame.
    auto claim = compressed(plain_blosc, 1000);
    claim.replace(4, 4, "\xff\xff\xff\x7f");
    list.push_back({"blosc that claims 2 GiB", plain_blosc, claim});
    claim.replace(4, 4, "\x00\x00\x00\x01", 4);
    list.push_back({"blosc that claims 16 MiB", plain_blosc, claim});
    list.push_back({"zstd that claims 2 GiB", "zstd",
                    std::string("\x28\xB5\x2F\xFD\xE0\x00\x00\x00\x80\x00\x00\x00\x00\x03\x00\x00x", 17)});
    // A compressed run of length zero and a single byte repeated, in a window of 2 GiB.
    list.push_back({"zstd with a large window", "zstd",
                    std::string("\x28\xB5\x2F\xFD\x00\xA8\xFA\xFF\x0F"
                                "x",
                                10) +
                        repeat(std::string("\xFA\xFF\x0F"
                                           "x",
                                           4),
                               60)});
    return list;
  }();
  return all;
}

struct Victim {
  std::string name;
  std::string data_type;
  std::vector<Extension> codecs;
};

}  // namespace

TEST_CASE("a bomb in place of a chunk is refused within the chunk's own size", "[bad_input]") {
  for (const auto& bomb : bombs()) {
    CAPTURE(bomb.name, bomb.value.size());
    CHECK(bomb.value.size() < 66'000);
    const auto said = in_child([&]() -> std::string {
      const auto context = make_context(0, 64 << 20);
      const auto store = Store::open(context, "memory:");
      const boost::json::array index = {to_json(little)};
      const std::vector<Victim> victims = {
          {"alone", "uint8", {"bytes", bomb.codec}},
          {"inside of a checksum", "uint8", {"bytes", "crc32c", bomb.codec}},
          {"inside of another compressor", "uint8", {"bytes", "gzip", bomb.codec}},
          {"around a shard",
           "uint8",
           {{"sharding_indexed", {{"chunk_shape", {100}}, {"codecs", {"bytes"}}, {"index_codecs", index}}},
            bomb.codec}}};
      for (const auto& victim : victims) {
        const auto array = create_array(
            store, victim.name,
            {.shape = {1000}, .chunk_shape = {1000}, .data_type = victim.data_type, .codecs = victim.codecs});
        array.write(array.all(), std::vector<std::uint8_t>(1000, 1));
        put(store, array.chunk_key({0}), bomb.value);
        const Growth growth;
        for (const auto& part : {array.all(), box({3}, {5})}) {
          const auto error = error_of([&] { (void)array.read<std::uint8_t>(part); });
          if (!error) return victim.name + ": was read";
          // A shard tells its size only when it is there: it is read up to the context's limit, and then refused.
          const auto codec = victim.name == "around a shard" ? "codec " : "codec " + bomb.codec.name;
          for (const auto& says : {codec, std::string("plugin zeolite."), "array /" + victim.name}) {
            if (!contains(error->what(), says)) return error->what();
          }
        }
        const auto error = error_of([&] { array.write<std::uint8_t>(box({3}, {1}), {7}); });
        if (!error || get(store, array.chunk_key({0})) != bomb.value) return victim.name + ": was written to";
        const std::uint64_t most = victim.name == "around a shard" ? 160 << 10 : 12 << 10;
        if (const auto grown = growth.beyond(most); !grown.empty()) return victim.name + ": " + grown;
      }
      return "";
    });
    CHECK(said == "");
  }
}

TEST_CASE("a bomb in place of an inner chunk is refused within the inner chunk's size", "[bad_input]") {
  for (const auto& bomb : bombs()) {
    CAPTURE(bomb.name);
    const auto said = in_child([&]() -> std::string {
      const auto store = Store::open(make_context(0), "memory:");
      const boost::json::array inner = {"bytes", to_json(bomb.codec)};
      const boost::json::array index = {to_json(little)};
      const auto array = create_array(
          store, "a",
          {.shape = {1000},
           .chunk_shape = {1000},
           .data_type = "uint8",
           .codecs = {{"sharding_indexed", {{"chunk_shape", {500}}, {"codecs", inner}, {"index_codecs", index}}}}});
      std::string shard = bomb.value;
      for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{bomb.value.size()}, UINT64_MAX, UINT64_MAX}) {
        for (int i = 0; i < 8; ++i) shard += static_cast<char>(number >> (8 * i) & 0xFF);
      }
      put(store, "a/c/0", shard);
      const Growth growth;
      for (const auto& part : {array.all(), box({3}, {5})}) {
        const auto error = error_of([&] { (void)array.read<std::uint8_t>(part); });
        if (!error) return "was read";
        if (!contains(error->what(), "codec " + bomb.codec.name)) return error->what();
      }
      if (array.read<std::uint8_t>(box({600}, {2})) != std::vector<std::uint8_t>(2, 0)) return "the other one";
      return growth.beyond(12 << 10);
    });
    CHECK(said == "");
  }
}

TEST_CASE("where the decoded size is not known, the context's limit holds", "[bad_input]") {
  for (const auto& bomb : bombs()) {
    CAPTURE(bomb.name);
    const auto said = in_child([&]() -> std::string {
      const auto store = Store::open(make_context(0, 4 << 20), "memory:");
      const auto array = create_array(
          store, "a", {.shape = {10}, .chunk_shape = {10}, .data_type = "string", .codecs = {"vlen-utf8", bomb.codec}});
      put(store, "a/c/0", bomb.value);
      const Growth growth;
      const auto error = error_of([&] { (void)array.read_strings(array.all()); });
      if (!error) return "was read";
      if (!contains(error->what(), "codec " + bomb.codec.name) || !contains(error->what(), "array /a")) {
        return error->what();
      }
      return growth.beyond(24 << 10);
    });
    CHECK(said == "");
  }
}

TEST_CASE("strings that claim what is not there cost nothing", "[bad_input]") {
  const auto said = in_child([]() -> std::string {
    const auto store = Store::open(make_context(0), "memory:");
    for (const std::string codec : {"vlen-utf8", "vlen-bytes"}) {
      const auto array = create_array(store, codec,
                                      {.shape = {4},
                                       .chunk_shape = {4},
                                       .data_type = codec == "vlen-utf8" ? "string" : "bytes",
                                       .codecs = {codec}});
      const Growth growth;
      for (const auto& value :
           {std::string("\xff\xff\xff\xff", 4), std::string("\4\0\0\0", 4), std::string("\4\0\0\0\xff\xff\xff\xff", 8),
            std::string("\4\0\0\0\xff\xff\xff\x7f\0\0\0\0\0\0\0\0\0\0\0\0", 20),
            std::string("\4\0\0\0\1\0\0\0a\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 21),
            std::string("\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16), std::string("\4\0\0\0", 4) + std::string(17, '\0')}) {
        put(store, codec + "/c/0", value);
        for (const auto& part : {array.all(), box({1}, {2})}) {
          const auto error = error_of([&] { (void)array.read_strings(part); });
          if (!error || !contains(error->what(), "codec " + codec)) return error ? error->what() : "was read";
        }
      }
      // They claim gigabytes; what sanitizers and the first exceptions take is some megabytes.
      if (const auto grown = growth.beyond(32 << 10); !grown.empty()) return grown;
    }
    return "";
  });
  CHECK(said == "");
}

TEST_CASE("a value far longer than any encoding of the chunk is not read to its end", "[bad_input]") {
  const Folder folder;
  const auto said = in_child([&]() -> std::string {
    const auto store = Store::open(make_context(0), folder.location("store"));
    for (const std::vector<Extension>& codecs :
         {std::vector<Extension>{"bytes"}, {"bytes", "gzip"}, {"bytes", "crc32c"}}) {
      const auto array = create_array(
          store, "", {.shape = {100}, .chunk_shape = {100}, .data_type = "uint8", .codecs = codecs, .overwrite = true});
      put(store, "c/0", "x");
      std::error_code failed;
      std::filesystem::resize_file(folder / "store/c/0", std::uint64_t{1} << 33, failed);
      if (failed) return "";  // no sparse files here
      const Growth growth;
      for (const auto& part : {array.all(), box({3}, {5})}) {
        const auto error = error_of([&] { (void)array.read<std::uint8_t>(part); });
        if (!error) return "was read";
        for (const auto& says : {"chunk c/0", "array /"}) {
          if (!contains(error->what(), says)) return error->what();
        }
      }
      if (const auto grown = growth.beyond(4 << 10); !grown.empty()) return grown;
    }
    return "";
  });
  CHECK(said == "");
}

TEST_CASE("a document far longer than the limit is not read to its end", "[bad_input]") {
  const Folder folder;
  const auto said = in_child([&]() -> std::string {
    for (const std::string name : {"zarr.json", ".zarray", ".zgroup"}) {
      folder.write("store/" + name, "{");
      std::error_code failed;
      std::filesystem::resize_file(folder / ("store/" + name), std::uint64_t{1} << 31, failed);
      if (failed) return "";
      const auto context = make_context(0);
      const Growth growth;
      const auto error = error_of([&] { (void)open(context, folder.location("store")); });
      if (!error || !contains(error->what(), name)) return error ? error->what() : "was read";
      if (const auto grown = growth.beyond(300 << 10); !grown.empty()) return name + ": " + grown;
      std::filesystem::remove(folder / ("store/" + name));
    }
    return "";
  });
  CHECK(said == "");
}
