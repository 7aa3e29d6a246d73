// SPDX-License-Identifier: Apache-2.0
//
// Creating arrays: defaults, what is refused beforehand, and that nothing is left behind by a refusal.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <zeolite/testing/catch.hpp>

#include "hierarchy_support.hpp"

using namespace zeolite;
using namespace zeolite::test;
namespace json = boost::json;

namespace {

ArrayMetadata made(const ArrayOptions& options) {
  const auto store = empty_store();
  create_array(store, "", options);
  return parse_array_metadata(text_at(store, "zarr.json"));
}

std::string fault(const ArrayOptions& options) {
  const auto store = empty_store();
  auto message = message_of([&] { create_array(store, "g/a", options); });
  CHECK(keys_of(store).empty());
  return message;
}

}  // namespace

TEST_CASE("a shape and a data type are enough", "[hierarchy]") {
  const auto metadata = made({.shape = {1000, 1000}, .data_type = "float32"});
  CHECK(metadata.data_type == Extension("float32"));
  CHECK(metadata.chunk_grid.configuration == json::object{{"chunk_shape", {500, 500}}});
  CHECK(metadata.chunk_key_encoding.configuration == json::object{{"separator", "/"}});
  CHECK(metadata.fill_value == 0.0);
  REQUIRE(metadata.codecs.size() == 1);
  CHECK(metadata.codecs[0].configuration == json::object{{"endian", "little"}});
  CHECK(metadata.attributes.empty());
  CHECK(metadata.dimension_names.empty());
}

TEST_CASE("zero-dimensional and empty arrays are arrays too", "[hierarchy]") {
  CHECK(made({.shape = {}, .data_type = "uint8"}).chunk_grid.configuration ==
        json::object{{"chunk_shape", json::array()}});
  CHECK(made({.shape = {0, 3}, .data_type = "uint8"}).chunk_grid.configuration ==
        json::object{{"chunk_shape", {1, 3}}});
}

TEST_CASE("configurations are spelled out, names made canonical, marks kept", "[hierarchy]") {
  auto gzip = Extension("gzip", {{"level", 1}});
  gzip.must_understand = false;
  const auto metadata = made({.shape = {4}, .chunk_shape = {2}, .data_type = "int16", .codecs = {"endian", gzip}});
  REQUIRE(metadata.codecs.size() == 2);
  CHECK(metadata.codecs[0] == Extension("bytes", {{"endian", "little"}}));
  CHECK(metadata.codecs[1].configuration == json::object{{"level", 1}});
  CHECK_FALSE(metadata.codecs[1].must_understand);
}

TEST_CASE("an array->bytes codec is put where it belongs", "[hierarchy]") {
  const auto names = [](const ArrayOptions& options) {
    std::vector<std::string> names;
    for (const auto& codec : made(options).codecs) names.push_back(codec.name);
    return names;
  };
  CHECK(names({.shape = {4, 4}, .data_type = "int16", .codecs = {Extension("gzip", {{"level", 1}})}}) ==
        std::vector<std::string>{"bytes", "gzip"});
  CHECK(names({.shape = {4, 4},
               .data_type = "int16",
               .codecs = {Extension("transpose", {{"order", {1, 0}}}), Extension("gzip", {{"level", 1}})}}) ==
        std::vector<std::string>{"transpose", "bytes", "gzip"});
  CHECK(names({.shape = {4}, .data_type = "string"}) == std::vector<std::string>{"vlen-utf8"});
}

TEST_CASE("fill values are written in the data type's own words", "[hierarchy]") {
  const auto fill = [](const char* type, json::value value) {
    return made({.shape = {2}, .data_type = type, .fill_value = std::move(value)}).fill_value;
  };
  CHECK(fill("int64", INT64_MIN) == INT64_MIN);
  CHECK(fill("uint64", UINT64_MAX) == UINT64_MAX);
  CHECK(fill("int32", nullptr) == 0);
  CHECK(fill("float64", 1) == 1.0);
  CHECK(fill("float64", "NaN") == "NaN");
  CHECK(fill("bool", nullptr) == false);
  CHECK(fill("string", nullptr) == "");
  CHECK(fill("string", "none") == "none");
  for (const auto number : {0.1, 0.30000000000000004, 5e-324, 1.7976931348623157e308, 9007199254740993.0, -0.0}) {
    CHECK(fill("float64", number) == number);
  }
  CHECK(contains(fault({.shape = {2}, .data_type = "int8", .fill_value = 300}), "option fill_value"));
}

