// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

namespace {

PluginLibrary library() { return PluginLibrary("zeolite_codec_transpose"); }

const std::vector<std::string> some_types = {"uint8", "float64", "string"};

/// The shape an array of this shape is encoded as.
Shape encoded_shape(const char* configuration, const Shape& shape) {
  const BenchCodec codec(library(), "transpose", configuration);
  const BenchRepresentation representation(BenchType::named("uint8"), shape);
  const auto bound = codec.bind(representation);
  const auto info = describe(bound.get());
  return {info.encoded->shape, info.encoded->shape + info.encoded->ndim};
}

}  // namespace

TEST_CASE("transpose keeps the contract") {
  test_codec(library(), {.name = "transpose",
                         .configurations = {R"({"order":[2,0,1]})", R"({"order":[0,1,2]})", R"({"order":"F"})"},
                         .refused = {"{}", R"({"order":[0,0]})", R"({"order":[1,2]})", R"({"order":[-1,0]})",
                                     R"({"order":[0,1.0]})", R"({"order":"A"})", R"({"order":3})"},
                         .types = some_types,
                         .shapes = {{2, 3, 4}, {1, 1, 1}, {5, 1, 7}}});
  test_codec(library(), {.name = "transpose",
                         .configurations = {R"({"order":[]})", R"({"order":"C"})"},
                         .types = some_types,
                         .shapes = {{}}});
  test_codec(library(),
             {.name = "@transpose", .configurations = {R"({"order":[1,0]})"}, .types = {"uint8"}, .shapes = {{3, 5}}});
}

TEST_CASE("transpose orders dimensions as its specification says") {
  CHECK(encoded_shape(R"({"order":[2,0,1]})", {2, 3, 4}) == Shape{4, 2, 3});
  CHECK(encoded_shape(R"({"order":"F"})", {2, 3, 4}) == Shape{4, 3, 2});
  CHECK(encoded_shape(R"({"order":"C"})", {2, 3, 4}) == Shape{2, 3, 4});

  // B[B_pos] = A[A_pos] with B_pos[i] = A_pos[order[i]].
  const BenchCodec codec(library(), "transpose", R"({"order":[2,0,1]})");
  const auto& type = BenchType::named("uint8");
  const BenchRepresentation representation(type, {2, 3, 4});
  const auto bound = codec.bind(representation);
  BenchArray decoded(type, {2, 3, 4});
  const BenchView encoded(bound.get(), *decoded.abi());
  CHECK(encoded.at({3, 1, 2}) == decoded.slot({1, 2, 3}));
}

TEST_CASE("transpose keeps an order it was given as a word") {
  for (const std::string configuration : {R"({"order":"F"})", R"({"order":[1,0]})"}) {
    CHECK(check_configuration(library(), "transpose", BenchCodec(library(), "transpose", configuration).abi()) ==
          configuration);
  }
}

TEST_CASE("transpose refuses arrays of another rank") {
  const BenchCodec codec(library(), "transpose", R"({"order":[1,0]})");
  const auto message = codec.refusal(BenchRepresentation(BenchType::named("uint8"), {2, 3, 4}));
  CHECK(message.find("2 numbers") != std::string::npos);
  CHECK(message.find("3 dimensions") != std::string::npos);
}
