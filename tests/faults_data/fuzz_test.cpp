// SPDX-License-Identifier: Apache-2.0
//
// Thousands of damaged inputs with fixed seeds, so that every run sees the same: documents, shards, manifests and
// settings of plugins, headers of .npy files. tests/fuzz has the same for a fuzzer, which goes on for as long as
// wanted.
#include <fcntl.h>
#include <unistd.h>

#include "../fuzz/targets.hpp"
#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace fs = std::filesystem;

namespace {

const Parts words = {"null",
                     "-1",
                     "0",
                     "1e999",
                     "NaN",
                     "18446744073709551616",
                     "{}",
                     "[]",
                     "\"\"",
                     "\\u0000",
                     "true",
                     "9223372036854775807",
                     "\"name\":",
                     "4294967296",
                     "\"bytes\"",
                     "\"gzip\"",
                     "\"string\"",
                     "\"int8\"",
                     "\"r24\"",
                     ",",
                     "[1,1]",
                     "[[2,3]]",
                     "\"sharding_indexed\"",
                     "\"must_understand\":false,",
                     "\"configuration\":{},",
                     "\xff",
                     "\"crc32c\","};

const Parts documents = {
    R"({"zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "int32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}}, "fill_value": 7,
        "codecs": [{"name": "transpose", "configuration": {"order": [1, 0]}},
                   {"name": "bytes", "configuration": {"endian": "big"}},
                   {"name": "gzip", "configuration": {"level": 1}},
                   "crc32c"], "attributes": {"a": [1, 2.5, "x"]}, "dimension_names": ["x", null]})",
    R"({"zarr_format": 3, "node_type": "array", "shape": [8, 8], "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 8]}},
        "chunk_key_encoding": {"name": "v2"}, "fill_value": "NaN",
        "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 4], "codecs":
        [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 1}}],
        "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, "crc32c"],
        "index_location": "start"}}], "storage_transformers": [{"name": "prefix", "configuration": {"prefix": "p"}}]})",
    R"({"zarr_format": 3, "node_type": "array", "shape": [10], "data_type": "string",
        "chunk_grid": {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[1, [3, 3]]]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": "\u00e9",
        "codecs": ["vlen-utf8", {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle",
        "typesize": 4, "blocksize": 0}}], "extra": {"must_understand": false}})",
    R"({"zarr_format": 3, "node_type": "array", "shape": [], "data_type": "complex64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": []}},
        "chunk_key_encoding": "default", "fill_value": ["0x7fc00000", "-Infinity"],
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]})",
    R"({"zarr_format": 3, "node_type": "array", "shape": [5, 1, 5], "data_type": "r24",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 1, 2]}},
        "chunk_key_encoding": "default", "fill_value": [1, 2, 3], "codecs": ["bytes", "zstd"]})",
    R"({"zarr_format": 3, "node_type": "group", "attributes": {"x": {"y": [1e10, -0.0, NaN]}},
        "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": {}}})",
};

const Parts v2_documents = {
    R"({"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<i4", "fill_value": 0, "order": "F",
        "filters": null, "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}})",
    R"({"zarr_format": 2, "shape": [3], "chunks": [2], "dtype": "|O", "fill_value": "", "order": "C",
        "filters": [{"id": "vlen-utf8"}], "compressor": {"id": "zstd", "level": 3}, "dimension_separator": "/"})",
};

}  // namespace

TEST_CASE("three thousand damaged documents are opened or refused", "[bad_input][fuzz]") {
  const fuzz::Documents subject;
  for (const auto& text : documents) REQUIRE(subject.run(text));
  for (const auto& text : v2_documents) REQUIRE(subject.run(text, ".zarray"));
  Random random(2026);
  int understood = 0;
  for (int round = 0; round < 3000; ++round) {
    const bool old = random.chance(20);
    const auto damaged = mutate(random, random.one_of(old ? v2_documents : documents), words);
    INFO("round " << round << ": " << damaged);
    understood += subject.run(damaged, old ? ".zarray" : "zarr.json") ? 1 : 0;
  }
  // Neither is every mutation fatal, nor none: or nothing was tested.
  CHECK(understood > 100);
  CHECK(understood < 2900);
}

