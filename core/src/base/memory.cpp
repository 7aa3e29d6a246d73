// SPDX-License-Identifier: Apache-2.0
#include <zeolite/elements.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

#include <sys/mman.h>

#include "memory_pool.hpp"

namespace zeolite {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
constexpr std::size_t cache_line_bytes = 64;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  if (bytes > SIZE_MAX - unit) throw std::bad_alloc();
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void* acquire_memory(std::size_t bytes, bool huge_pages) {
  const bool large = bytes >= huge_page_bytes;
  const auto unit = large ? huge_page_bytes : cache_line_bytes;
  const auto rounded = round_up(std::max<std::size_t>(bytes, 1), unit);
  void* const memory = std::aligned_alloc(unit, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  // Where the system has none to give, small pages serve as well, only slower.
  if (large && huge_pages) (void)::madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void release_memory(void* memory) noexcept { std::free(memory); }

bool huge_pages_given() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string modes;
  std::getline(file, modes);
  return modes.find("[always]") != modes.npos || modes.find("[madvise]") != modes.npos;
}

}  // namespace zeolite
