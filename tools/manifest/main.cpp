// SPDX-License-Identifier: Apache-2.0
//
// zeolite-manifest LIBRARY: asks a plugin library what it provides and writes that beside it, as <stem>.zeolite.json.
// zeolite_add_plugin() runs it after linking; authors with other build systems run it themselves.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <zeolite/registry.hpp>

namespace {

void write_manifest(const std::filesystem::path& library) {
  const auto info = zeolite::describe_plugin(library);
  auto manifest = library;
  manifest.replace_extension(".zeolite.json");
  std::ofstream file(manifest, std::ios::binary);
  file << zeolite::to_manifest(info, library.filename().string());
  file.close();
  if (!file) throw std::runtime_error("cannot write " + manifest.string());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    std::fprintf(stderr, "usage: zeolite-manifest LIBRARY\nwrites the manifest of a plugin library beside it\n");
    return 2;
  }
  try {
    write_manifest(std::filesystem::absolute(argv[1]));
    return 0;
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "zeolite-manifest: %s\n", exception.what());
    return 1;
  }
}
