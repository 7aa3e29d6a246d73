// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes stored shards: the first byte chooses the array, the rest is what is stored.
#include <cstdint>

#include "plugins.hpp"
#include "targets.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  zeolite::fuzz::find_plugins();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const zeolite::fuzz::Shards shards;
  if (size == 0) return -1;
  (void)shards.run(data[0] % shards.size(), {reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