TEST_CASE("shards are made of chunks", "[hierarchy]") {
  const auto metadata = made({.shape = {1000, 1000},
                              .chunk_shape = {100, 50},
                              .shard_shape = {500, 500},
                              .data_type = "uint16",
                              .codecs = {Extension("gzip", {{"level", 1}})}});
  CHECK(metadata.chunk_grid.configuration == json::object{{"chunk_shape", {500, 500}}});
  REQUIRE(metadata.codecs.size() == 1);
  const auto& shard = metadata.codecs[0].configuration;
  CHECK(shard.at("chunk_shape") == json::array{100, 50});
  CHECK(shard.at("codecs").as_array().size() == 2);
  CHECK(shard.at("index_codecs").as_array().size() == 2);

  const auto chosen = made({.shape = {4096, 4096}, .shard_shape = {2048, 2048}, .data_type = "uint16"});
  CHECK(chosen.codecs.at(0).configuration.at("chunk_shape") == json::array{512, 1024});
}

TEST_CASE("requests that contradict themselves are refused before anything is written", "[hierarchy]") {
  CHECK(contains(fault({.shape = {4}}), "the name of the extension is missing [option data_type"));
  CHECK(contains(fault({.shape = {4}, .data_type = "no-such-type"}), "no-such-type"));
  CHECK(contains(fault({.shape = {4}, .chunk_shape = {2, 2}, .data_type = "int8"}),
                 "chunk_shape [2, 2] has 2 axes, the array has 1"));
  CHECK(contains(fault({.shape = {4}, .chunk_shape = {0}, .data_type = "int8"}),
                 "at /chunk_shape/0: expected an integer, 1 or larger, found the number 0"));
  CHECK(contains(fault({.shape = {UINT64_MAX}, .data_type = "int8"}), "at /shape/0: expected a length below 2^63"));
  CHECK(contains(fault({.shape = Shape(65, 1), .data_type = "int8"}), "at most 64 dimensions, found 65"));
  CHECK(contains(fault({.shape = {9, 9}, .chunk_shape = {3, 2}, .shard_shape = {9, 3}, .data_type = "int8"}),
                 "shard_shape [9, 3] is no multiple of chunk_shape [3, 2]: along axis 1, 3 is not divisible by 2"));
  CHECK(contains(fault({.shape = {4}, .chunk_shape = {2}, .data_type = "int8", .chunk_grid = Extension("regular")}),
                 "chunk_grid is given instead of chunk_shape"));
  CHECK(contains(fault({.shape = {4}, .data_type = "int8", .dimension_names = {"x", "y"}}),
                 "dimension_names has 2 names, the array has 1 axes"));
  CHECK(contains(fault({.shape = {4}, .data_type = "int8", .codecs = {"no-such-codec"}}), "option codecs[0]"));
  CHECK(contains(fault({.shape = {4}, .data_type = "int8", .codecs = {"bytes", "bytes"}}), "could not be used"));
  CHECK(contains(fault({.shape = {4}, .data_type = "int8", .attributes = {{"x", "\xff"}}}), "not UTF-8"));
  CHECK(contains(fault({.shape = {4, 4}, .data_type = "int8", .codecs = {Extension("transpose", {{"order", {0, 0}}})}}),
                 "order"));
}

