// SPDX-License-Identifier: Apache-2.0
//
// The regular grid through the conformance suite; very large arrays, and wrong configurations.
#include <boost/json.hpp>

#include <zeolite/testing/chunk_grid_suite.hpp>
#include <zeolite/testing/foreign_data.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_chunk_grid_regular");
  return library;
}

}  // namespace

TEST_CASE("the regular grid keeps the contract") {
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [3, 4]})", {10, 8}, {4, 2}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [1, 7, 2]})", {5, 7, 9}, {5, 1, 5}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [100]})", {3}, {1}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": []})", {}, {}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [3, 4]})", {0, 8}, {0, 2}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [1, 1]})", {1, 1}, {1, 1}});
}

TEST_CASE("the regular grid counts past any memory") {
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [1, 3]})", {1'000'000'000'000, 9'000'000'000'000'000'000},
                              {1'000'000'000'000, 3'000'000'000'000'000'000}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [9223372036854775806]})", {INT64_MAX}, {2}});
  test_chunk_grid(library(), {"regular", R"({"chunk_shape": [9223372036854775807]})", {INT64_MAX}, {1}});
}

TEST_CASE("chunks that steps jump over are left out") {
  const ChunkGridBench grid(library(), "regular", R"({"chunk_shape": [1, 10]})", {1'000'000'000'000, 100});
  const auto boxes = grid.chunks_in({0, 5}, {3, 2}, {400'000'000'000, 1});
  REQUIRE(boxes.size() == 3);
  CHECK(boxes[2].origin == Lengths{800'000'000'000, 0});
  CHECK(boxes[2].shape == Lengths{1, 1});
}

TEST_CASE("wrong configurations of the regular grid are refused") {
  for (const auto* const wrong : {"{}", R"({"chunk_shape": 3})", R"({"chunk_shape": [0]})", R"({"chunk_shape": [-1]})",
                                  R"({"chunk_shape": [1.0]})", R"({"chunk_shape": ["1"]})",
                                  R"({"chunk_shape": [9223372036854775808]})", R"({"chunk_shape": [1e30]})",
                                  R"({"chunk_shape": null})", R"({"chunk_shape": [1], "x": 1})"}) {
    library().refusal<zeo_chunk_grid>("regular", wrong);
  }
  std::string many = "[1";
  for (int i = 0; i < 64; ++i) many += ",1";
  library().refusal<zeo_chunk_grid>("regular", "{\"chunk_shape\":" + many + "]}");
  CHECK(library().refusal<zeo_chunk_grid>("regular", R"({"chunk_shape": [4, 0]})").find("axis 1") != std::string::npos);
}

TEST_CASE("the regular grid refuses arrays longer than 2^63 - 1") {
  const ChunkGridBench grid(library(), "regular", R"({"chunk_shape": [3]})", {10});
  grid.refusal({UINT64_C(1) << 63});
  grid.refusal({UINT64_MAX});
}

TEST_CASE("regular grids of other implementations are read") {
  const auto text = foreign_file("zarr-metadata/v3/chunk_grid/regular/cases.json");
  if (!text) return;
  const auto cases = boost::json::parse(*text);
  for (const auto& grid : cases.as_object()) {
    const auto made = library().create<zeo_chunk_grid>(
        "regular", boost::json::serialize(grid.value().as_object().at("configuration")));
    CHECK(boost::json::parse(check_configuration(library(), "regular", made.get())) ==
          grid.value().as_object().at("configuration"));
  }
}

TEST_CASE("the regular grid is used by many threads at once", "[threads]") {
  test_chunk_grid_threads(ChunkGridBench(library(), "regular", R"({"chunk_shape": [3, 4]})", {10, 8}));
}
