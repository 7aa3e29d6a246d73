// SPDX-License-Identifier: Apache-2.0
//
// Creating an array and writing to it. Run it before 02_open_and_read, which reads what this one leaves behind.
//
//   01_create_and_write [LOCATION]
// [include]
#include <zeolite/zeolite.hpp>
// [/include]

#include <cstdio>
#include <exception>
#include <vector>

int main(int argc, char** argv) try {
  const char* const location = argc > 1 ? argv[1] : "measurements.zarr";
  // [create]
  zeolite::Context context;  // finds the plugins
  auto array = zeolite::create_array(context, location,
                                     {.shape = {1000, 1000},
                                      .chunk_shape = {100, 100},
                                      .data_type = "float32",
                                      .fill_value = 0.0,
                                      .codecs = {{"zstd", {{"level", 3}}}},
                                      .dimension_names = {"y", "x"},
                                      .attributes = {{"unit", "K"}},
                                      .overwrite = true});
  // [/create]
  // [write]
  std::vector<float> block(100 * 100, 1.5f);
  array.write(zeolite::box({200, 300}, {100, 100}), block);  // from row 200 and column 300 on
  // [/write]
  // [strided]
  // Every tenth column of the last row, from memory in which the values lie 8 bytes apart.
  std::vector<float> pairs(2 * 100, 7.0f);
  array.write(zeolite::box({999, 0}, {1, 100}, {1, 10}), pairs.data(), {0, 2 * sizeof(float)});
  // [/strided]
  std::printf("wrote %s\n", location);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
