// SPDX-License-Identifier: Apache-2.0
//
// Two contexts in one process: each with its own plugins, threads and limits. There are no globals between them.
#include <zeolite/zeolite.hpp>

#include <cstdio>
#include <exception>
#include <vector>

int main() try {
  // [contexts]
  zeolite::ContextOptions quiet;
  quiet.threads = 0;                 // works on the caller's thread alone
  quiet.max_chunk_bytes = 64 << 20;  // refuses chunks above 64 MiB
  zeolite::Context careful(quiet);

  zeolite::ContextOptions strict;
  strict.plugins.deny = {"zeolite.codec.gzip"};
  zeolite::Context without_gzip(strict);
  // [/contexts]

  const zeolite::ArrayOptions options{.shape = {4}, .chunk_shape = {4}, .data_type = "int32", .codecs = {"gzip"}};
  auto array = zeolite::create_array(careful, "memory:", options);
  array.write(array.all(), std::vector<std::int32_t>{1, 2, 3, 4});
  // [why]
  try {
    zeolite::create_array(without_gzip, "memory:", options);
    return 1;
  } catch (const zeolite::Error& error) {
    std::printf("the other context says: %s\n", error.what());
  }
  const auto why = without_gzip.registry().explain(zeolite::Point::codec, "gzip");
  std::printf("because: %s\n", why.reason.c_str());
  // [/why]
  return array.read<std::int32_t>()[3] == 4 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