TEST_CASE("three thousand damaged shards are read or refused", "[bad_input][fuzz]") {
  const fuzz::Shards subject;
  Random random(1968);
  constexpr std::uint64_t numbers[] = {0, 1, 2, 8, 63, 64, 1000, 1u << 31, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
  int read = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto which = random.below(subject.size());
    auto value = subject.sound(which);
    REQUIRE(
        (round >= 6 || subject.run(static_cast<std::size_t>(round), subject.sound(static_cast<std::size_t>(round)))));
    if (random.chance(70)) {
      // Numbers in the index, which is at one end.
      for (auto n = 1 + random.below(3); n > 0; --n) {
        const auto slot = 8 * random.below(std::min<std::uint64_t>(value.size() / 8, 40));
        const auto at = random.chance(50) ? slot : value.size() - 8 - slot;
        const auto number = random.chance(60) ? random.one_of(numbers) : random.below(2 * value.size());
        for (std::size_t i = 0; i < 8; ++i) value[at + i] = static_cast<char>(number >> (8 * i) & 0xFF);
      }
    } else {
      value = mutate(random, value);
    }
    INFO("round " << round << ", array " << which);
    read += subject.run(which, value) ? 1 : 0;
  }
  CHECK(read > 100);
  CHECK(read < 2900);
}

TEST_CASE("fifteen hundred damaged manifests are read or refused", "[bad_input][fuzz]") {
  const Parts manifests = {
      R"({"abi": {"major": 0, "minor": 3}, "name": "acme.zip", "version": "1.0", "license": "MIT", "build": "C++",
          "library": "zip.so", "provides": [{"point": "codec", "name": "zip", "aliases": ["zip2", "@zip"],
          "v2_ids": ["zip"]}, {"point": "data_type", "name": "r*", "aliases": [], "v2_ids": ["V"]}]})",
      R"({"abi": {"major": 0, "minor": 3}, "name": "acme.store", "version": "", "license": "MIT", "library": "zip.so",
          "provides": [{"point": "store", "name": "https://acme.org/s", "aliases": [], "v2_ids": []}]})"};
  Random random(314);
  int sound = 0;
  for (int round = 0; round < 1500; ++round) {
    const Folder folder;
    folder.write("zip.so", "no library");
    const auto damaged = mutate(random, random.one_of(manifests), words);
    folder.write("zip.zeolite.json", damaged);
    INFO("round " << round << ": " << damaged);
    ContextOptions options;
    options.threads = 0;
    options.plugins.search_defaults = false;
    options.plugins.directories = {folder / "."};
    const Context context(options);
    const auto plugins = context.registry().plugins();
    REQUIRE(plugins.size() == 1);
    if (plugins[0].refusal.empty()) {
      ++sound;
      for (const auto& name : plugins[0].provides) {
        const auto found = error_of([&] { (void)context.registry().explain(name.point, name.name); });
        CHECK_FALSE(found);
      }
      CHECK(error_of([&] { (void)Store::open(context, "acme:"); }));
    } else {
      CHECK(contains(plugins[0].refusal, "zip.zeolite.json"));
    }
    (void)context.registry().explain(Point::codec, "zip");
    CHECK(error_of([&] { (void)Store::open(context, "memory:"); }));
  }
  CHECK(sound > 20);
  CHECK(sound < 1450);
}

TEST_CASE("five hundred damaged settings are read or refused", "[bad_input][fuzz]") {
  const Folder folder;
  const std::string sound = R"({"aliases": {"codec:a": "b"}, "pins": {"codec:gzip": "zeolite.codec.gzip"},
    "allow": ["zeolite.codec.gzip"], "deny": ["x"], "experimental": {"default": "warn", "codec:y": "deny"}})";
  Random random(7);
  for (int round = 0; round < 500; ++round) {
    const auto damaged = mutate(random, sound, words);
    folder.write("settings.json", damaged);
    INFO("round " << round << ": " << damaged);
    ContextOptions options;
    options.threads = 0;
    options.plugins.search_defaults = false;
    options.plugins.configuration_file = folder / "settings.json";
    const auto error = error_of([&] { (void)Context(options).registry().explain(Point::codec, "a"); });
    if (error) CHECK(contains(error->what(), "settings.json"));
  }
}

#ifdef ZEOLITE_COMMAND

namespace {

/// Runs the command; what it says on standard error, after its exit status.
std::string run_command(const Folder& folder, const Parts& arguments) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto errors = (folder / "errors").string();
    const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, 0);
    ::dup2(nothing, 1);
    ::dup2(file, 2);
    std::vector<char*> list;
    std::string command = ZEOLITE_COMMAND;
    list.push_back(command.data());
    auto copies = arguments;
    for (auto& argument : copies) list.push_back(argument.data());
    list.push_back(nullptr);
    ::execv(command.c_str(), list.data());
    ::_exit(126);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return std::to_string(WEXITSTATUS(status)) + " " + folder.read("errors");
}

