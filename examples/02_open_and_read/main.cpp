// SPDX-License-Identifier: Apache-2.0
//
// Opening what is there, and reading boxes of it.
//
//   02_open_and_read [LOCATION]
#include <zeolite/zeolite.hpp>

#include <cstdio>
#include <exception>
#include <vector>

int main(int argc, char** argv) try {
  const char* const location = argc > 1 ? argv[1] : "measurements.zarr";
  // [open]
  zeolite::Context context;
  auto array = zeolite::open_array(context, location);
  std::printf("%zu dimensions of %s\n", array.ndim(), array.metadata().data_type.name.c_str());
  // [/open]
  // [read]
  auto patch = array.read<float>(zeolite::box({250, 350}, {10, 10}));            // C order
  auto thinned = array.read<float>(zeolite::box({0, 0}, {100, 100}, {10, 10}));  // every tenth row and column
  // [/read]
  std::printf("first of the patch: %g, first of the thinned: %g\n", patch[0], thinned[0]);
  // [into]
  // Into memory of one's own, here the first column of a matrix with 4 columns.
  std::vector<float> matrix(10 * 4);
  array.read(zeolite::box({250, 350}, {10, 1}), matrix.data(), {4 * sizeof(float), sizeof(float)});
  // [/into]
  // [many]
  // Many boxes at once, of one array or of several: what they need of one value is asked for together.
  std::vector<float> corners(4);
  std::vector<zeolite::ReadRequest> requests;
  for (std::uint64_t i = 0; i < 4; ++i) {
    requests.push_back({array, zeolite::box({i / 2 * 999, i % 2 * 999}, {1, 1}), &corners[i], {}});
  }
  zeolite::read(requests);
  // [/many]
  // [error]
  try {
    array.read<float>(zeolite::box({995, 0}, {10, 10}));
  } catch (const zeolite::Error& error) {
    // error.code() is ErrorCode::invalid; the text names the array and the dimension.
    std::printf("as expected: %s\n", error.what());
  }
  // [/error]
  return patch[0] == 1.5f && matrix[4] == 1.5f ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
