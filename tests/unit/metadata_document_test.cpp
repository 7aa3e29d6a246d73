// SPDX-License-Identifier: Apache-2.0
//
// Version 3 documents: what is accepted, what is refused and how, and that rewriting loses nothing.
#include <random>

#include <boost/json/array.hpp>

#include <zeolite/metadata.hpp>
#include <zeolite/testing/catch.hpp>
#include <zeolite/testing/foreign_data.hpp>

#include "metadata/document.hpp"
#include "metadata/json.hpp"
#include "metadata_support.hpp"

using namespace zeolite;
namespace json = boost::json;
using zeolite::test::array_document;
using zeolite::test::group_document;
using zeolite::test::message_of;

namespace {

std::string array_fault(std::string_view text) {
  return message_of([&] { parse_array_metadata(text); });
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// One member of the array document replaced, and what the message must hold.
struct Malformed {
  const char* member;
  const char* raw;
  const char* expected;
};

}  // namespace

TEST_CASE("an array document is read", "[metadata]") {
  const auto text = array_document.with("attributes", R"({"unit": "m", "big": 18446744073709551615})")
                        .with("dimension_names", R"(["y", null])")
                        .with("storage_transformers", R"([{"name": "prefix", "configuration": {"with": "x"}}])")
                        .text();
  const auto metadata = parse_array_metadata(text);
  CHECK(metadata.zarr_format == 3);
  CHECK(metadata.shape == Shape{10, 20});
  CHECK(metadata.data_type == Extension("float32"));
  CHECK(metadata.chunk_grid == Extension("regular", {{"chunk_shape", {5, 5}}}));
  CHECK(metadata.chunk_key_encoding == Extension("default"));
  CHECK(metadata.fill_value == 0.0);
  CHECK(metadata.codecs == std::vector<Extension>{{"bytes", {{"endian", "little"}}}, "gzip"});
  CHECK(metadata.storage_transformers == std::vector<Extension>{{"prefix", {{"with", "x"}}}});
  CHECK(metadata.attributes.at("big").as_uint64() == UINT64_MAX);
  CHECK(metadata.dimension_names == std::vector<std::optional<std::string>>{"y", std::nullopt});
  CHECK(metadata.additional.empty());
}

TEST_CASE("all spellings of an extension mean the same", "[metadata]") {
  for (const auto* spelling : {R"("bytes")", R"({"name": "bytes"})", R"({"name": "bytes", "configuration": {}})",
                               R"({"must_understand": true, "configuration": {}, "name": "bytes"})"}) {
    INFO(spelling);
    CHECK(parse_extension(parse_json(spelling), "") == Extension("bytes"));
    CHECK(parse_array_metadata(array_document.with("data_type", spelling).text()).data_type == Extension("bytes"));
  }
  const auto named_by_uri = parse_extension(parse_json(R"("https://example.org/x#1")"), "");
  CHECK(named_by_uri.name == "https://example.org/x#1");
  const auto optional = parse_extension(parse_json(R"({"name": "x", "must_understand": false})"), "");
  CHECK_FALSE(optional.must_understand);
  CHECK(to_json(optional) == json::value{{"name", "x"}, {"must_understand", false}});
}

TEST_CASE("malformed array documents are refused with place, find and remedy", "[metadata]") {
  const Malformed cases[] = {
      {"zarr_format", "2", "at /zarr_format: expected the integer 3, found the number 2; version 2"},
      {"zarr_format", "4", "at /zarr_format: expected the integer 3, found the number 4"},
      {"zarr_format", "3.0", "at /zarr_format: expected the integer 3, found the number 3.0"},
      {"zarr_format", "\"3\"", "at /zarr_format: expected the integer 3, found the string \"3\""},
      {"node_type", "\"group\"", "at /node_type: expected \"array\""},
      {"node_type", "\"Array\"", "at /node_type: expected \"array\" or \"group\", found the string \"Array\""},
      {"node_type", "null", "at /node_type: expected \"array\" or \"group\", found null"},
      {"shape", "10", "at /shape: expected an array of integers, found the number 10"},
      {"shape", "[10.0, 20]", "at /shape/0: expected an integer, zero or larger, found the number 10.0"},
      {"shape", "[10, -1]", "at /shape/1: expected an integer, zero or larger, found the number -1"},
      {"shape", "[10, \"20\"]", "at /shape/1: expected an integer, zero or larger, found the string"},
      {"shape", "[10, null]", "at /shape/1: expected an integer, zero or larger, found null"},
      {"shape", "[9223372036854775808, 1]", "at /shape/0: expected a length below 2^63"},
      {"shape", "[99999999999999999999, 1]", "at /shape/0: expected a length below 2^63"},
      {"data_type", "{}", "at /data_type: the member \"name\" is missing"},
      {"data_type", "null", "at /data_type: expected an extension"},
      {"data_type", "[\"float32\"]", "at /data_type: expected an extension"},
      {"data_type", "\"\"", "at /data_type: the extension's name is empty"},
      {"data_type", "\"@default\"", "no name starts with '@'"},
      {"data_type", "\"a\\nb\"", "at /data_type: the extension's name has a control character"},
      {"data_type", R"({"name": 5})", "at /data_type/name: expected the extension's name, a string"},
      {"data_type", R"({"name": "x", "configuration": null})", "at /data_type/configuration: expected an object"},
      {"data_type", R"({"name": "x", "config": {}})", "at /data_type/config: unknown member"},
      {"data_type", R"({"name": "x", "must_understand": false})", "at /data_type/must_understand: nobody can ignore"},
      {"chunk_grid", R"({"name": "x", "must_understand": false})", "at /chunk_grid/must_understand"},
      {"chunk_key_encoding", R"({"name": "x", "must_understand": false})", "at /chunk_key_encoding/must_understand"},
      {"chunk_grid", "[5, 5]", "at /chunk_grid: expected an extension"},
      {"codecs", "[]", "at /codecs: expected at least one codec"},
      {"codecs", "null", "at /codecs: expected an array of extensions, found null"},
      {"codecs", R"({"name": "bytes"})", "at /codecs: expected an array of extensions"},
      {"codecs", R"(["x", {"name": "y", "configuration": 5}])", "at /codecs/1/configuration: expected an object"},
      {"codecs", R"(["bytes", {"id": "gzip"}])", "at /codecs/1/id: unknown member"},
      {"codecs", R"([{"name": "x", "must_understand": "no"}])", "at /codecs/0/must_understand: expected true or false"},
      {"attributes", "[]", "at /attributes: expected an object"},
      {"attributes", "null", "at /attributes: expected an object, found null"},
      {"storage_transformers", "{}", "at /storage_transformers: expected an array"},
      {"dimension_names", "\"xy\"", "at /dimension_names: expected an array"},
      {"dimension_names", "[\"x\"]", "expected one name for each of the 2 dimensions of the shape, found 1"},
      {"dimension_names", "[\"x\", 1]", "at /dimension_names/1: expected a string or null"},
      {"extra", "1", "at /extra: this member is not known here"},
      {"extra", "{}", "at /extra: this member is not known here"},
      {"extra", "null", "at /extra: this member is not known here"},
      {"extra", R"({"must_understand": true})", "at /extra: this member is not known here"},
      {"extra", R"({"must_understand": 0})", "at /extra/must_understand: expected true or false"},
      {"a/b~c", "1", "at /a~1b~0c: "},
      {"consolidated_metadata", "[]", "at /consolidated_metadata: expected an object"},
  };
  for (const auto& [member, raw, expected] : cases) {
    const auto fault = array_fault(array_document.with(member, raw).text());
    INFO(member << ": " << raw << "\n" << fault);
    CHECK(contains(fault, expected));
  }
}

TEST_CASE("missing members are named", "[metadata]") {
  for (const auto* member :
       {"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"}) {
    const auto fault = array_fault(array_document.without(member).text());
    CHECK(fault == "in the document: the member \"" + std::string(member) + "\" is missing");
  }
}

TEST_CASE("documents that are no objects are refused", "[metadata]") {
  CHECK(array_fault("[]") == "in the document: expected an object, found an empty array");
  CHECK(array_fault("3") == "in the document: expected an object, found the number 3");
  CHECK(contains(array_fault(array_document.text() + "x"), "not JSON"));
  CHECK(contains(array_fault(R"({"zarr_format": 3, "zarr_format": 3})"), "at /zarr_format: this member occurs twice"));
  CHECK(contains(message_of([] { parse_group_metadata(array_document.text()); }), "expected \"group\""));
}

TEST_CASE("error codes tell damage, mistakes and what is merely unknown apart", "[metadata]") {
  const auto code = [](const std::string& text) {
    try {
      parse_array_metadata(text);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  CHECK(code("{") == ErrorCode::corrupt);
  CHECK(code(array_document.with("shape", "1").text()) == ErrorCode::invalid);
  CHECK(code(array_document.with("extra", "1").text()) == ErrorCode::unsupported);
  CHECK(code(array_document.with("zarr_format", "4").text()) == ErrorCode::unsupported);
}

TEST_CASE("the rank is limited", "[metadata]") {
  const auto shape = [](int ndim) {
    std::string text = "[1";
    for (int i = 1; i < ndim; ++i) text += ",1";
    return text + "]";
  };
  CHECK(parse_array_metadata(array_document.with("shape", shape(64)).text()).shape.size() == 64);
  CHECK(contains(array_fault(array_document.with("shape", shape(65)).text()), "at most 64 dimensions, found 65"));
  CHECK(parse_array_metadata(array_document.with("shape", "[]").text()).shape.empty());
  CHECK(parse_array_metadata(array_document.with("shape", "[0, 9223372036854775807]").text()).shape ==
        Shape{0, INT64_MAX});
}

TEST_CASE("what older writers left is accepted", "[metadata]") {
  const auto metadata = parse_array_metadata(array_document.with("consolidated_metadata", "null")
                                                 .with("storage_transformers", "null")
                                                 .with("dimension_names", "null")
                                                 .with("fill_value", "null")
                                                 .with("attributes", R"({"missing": NaN})")
                                                 .text());
  CHECK(metadata.fill_value.is_null());
  CHECK(metadata.dimension_names.empty());
  CHECK(metadata.storage_transformers.empty());
  CHECK(metadata.additional.empty());
  CHECK(metadata.attributes.at("missing") == "NaN");
  CHECK(parse_group_metadata(group_document.with("consolidated_metadata", "null").text()).additional.empty());
}

TEST_CASE("members that may be ignored are kept and written back", "[metadata]") {
  const auto* const extra = R"({"must_understand": false, "x": [1, 2.0, {"y": null}]})";
  const auto text = array_document.with("extra", extra).text();
  const auto metadata = parse_array_metadata(text);
  REQUIRE(metadata.additional.size() == 1);
  CHECK(parse_json(to_document(metadata)).at("extra") == parse_json(text).at("extra"));

  const auto* const consolidated = R"({"kind": "inline", "must_understand": false, "metadata": {"a": {"x": 3}}})";
  const auto group = group_document.with("consolidated_metadata", consolidated);
  const auto again = parse_json(to_document(parse_group_metadata(group.text())));
  CHECK(again.at("consolidated_metadata") == parse_json(group.text()).at("consolidated_metadata"));
}

TEST_CASE("documents are written in the forms that everybody reads", "[metadata]") {
  auto metadata = parse_array_metadata(array_document.text());
  metadata.codecs[1].must_understand = false;
  metadata.fill_value = 1.0;
  CHECK(to_document(metadata) == R"({
  "zarr_format": 3,
  "node_type": "array",
  "shape": [10, 20],
  "data_type": "float32",
  "chunk_grid": {
    "name": "regular",
    "configuration": {
      "chunk_shape": [5, 5]
    }
  },
  "chunk_key_encoding": {
    "name": "default"
  },
  "fill_value": 1.0,
  "codecs": [
    {
      "name": "bytes",
      "configuration": {
        "endian": "little"
      }
    },
    {
      "name": "gzip",
      "must_understand": false
    }
  ],
  "attributes": {}
}
)");
  CHECK(to_document(GroupMetadata()) == R"({
  "zarr_format": 3,
  "node_type": "group",
  "attributes": {}
}
)");
}

TEST_CASE("what could not be read again is not written", "[metadata]") {
  const auto good = parse_array_metadata(array_document.text());
  const auto fault = [&](auto&& change) {
    auto metadata = good;
    change(metadata);
    return message_of([&] { to_document(metadata); });
  };
  CHECK(contains(fault([](auto& m) { m.codecs.clear(); }), "at /codecs"));
  CHECK(contains(fault([](auto& m) { m.shape[0] = UINT64_MAX; }), "at /shape/0"));
  CHECK(contains(fault([](auto& m) { m.data_type.name = ""; }), "at /data_type"));
  CHECK(contains(fault([](auto& m) { m.chunk_grid.name = "@default"; }), "at /chunk_grid/name"));
  CHECK(contains(fault([](auto& m) { m.additional["x"] = 1; }), "at /x"));
  CHECK(contains(fault([](auto& m) { m.dimension_names = {"x"}; }), "at /dimension_names"));
  CHECK(contains(fault([](auto& m) { m.zarr_format = 2; }), "version 2"));
}

TEST_CASE("documents of other implementations round-trip", "[metadata]") {
  const auto folder = zeolite::testing::foreign_data();
  if (!folder) return;
  int seen = 0;
  for (const auto* kind : {"array", "group"}) {
    for (const auto& entry : std::filesystem::directory_iterator(*folder / "zarr-metadata" / "v3" / kind)) {
      INFO(entry.path());
      const auto original = parse_json(zeolite::test::read_text(entry.path())).as_object();
      const auto node = parse_node_metadata(zeolite::test::read_text(entry.path()));
      const auto text = std::visit([](const auto& metadata) { return to_document(metadata); }, node);
      const auto written = parse_json(text).as_object();
      for (const auto& [name, value] : original) {
        INFO(name);
        if (name == "storage_transformers" && value.as_array().empty()) continue;
        REQUIRE(written.contains(name));
        CHECK(written.at(name) == value);
      }
      CHECK(std::visit([](const auto& metadata) { return to_document(metadata); }, parse_node_metadata(text)) == text);
      ++seen;
    }
  }
  CHECK(seen >= 15);
}

namespace {

/// Random values, extensions and documents.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  std::string word() {
    static const std::vector<std::string> letters = {"a", "Z", "0", "/", "~", "\"", "\\", "\n", "\xc3\xa9", "@", " "};
    std::string text = "x";
    for (auto n = below(6); n > 0; --n) text += letters[below(letters.size())];
    return text;
  }

  json::value value(int depth) {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0: return nullptr;
      case 1: return below(2) == 0;
      case 2: return static_cast<std::int64_t>(random_());
      case 3: return random_() | (std::uint64_t{1} << 63);
      case 4: return static_cast<double>(random_()) / 3e7;
      case 5: return json::value(word());
      case 6: {
        json::array array;
        for (auto n = below(5); n > 0; --n) array.push_back(value(depth - 1));
        return array;
      }
      default: return object(depth - 1);
    }
  }

  json::object object(int depth) {
    json::object object;
    for (auto n = below(4); n > 0; --n) object[word()] = value(depth);
    return object;
  }

  Extension extension(bool optional) {
    std::string name;
    for (const char c : word()) name += static_cast<unsigned char>(c) < 0x20 ? '-' : c;
    Extension made(name, object(2));
    made.must_understand = !optional || below(4) > 0;
    return made;
  }

  std::vector<Extension> extensions(std::size_t least) {
    std::vector<Extension> made;
    for (auto n = least + below(3); n > 0; --n) made.push_back(extension(true));
    return made;
  }

  ArrayMetadata array() {
    ArrayMetadata made;
    for (auto n = below(5); n > 0; --n) made.shape.push_back(random_() >> (1 + below(63)));
    made.data_type = extension(false);
    made.chunk_grid = extension(false);
    made.chunk_key_encoding = extension(false);
    made.fill_value = value(2);
    made.codecs = extensions(1);
    made.storage_transformers = extensions(0);
    made.attributes = object(4);
    if (below(2) == 0) {
      for (std::size_t i = 0; i < made.shape.size(); ++i) {
        made.dimension_names.push_back(below(3) > 0 ? std::optional(word()) : std::nullopt);
      }
    }
    for (auto n = below(3); n > 0; --n) {
      auto extra = object(2);
      extra["must_understand"] = false;
      made.additional[word()] = extra;
    }
    return made;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("random documents survive writing and reading", "[metadata]") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    const auto metadata = Generator(seed).array();
    const auto again = parse_array_metadata(to_document(metadata));
    CHECK(again.shape == metadata.shape);
    CHECK(again.data_type == metadata.data_type);
    CHECK(again.chunk_grid == metadata.chunk_grid);
    CHECK(again.chunk_key_encoding == metadata.chunk_key_encoding);
    CHECK(again.fill_value == metadata.fill_value);
    CHECK(again.codecs == metadata.codecs);
    CHECK(again.storage_transformers == metadata.storage_transformers);
    CHECK(again.attributes == metadata.attributes);
    CHECK(again.dimension_names == metadata.dimension_names);
    CHECK(again.additional == metadata.additional);
  }
}