std::string npy(std::string header, std::string_view elements) {
  while ((10 + header.size()) % 64 != 63) header += ' ';
  header += '\n';
  std::string file = "\x93NUMPY";
  file += std::string("\x01\x00", 2);
  file += static_cast<char>(header.size() & 0xFF);
  file += static_cast<char>(header.size() >> 8);
  return file + header + std::string(elements);
}

}  // namespace

TEST_CASE("damaged .npy files are written whole or not at all", "[bad_input][fuzz]") {
  const Folder folder;
  create_array(shared_context(), folder.location("a.zarr"),
               {.shape = {4, 3}, .chunk_shape = {2, 3}, .data_type = "int16", .codecs = {"bytes"}});
  const std::string elements("\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10\0\11\0\12\0\13\0\14\0", 24);
  const auto sound = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (4, 3), }", elements);
  const auto write = [&](const std::string& file) {
    folder.write("x.npy", file);
    return run_command(folder, {"write", (folder / "a.zarr").string(), (folder / "x.npy").string()});
  };
  REQUIRE(write(sound) == "0 ");
  const auto before = folder.read("a.zarr/c/0/0") + folder.read("a.zarr/c/1/0");
  REQUIRE(before == elements);

  Parts files = {
      "",
      "\x93NUMPY",
      sound.substr(0, 9),
      sound.substr(0, 40),
      sound.substr(0, sound.size() - 1),
      sound + "x",
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (4, 3)}", ""),
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (18446744073709551615, 3)}", elements),
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", elements),
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (4, -3)}", elements),
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (12,)}", elements),
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': ()}", elements),
      npy("{'descr': '<i8', 'fortran_order': False, 'shape': (4, 3)}", elements),
      npy("{'descr': '|O', 'fortran_order': False, 'shape': (4, 3)}", elements),
      npy("{'descr': '<i2', 'fortran_order': 0, 'shape': (4, 3)}", elements),
      npy("{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (4, 3)}", elements),
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (4, 3), 'x': 1}", elements),
      npy("__import__('os').system('true')", elements),
      npy(std::string(40'000, '('), elements),
      std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12) + elements,
      std::string("\x93NUMPY\x09\x00\x10\x00", 10) + elements,
  };
  const auto fixed = files.size();
  Random random(99);
  for (int round = 0; round < 100; ++round) {
    files.push_back(mutate(random, sound, {"(", ")", "'", "{", "True", "99999999999", "L", "\\", ",", "'<i4'"}));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto said = write(files[i]);
    INFO("file " << i << ": " << said);
    const bool written = said.starts_with("0");
    CHECK((written || said.starts_with("1 zeolite: ")));
    if (i < fixed) CHECK_FALSE(written);
    CHECK(std::count(said.begin(), said.end(), '\n') <= 1);
    if (written) {
      folder.write("a.zarr/c/0/0", before.substr(0, 12));
      folder.write("a.zarr/c/1/0", before.substr(12));
    }
    CHECK(folder.read("a.zarr/c/0/0") + folder.read("a.zarr/c/1/0") == before);
  }
  CHECK(folder.files("a.zarr") == Parts{"c/0/0", "c/1/0", "zarr.json"});
}

TEST_CASE("the command lets no path leave a store", "[bad_input]") {
  const Folder folder;
  folder.write("secret/zarr.json", R"({"zarr_format": 3, "node_type": "group"})");
  create_group(shared_context(), folder.location("g.zarr"));
  const auto store = (folder / "g.zarr").string();
  for (const std::string path : {"..", "../secret", "a/../../secret", "/../secret", "a//b", "__x", "...", "zarr.json",
                                 "a/zarr.json", "\xff", "./x"}) {
    CAPTURE(path);
    for (const Parts& arguments : {Parts{"--group"}, {"--group", "--overwrite"}, {"--shape", "4", "--dtype", "int8"}}) {
      Parts all = {"create", store, "--path", path};
      all.insert(all.end(), arguments.begin(), arguments.end());
      const auto said = run_command(folder, all);
      CAPTURE(said);
      CHECK(said.starts_with("1 zeolite: "));
    }
  }
  CHECK(folder.files(".") == Parts{"errors", "g.zarr/zarr.json", "secret/zarr.json"});
}

#endif
