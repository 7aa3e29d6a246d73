// SPDX-License-Identifier: Apache-2.0
//
// The rectilinear grid through the conformance suite; runs, edges past the array, and wrong configurations.
#include <chrono>

#include <boost/json.hpp>

#include <zeolite/testing/chunk_grid_suite.hpp>
#include <zeolite/testing/foreign_data.hpp>

using namespace zeolite::testing;

namespace {

const PluginLibrary& library() {
  static const PluginLibrary library("zeolite_chunk_grid_rectilinear");
  return library;
}

std::string inline_shapes(const std::string& chunk_shapes) {
  return R"({"kind":"inline","chunk_shapes":)" + chunk_shapes + "}";
}

}  // namespace

TEST_CASE("the rectilinear grid keeps the contract") {
  // The example of the specification, an axis at a time.
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[4,[1,2,3],[[4,2]]]"), {6, 6, 6}, {2, 3, 2}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[[[1,3],3],[4,4,4]]"), {6, 6}, {4, 2}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[[5,1,1,1,7,[2,3],9]]"), {30}, {9}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[[3,3,[3,2],1],2]"), {13, 5}, {5, 3}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[]"), {}, {}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[[1,2],3]"), {0, 4}, {0, 2}});
}

TEST_CASE("runs are never written out") {
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[[[1,1000000000000]],[2,[3,1000000000000000000]]]"),
                              {1'000'000'000'000, 2'000'000'000'000'000'000},
                              {1'000'000'000'000, 666'666'666'666'666'667}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[9223372036854775806]"), {INT64_MAX}, {2}});
  test_chunk_grid(library(), {"rectilinear", inline_shapes("[[[1,9223372036854775806],1]]"), {INT64_MAX}, {INT64_MAX}});
}

TEST_CASE("chunks that steps jump over are left out") {
  const ChunkGridBench grid(library(), "rectilinear", inline_shapes("[[[1,1000000000000],5]]"), {1'000'000'000'005});
  const auto boxes = grid.chunks_in({0}, {3}, {3});
  REQUIRE(boxes.size() == 3);
  CHECK(boxes[2].origin == Lengths{6});
  CHECK(boxes[2].shape == Lengths{1});
  CHECK(grid.chunks_in({999'999'999'998}, {3}, {2}).size() == 2);  // the last two elements share a chunk
  CHECK(grid.chunks_in({0}, {1'000'000'000'005}).size() == 1);
}

TEST_CASE("chunks that are looked at one by one come in runs that end") {
  // The first chunk is shorter than the step, so that any might be jumped over.
  const ChunkGridBench grid(library(), "rectilinear", inline_shapes("[[1,[10,1000000000000]]]"), {10'000'000'000'001});
  const auto boxes = grid.chunks_in({1}, {20'000}, {5});
  REQUIRE(boxes.size() == 3);
  CHECK(boxes[0] == EmittedBox{{1}, {4096}});
  CHECK(boxes[2] == EmittedBox{{8193}, {1808}});
}

TEST_CASE("chunks lie where the edges say") {
  const ChunkGridBench grid(library(), "rectilinear", inline_shapes("[[10,[5,2],20,20],[[3,2]]]"), {21, 4});
  CHECK(grid.counts() == Lengths{4, 2});  // the last chunk of the first axis holds nothing
  CHECK(grid.chunk({0, 0}).origin == Lengths{0, 0});
  CHECK(grid.chunk({2, 1}).origin == Lengths{15, 3});
  CHECK(grid.chunk({2, 1}).shape == Lengths{5, 3});
  CHECK(grid.chunk({3, 0}).origin == Lengths{20, 0});
  CHECK(grid.chunk({3, 0}).shape == Lengths{20, 3});
}

TEST_CASE("edges that do not cover the array are named") {
  const ChunkGridBench grid(library(), "rectilinear", inline_shapes("[4,[1,2,[3,4]]]"), {100, 15});
  CHECK(grid.refusal({100, 16}) == "the edges along axis 1 add up to 15, less than the array's length 16");
}

TEST_CASE("the configuration is written back as it was given") {
  for (const auto* const shapes : {"[4,[1,2,3],[[4,2]],[[1,3],3],[4,4,4]]", "[[[2,1],2,2,[2,1000000000000]]]"}) {
    const auto grid = library().create<zeo_chunk_grid>("rectilinear", inline_shapes(shapes));
    CHECK(check_configuration(library(), "rectilinear", grid.get()) == inline_shapes(shapes));
  }
}

TEST_CASE("wrong configurations of the rectilinear grid are refused") {
  for (const auto* const wrong :
       {"4", "null", "{}", "[0]", "[-1]", "[1.0]", "[\"4\"]", "[null]", "[[]]", "[[0]]", "[[[4]]]", "[[[4,2,1]]]",
        "[[[4,0]]]", "[[[0,4]]]", "[[[4,-1]]]", "[[[[4,1],1]]]", "[[1,true]]", "[9223372036854775808]",
        "[[9223372036854775807,1]]", "[[[4294967296,2147483648]]]", "[[[9223372036854775807,9223372036854775807]]]"}) {
    library().refusal<zeo_chunk_grid>("rectilinear", inline_shapes(wrong));
  }
  library().refusal<zeo_chunk_grid>("rectilinear", R"({"chunk_shapes":[4]})");
  library().refusal<zeo_chunk_grid>("rectilinear", R"({"kind":"external","chunk_shapes":[4]})");
  library().refusal<zeo_chunk_grid>("rectilinear", R"({"kind":"inline"})");
  CHECK(library().refusal<zeo_chunk_grid>("rectilinear", inline_shapes("[1,[2,[3]]]")) ==
        "member \"chunk_shapes\", axis 1: item 1 must be a positive length or a pair [length, count], not a list of 1");
}

TEST_CASE("a million different edges open fast") {
  std::string edges = "[[";
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    edges += std::to_string(i % 977 + 1) + (i + 1 < 1'000'000 ? "," : "]]");
    sum += i % 977 + 1;
  }
  const auto begin = std::chrono::steady_clock::now();
  const ChunkGridBench grid(library(), "rectilinear", inline_shapes(edges), {sum});
  CHECK(grid.counts() == Lengths{1'000'000});
  for (std::uint64_t i = 0; i < 10'000; ++i) CHECK(grid.chunks_in({sum / 10'000 * i}, {1}).size() == 1);
  // Milliseconds when optimised; anything that looks at all edges for each question takes minutes.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("rectilinear grids of other implementations are read") {
  const auto text = foreign_file("zarr-metadata/v3/chunk_grid/rectilinear/cases.json");
  if (!text) return;
  const auto cases = boost::json::parse(*text);
  for (const auto& grid : cases.as_object()) {
    const auto& configuration = grid.value().as_object().at("configuration");
    const auto made = library().create<zeo_chunk_grid>("rectilinear", boost::json::serialize(configuration));
    CHECK(boost::json::parse(check_configuration(library(), "rectilinear", made.get())) == configuration);
  }
}

TEST_CASE("the rectilinear grid is used by many threads at once", "[threads]") {
  test_chunk_grid_threads(ChunkGridBench(library(), "rectilinear", inline_shapes("[4,[1,2,[3,4]]]"), {100, 15}));
}
