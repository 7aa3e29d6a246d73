// SPDX-License-Identifier: Apache-2.0
#include "elf.hpp"

#include <cstring>
#include <fstream>
#include <vector>

#include <elf.h>
#include <link.h>

namespace zeolite::plugin {
namespace {

template <class T>
bool read_at(std::ifstream& file, std::uint64_t offset, T* into, std::size_t n) {
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(n * sizeof(T)));
  return file.good();
}

}  // namespace

bool is_cut_short(const std::filesystem::path& library) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(library, error);
  std::ifstream file(library, std::ios::binary);
  ElfW(Ehdr) header{};
  if (error || !file || !read_at(file, 0, header.e_ident, SELFMAG)) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  if (!read_at(file, 0, &header, 1)) return true;
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  if (header.e_phentsize != sizeof(ElfW(Phdr))) return false;  // of another kind of machine: the linker will say so
  if (!read_at(file, header.e_phoff, segments.data(), segments.size())) return true;
  for (const auto& segment : segments) {
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) return true;
  }
  return false;
}

}  // namespace zeolite::plugin