TEST_CASE("a complete document is stored as it is", "[hierarchy]") {
  const auto store = empty_store();
  auto metadata = parse_array_metadata(array_document.with("data_type", "\"https://example.org/unknown\"").text());
  const auto array = create_node(store, "g/a", metadata);
  CHECK(contains(array.unusable(), "https://example.org/unknown"));
  CHECK(text_at(store, "g/a/zarr.json") == to_document(metadata));
  CHECK(contains(message_of([&] { create_node(store, "g/a", metadata); }), "there is a node at /g/a"));
  create_node(store, "g/a", metadata, true);
  metadata.codecs.clear();
  CHECK(contains(message_of([&] { create_node(store, "g/b", metadata); }), "at /codecs"));
}

TEST_CASE("a node made from a document keeps its text byte for byte", "[hierarchy]") {
  const auto store = empty_store();
  // What a parser would change: a long integer, the bare words of other implementations, spacing, the spelling of a
  // number and of a string, and a list with nothing in it.
  const std::string odd =
      R"({"must_understand":false, "n": 123456789012345678901234567890,"x" : [NaN, 1.50e+1, "\u0041"]})";
  const auto array_text =
      " " + array_document.with("dev.example", odd).with("storage_transformers", "[]").with("attributes", odd).text();
  const auto group_text =
      group_document.with("dev.example", odd).with("attributes", odd).with("consolidated_metadata", "null").text() +
      "\n\n";
  CHECK(std::get<Array>(create_node(store, "g/a", array_text)).path() == "/g/a");
  CHECK(text_at(store, "g/a/zarr.json") == array_text);
  CHECK(std::get<Group>(create_node(store, "/g/b/", group_text)).metadata().additional.contains("dev.example"));
  CHECK(text_at(store, "g/b/zarr.json") == group_text);
  CHECK(open_group(store, "g").members().size() == 2);

  CHECK(contains(message_of([&] { create_node(store, "g/b", array_text); }), "there is a node at /g/b"));
  CHECK(std::holds_alternative<Array>(create_node(store, "g/b", array_text, true)));
  CHECK(contains(message_of([&] { create_node(store, "c", array_document.with("shape", "[-1]").text()); }),
                 "at /shape/0: expected an integer, zero or larger, found the number -1 [node /c]"));
  CHECK(contains(message_of([&] { create_node(store, "c", "[]"); }), "expected an object"));
  CHECK(text_at(store, "c/zarr.json") == "(nothing)");
}

TEST_CASE("a node made from a document is given no copies of documents below another", "[hierarchy]") {
  const auto store = empty_store();
  const auto* const block = R"({"kind": "inline", "must_understand": false, "metadata": {"a": {"zarr_format": 3}}})";
  const auto group =
      std::get<Group>(create_node(store, "g", group_document.with("consolidated_metadata", block).text()));
  CHECK(group.metadata().additional.empty());
  CHECK(text_at(store, "g/zarr.json") == group_document.text());
  auto metadata = parse_array_metadata(array_document.text());
  metadata.additional["consolidated_metadata"] = json::parse(block);
  CHECK(create_node(store, "a", metadata).metadata().additional.empty());
  CHECK(!contains(text_at(store, "a/zarr.json"), "consolidated"));
  // Whoever asks for something wrong is told before it is left out.
  const auto wrong = group_document.with("consolidated_metadata", "[]").text();
  CHECK(contains(message_of([&] { create_node(store, "h", wrong); }), "at /consolidated_metadata"));
}

TEST_CASE("created arrays hold data, reopened or not", "[hierarchy]") {
  const auto store = empty_store();
  std::vector<float> block(20 * 30);
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<float>(i);
  for (const auto& shard : {Shape{}, Shape{16, 16}}) {
    const auto array = create_array(store, "a",
                                    {.shape = {50, 60},
                                     .chunk_shape = {8, 8},
                                     .shard_shape = shard,
                                     .data_type = "float32",
                                     .codecs = {Extension("gzip", {{"level", 1}})},
                                     .dimension_names = {"y", std::nullopt},
                                     .overwrite = true});
    array.write(box({5, 7}, {20, 30}), block);
    CHECK(array.read<float>(box({5, 7}, {20, 30})) == block);
    CHECK(open_array(store, "a").read<float>(box({5, 7}, {20, 30})) == block);
  }
}
