// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes documents: the first byte chooses the document's name, the rest is its text.
#include <cstdint>

#include "plugins.hpp"
#include "targets.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  zeolite::fuzz::find_plugins();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const zeolite::fuzz::Documents documents;
  if (size == 0) return -1;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  (void)documents.run(text, data[0] % 8 == 0 ? ".zarray" : "zarr.json");
  return 0;
}
