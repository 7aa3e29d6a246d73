// SPDX-License-Identifier: Apache-2.0
//
// Malformed metadata: each fault is found when the node is opened, or said by unusable() and by every read, and the
// message says where in the document.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

namespace json = boost::json;

json::value sound_array() {
  return json::parse(R"({
    "zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "int32",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
    "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    "attributes": {}})");
}

/// Replaces what a JSON pointer leads to; an empty text removes it.
void change(json::value& document, const std::string& pointer, const std::string& text) {
  const auto slash = pointer.rfind('/');
  auto& parent = document.at_pointer(pointer.substr(0, slash));
  const auto last = pointer.substr(slash + 1);
  if (auto* const object = parent.if_object()) {
    if (text.empty()) {
      object->erase(last);
    } else {
      (*object)[last] = json::parse(text);
    }
  } else if (text.empty()) {
    parent.get_array().erase(parent.get_array().begin() + std::stoi(last));
  } else {
    parent.get_array()[std::stoul(last)] = json::parse(text);
  }
}

/// Opens and reads the array under key a/zarr.json by every way there is; all must fail, and say these.
void check_unusable(const Store& store, const Parts& parts) {
  auto all = parts;
  const auto opened = error_of([&] { (void)open_array(store, "a"); });
  if (opened) {
    all.push_back("a/zarr.json");
    all.push_back("memory:");
    check_refused([&] { (void)open_array(store, "a"); }, all);
    check_refused([&] { (void)open(store, "a"); }, all);
    check_refused([&] { (void)open_group(store, "a"); }, {"a/zarr.json"});
    const auto group = create_group(store, "");
    const auto members = group.members();
    REQUIRE(members.size() == 1);
    CHECK(members[0].name == "a");
    CHECK(members[0].problem == opened->what());
    return;
  }
  all.push_back("array /a");
  const auto array = open_array(store, "a");
  CAPTURE(array.unusable());
  CHECK_FALSE(array.unusable().empty());
  std::vector<std::byte> memory(4096);
  const auto first = box(Shape(array.ndim(), 0), Shape(array.ndim(), 1));
  const bool text = contains(array.metadata().data_type.name, "string") || array.metadata().data_type.name == "bytes";
  check_refused([&] { text ? (void)array.read_strings(first) : array.read(first, memory.data()); }, all);
  check_refused([&] { text ? array.write_strings(first, Parts{"x"}) : array.write(first, memory.data()); }, all);
  check_refused([&] { text ? array.read(first, memory.data()) : (void)array.read_strings(first); }, {"array /a"});
  for (const auto& part : all) CHECK(contains(array.unusable(), part));
  // What needs no codec goes on working, or says why not.
  (void)error_of([&] { (void)array.chunk_counts(); });
  (void)error_of([&] { (void)array.read_encoded(Shape(array.ndim(), 0)); });
  (void)error_of([&] { (void)array.fill_element(); });
  CHECK(keys_of(store) == Parts{"a/zarr.json"});
}

struct Fault {
  std::string pointer;
  std::string json;  ///< in place of what is there; empty: removed
  Parts says;
};

const std::vector<Fault> array_faults = {
    // Missing members.
    {"/zarr_format", "", {"zarr_format", "missing"}},
    {"/node_type", "", {"node_type", "missing"}},
    {"/shape", "", {"shape", "missing"}},
    {"/data_type", "", {"data_type", "missing"}},
    {"/chunk_grid", "", {"chunk_grid", "missing"}},
    {"/chunk_key_encoding", "", {"chunk_key_encoding", "missing"}},
    {"/fill_value", "", {"fill_value", "missing"}},
    {"/codecs", "", {"codecs", "missing"}},
    // Wrong types.
    {"/zarr_format", "\"3\"", {"/zarr_format", "3"}},
    {"/zarr_format", "3.0", {"/zarr_format"}},
    {"/zarr_format", "4", {"/zarr_format", "4"}},
    {"/zarr_format", "2", {"/zarr_format", "2"}},
    {"/node_type", "1", {"/node_type"}},
    {"/node_type", "\"Array\"", {"/node_type", "Array"}},
    {"/shape", "4", {"/shape", "array of integers"}},
    {"/shape", "{}", {"/shape"}},
    {"/shape", "null", {"/shape"}},
    {"/data_type", "null", {"/data_type"}},
    {"/data_type", "[]", {"/data_type"}},
    {"/data_type", "\"\"", {"/data_type", "empty"}},
    {"/data_type", R"({"configuration": {}})", {"/data_type", "name"}},
    {"/data_type", R"({"name": 3})", {"/data_type/name"}},
    {"/data_type", R"({"name": "int32", "configuration": 3})", {"/data_type/configuration"}},
    {"/data_type", R"({"name": "int32", "configuration": {"extra": 1}})", {"extra", "int32"}},
    {"/data_type", R"("int7")", {"int7"}},
    {"/data_type", R"("@default")", {"/data_type", "@"}},
    {"/data_type", R"("int32\u0000")", {"/data_type", "control"}},
    {"/data_type", R"("r7")", {"r7"}},
    {"/data_type", R"("r0")", {"r0"}},
    {"/data_type", R"("r99999999999999999999999")", {"r99999999999999999999999"}},
    {"/chunk_grid", "\"regular\"", {"chunk_shape", "regular"}},
    {"/chunk_grid", "1", {"/chunk_grid"}},
    {"/chunk_grid/must_understand", "false", {"/chunk_grid/must_understand"}},
    {"/chunk_grid/must_understand", "1", {"/chunk_grid/must_understand"}},
    {"/chunk_grid/other", "1", {"/chunk_grid/other"}},
    {"/chunk_key_encoding", "[]", {"/chunk_key_encoding"}},
    {"/chunk_key_encoding/configuration", R"({"separator": "-"})", {"separator", "default"}},
    {"/chunk_key_encoding/configuration", R"({"separator": 1})", {"separator", "default"}},
    {"/chunk_key_encoding/configuration", R"({"separator": "/../"})", {"separator", "default"}},
    {"/codecs", "{}", {"/codecs"}},
    {"/codecs", "[]", {"/codecs"}},
    {"/codecs", "[1]", {"/codecs/0"}},
    {"/codecs", "[null]", {"/codecs/0"}},
    {"/attributes", "[]", {"/attributes"}},
    {"/attributes", "\"x\"", {"/attributes"}},
    {"/dimension_names", "\"xy\"", {"/dimension_names"}},
    {"/dimension_names", "[1, 2]", {"/dimension_names/0"}},
    {"/storage_transformers", "{}", {"/storage_transformers"}},
    {"/storage_transformers", "[1]", {"/storage_transformers/0"}},
    {"/storage_transformers", R"([{"name": "nobody"}])", {"nobody"}},
    // Wrong ranks.
    {"/shape", "[4]", {"chunk_shape"}},
    {"/shape", "[4, 6, 8]", {"chunk_shape"}},
    {"/shape", "[]", {"chunk_shape"}},
    {"/chunk_grid/configuration/chunk_shape", "[]", {"chunk_shape"}},
    {"/chunk_grid/configuration/chunk_shape", "[2]", {"chunk_shape"}},
    {"/dimension_names", "[\"x\"]", {"/dimension_names", "2"}},
    {"/codecs", R"(["bytes", {"name": "transpose", "configuration": {"order": [1, 0]}}])", {"transpose", "bytes"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": [0]}}, "bytes"])", {"transpose", "order"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": [2, 1, 0]}}, "bytes"])", {"transpose", "order"}},
    // Shapes that are none.
    {"/shape/0", "4.5", {"/shape/0", "4.5"}},
    {"/shape/0", "4.0", {"/shape/0"}},
    {"/shape/1", "-1", {"/shape/1", "-1"}},
    {"/shape/1", "\"6\"", {"/shape/1"}},
    {"/shape/1", "null", {"/shape/1"}},
    {"/shape/1", "true", {"/shape/1"}},
    {"/shape/1", "1e300", {"/shape/1"}},
    {"/shape/1", "9223372036854775808", {"/shape/1", "2^63"}},
    {"/shape/1", "18446744073709551615", {"/shape/1", "2^63"}},
    {"/shape/1", "18446744073709551616", {"/shape/1", "2^63"}},
    {"/chunk_grid/configuration/chunk_shape/0", "0", {"chunk_shape", "regular"}},
    {"/chunk_grid/configuration/chunk_shape/0", "-2", {"chunk_shape", "regular"}},
    {"/chunk_grid/configuration/chunk_shape/0", "2.5", {"chunk_shape", "regular"}},
    {"/chunk_grid/configuration/chunk_shape/0", "null", {"chunk_shape", "regular"}},
    {"/chunk_grid/configuration/chunk_shape/0", "18446744073709551616", {"chunk_shape", "regular"}},
    // Products beyond 2^63.
    {"/chunk_grid/configuration/chunk_shape", "[4294967296, 4294967296]", {"2^63"}},
    {"/chunk_grid/configuration/chunk_shape", "[9223372036854775807, 9223372036854775807]", {"2^63"}},
    {"/chunk_grid/configuration/chunk_shape", "[2305843009213693952, 1]", {"2^63"}},
    // Unknown members.
    {"/surprise", "1", {"/surprise", "must_understand"}},
    {"/surprise", "{}", {"/surprise", "must_understand"}},
    {"/surprise", R"({"must_understand": true})", {"/surprise", "must_understand"}},
    {"/surprise", R"({"must_understand": "false"})", {"/surprise/must_understand"}},
    {"/codecs/0/configuration/surprise", "1", {"surprise", "bytes"}},
    {"/codecs/0/surprise", "1", {"/codecs/0/surprise"}},
    {"/chunk_grid/configuration/surprise", "1", {"surprise", "regular"}},
    // Fill values.
    {"/fill_value", "\"0\"", {"/fill_value", "int32"}},
    {"/fill_value", "0.5", {"/fill_value", "int32"}},
    {"/fill_value", "2147483648", {"/fill_value", "int32"}},
    {"/fill_value", "-2147483649", {"/fill_value", "int32"}},
    {"/fill_value", "1e30", {"/fill_value", "int32"}},
    {"/fill_value", "[0]", {"/fill_value", "int32"}},
    {"/fill_value", "{}", {"/fill_value", "int32"}},
    {"/fill_value", "true", {"/fill_value", "int32"}},
    {"/fill_value", "\"NaN\"", {"/fill_value", "int32"}},
    // Codecs.
    {"/codecs", R"(["bytes"])", {"endian", "bytes"}},
    {"/codecs/0/configuration", "{}", {"endian", "bytes"}},
    {"/codecs/0/configuration/endian", "\"middle\"", {"endian", "bytes"}},
    {"/codecs/0/configuration/endian", "1", {"endian", "bytes"}},
    {"/codecs", R"(["nobody"])", {"nobody"}},
    {"/codecs", R"(["gzip"])", {"array->bytes"}},
    {"/codecs", R"([{"name": "bytes", "configuration": {"endian": "little"}}, "bytes"])", {"bytes"}},
    {"/codecs", R"(["vlen-utf8"])", {"vlen-utf8", "32-bit signed integers"}},
    {"/codecs",
     R"([{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "gzip", "configuration": {"level": 10}}])",
     {"level", "gzip"}},
    {"/codecs",
     R"([{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "gzip", "configuration": {"level": "5"}}])",
     {"level", "gzip"}},
    {"/codecs",
     R"([{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "zstd", "configuration": {"level": 1e99}}])",
     {"level", "zstd"}},
    {"/codecs",
     R"([{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "blosc", "configuration": {"cname": "rar", "clevel": 1, "shuffle": "noshuffle",
                     "blocksize": 0}}])",
     {"cname", "blosc"}},
    {"/codecs",
     R"([{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 1, "shuffle": "shuffle",
                     "blocksize": -1, "typesize": 0}}])",
     {"blosc"}},
    // Permutations.
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": [0, 0]}}, "bytes"])", {"transpose", "order"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": [1, 2]}}, "bytes"])", {"transpose", "order"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": [-1, 0]}}, "bytes"])", {"transpose", "order"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": [1.5, 0]}}, "bytes"])", {"transpose", "order"}},
    {"/codecs",
     R"([{"name": "transpose", "configuration": {"order": [4294967296, 0]}}, "bytes"])",
     {"transpose", "order"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {"order": "up"}}, "bytes"])", {"transpose", "order"}},
    {"/codecs", R"([{"name": "transpose", "configuration": {}}, "bytes"])", {"transpose", "order"}},
    // Shards.
    {"/codecs", R"(["sharding_indexed"])", {"sharding_indexed", "chunk_shape"}},
    {"/codecs",
     R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [0, 3], "codecs": ["bytes"],
                     "index_codecs": ["bytes"]}}])",
     {"sharding_indexed", "chunk_shape"}},
    {"/codecs",
     R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 2],
                     "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
                     "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}])",
     {"sharding_indexed", "chunk_shape", "3 is no multiple of 2"}},
    {"/codecs",
     R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 1],
                     "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
                     "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, "gzip"]}}])",
     {"sharding_indexed", "gzip"}},
    {"/codecs",
     R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 1], "codecs": ["nobody"],
                     "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}])",
     {"sharding_indexed", "nobody"}},
    {"/codecs",
     R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 1], "codecs": [],
                     "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}])",
     {"sharding_indexed", "codecs"}},
    // Rectilinear grids.
    {"/chunk_grid",
     R"({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[2, 2], [3]]}})",
     {"rectilinear"}},
    {"/chunk_grid",
     R"({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[2, 0, 2], 3]}})",
     {"rectilinear"}},
    {"/chunk_grid",
     R"({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[[1, 1e18]], 3]}})",
     {"rectilinear"}},
    {"/chunk_grid",
     R"({"name": "rectilinear", "configuration": {"kind": "inline",
      "chunk_shapes": [[[9223372036854775807, 9223372036854775807], 2], 3]}})",
     {"rectilinear"}},
    {"/chunk_grid",
     R"({"name": "rectilinear", "configuration": {"kind": "outline", "chunk_shapes": [2, 3]}})",
     {"rectilinear", "kind"}},
    {"/chunk_grid", R"({"name": "rectilinear", "configuration": {}})", {"rectilinear"}},
};

}  // namespace

TEST_CASE("every fault in an array's document is refused, and the message says where it is", "[bad_input]") {
  for (const auto& fault : array_faults) {
    CAPTURE(fault.pointer, fault.json);
    const auto store = new_store();
    auto document = sound_array();
    change(document, fault.pointer, fault.json);
    put(store, "a/zarr.json", json::serialize(document));
    check_unusable(store, fault.says);
  }
}

TEST_CASE("a fill value that a data type cannot have is refused by its name", "[bad_input]") {
  const std::vector<std::tuple<std::string, std::string, std::string>> faults = {
      {"bool", "0", "bool"},
      {"bool", "\"true\"", "bool"},
      {"uint8", "-1", "uint8"},
      {"uint8", "256", "uint8"},
      {"uint64", "18446744073709551616", "uint64"},
      {"int64", "9223372036854775808", "int64"},
      {"float32", "\"nan\"", "float32"},
      {"float32", "\"0x\"", "float32"},
      {"float32", "\"0x123456789\"", "float32"},
      {"float64", "[1]", "float64"},
      {"float16", "\"0x7e0\"", "float16"},
      {"complex64", "1", "complex64"},
      {"complex64", "[1]", "complex64"},
      {"complex128", "[1, 2, 3]", "complex128"},
      {"r16", "[1]", "r16"},
      {"r16", "[1, 256]", "r16"},
      {"r16", "0", "r16"},
      {"string", "1", "string"},
      {"string", "[]", "string"},
      {"bytes", "[256]", "bytes"},
      {"bytes", "\"!!!\"", "bytes"},
  };
  for (const auto& [type, fill, name] : faults) {
    CAPTURE(type, fill);
    const auto store = new_store();
    auto document = sound_array();
    change(document, "/data_type", '"' + type + '"');
    change(document, "/fill_value", fill);
    if (type == "string") change(document, "/codecs", "[\"vlen-utf8\"]");
    if (type == "bytes") change(document, "/codecs", "[\"vlen-bytes\"]");
    put(store, "a/zarr.json", json::serialize(document));
    check_unusable(store, {"/fill_value", name});
  }
}

TEST_CASE("what is no document at all is refused with its place", "[bad_input]") {
  const auto sound = json::serialize(sound_array());
  std::string deep(100'000, '[');
  std::vector<std::pair<std::string, std::string>> documents = {
      {"", "empty"},
      {" \n\t", "not JSON"},
      {"null", "expected an object"},
      {"[]", "expected an object"},
      {"\"array\"", "expected an object"},
      {"{}", "zarr_format"},
      {"{", "ends too early"},
      {sound.substr(0, sound.size() - 1), "ends too early"},
      {sound + "}", "line 1"},
      {sound + sound, "line 1"},
      {std::string(1, '\0'), "not JSON"},
      {sound + std::string(1, '\0'), "not JSON"},
      {"\xEF\xBB\xBF" + sound, "not JSON"},
      {"\xFF\xFE{\0}", "not JSON"},
      {R"({"zarr_format": 3, "zarr_format": 3})", "occurs twice"},
      {R"({"a": "\ud800"})", "not JSON"},
      {"{\"a\": \"\xC3\x28\"}", "not JSON"},
      {"{\"a\": 1e999}", "64-bit float"},
      {"{\"a\": 01}", "not JSON"},
      {"{\"a\": +1}", "not JSON"},
      {"{'a': 1}", "not JSON"},
      {deep, "inside each other"},
      {"{\"attributes\": " + deep, "inside each other"},
  };
  std::string objects;
  for (int i = 0; i < 50'000; ++i) objects += "{\"a\":";
  documents.emplace_back(objects, "inside each other");
  for (const auto& [text, says] : documents) {
    CAPTURE(text.substr(0, 80));
    const auto store = new_store();
    put(store, "a/zarr.json", text);
    check_unusable(store, {says});
  }
}

TEST_CASE("nesting of every depth is read or refused", "[bad_input]") {
  for (const int depth : {10, 100, 190, 199, 200, 201, 1000}) {
    CAPTURE(depth);
    const auto store = new_store();
    auto text = json::serialize(sound_array());
    const auto n = static_cast<std::size_t>(depth);
    text.replace(text.find("\"attributes\":{}"), 15,
                 "\"attributes\":{\"a\":" + std::string(n, '[') + std::string(n, ']') + "}");
    put(store, "a/zarr.json", text);
    const auto error = error_of([&] {
      auto array = open_array(store, "a");
      CHECK(array.unusable().empty());
      array.set_attributes(array.metadata().attributes);
      CHECK(open_array(store, "a").metadata().attributes == array.metadata().attributes);
    });
    CHECK(error.has_value() == (depth > 198));
  }
  // The same inside a codec's configuration, which crosses to plugins and back.
  for (const int depth : {5, 20, 30, 40, 60}) {
    CAPTURE(depth);
    const auto store = new_store();
    const std::string bytes = R"({"name": "bytes", "configuration": {"endian": "little"}})";
    auto codec = bytes;
    for (int i = 0; i < depth; ++i) {
      codec = R"({"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 1], "codecs": [)" + codec +
              R"(], "index_codecs": [)" + bytes + "]}}";
    }
    auto text = json::serialize(sound_array());
    const auto codecs = "\"codecs\":[" + json::serialize(json::parse(bytes)) + "]";
    REQUIRE(contains(text, codecs));
    text.replace(text.find(codecs), codecs.size(), "\"codecs\":[" + codec + "]");
    put(store, "a/zarr.json", text);
    (void)error_of([&] {
      const auto array = open_array(store, "a");
      array.write<std::int32_t>(box({0, 0}, {1, 1}), {7});
      CHECK(array.read<std::int32_t>(box({0, 0}, {1, 2})) == std::vector<std::int32_t>{7, 0});
    });
  }
}

TEST_CASE("documents of a hundred megabytes are read, beyond the limit refused", "[bad_input]") {
  const auto store = new_store();
  const std::string start = R"({"zarr_format": 3, "node_type": "group", "attributes": {"a": ")";
  put(store, "a/zarr.json", start + std::string(100 << 20, 'x') + "\"}}");
  CHECK(open_group(store, "a").metadata().attributes.at("a").get_string().size() == 100 << 20);
  put(store, "a/zarr.json", start + "\"}}" + std::string(100 << 20, ' '));
  CHECK_NOTHROW(open_group(store, "a"));
  put(store, "a/zarr.json", std::string(100 << 20, '['));
  check_refused([&] { (void)open_group(store, "a"); }, {"inside each other", "a/zarr.json"});
  put(store, "a/zarr.json", std::string(100 << 20, '{'));
  check_refused([&] { (void)open_group(store, "a"); }, {"not JSON", "a/zarr.json"});
  put(store, "a/zarr.json", std::string(100 << 20, '1'));
  check_refused([&] { (void)open_group(store, "a"); }, {"a/zarr.json"});
}

TEST_CASE("every fault in a group's document is refused", "[bad_input]") {
  const std::vector<std::pair<std::string, std::string>> documents = {
      {R"({"node_type": "group"})", "zarr_format"},
      {R"({"zarr_format": 3})", "node_type"},
      {R"({"zarr_format": 3, "node_type": "folder"})", "/node_type"},
      {R"({"zarr_format": 3, "node_type": "group", "attributes": 1})", "/attributes"},
      {R"({"zarr_format": 3, "node_type": "group", "shape": [1]})", "/shape"},
      {R"({"zarr_format": 3, "node_type": "group", "consolidated_metadata": 1})", "/consolidated_metadata"},
      {R"({"zarr_format": 3, "node_type": "group", "consolidated_metadata": {"metadata": {}}})",
       "/consolidated_metadata"},
  };
  for (const auto& [text, says] : documents) {
    CAPTURE(text);
    const auto store = new_store();
    put(store, "a/zarr.json", text);
    check_refused([&] { (void)open_group(store, "a"); }, {says, "a/zarr.json", "memory:"});
    check_refused([&] { (void)open(store, "a"); }, {says, "a/zarr.json"});
  }
}

TEST_CASE("faults in documents of version 2 are refused", "[bad_input]") {
  const std::string sound = R"({"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<i4", "fill_value": 0,
    "order": "C", "filters": null, "compressor": null})";
  const std::vector<Fault> faults = {
      {"/zarr_format", "3", {"/zarr_format"}},
      {"/zarr_format", "", {"zarr_format"}},
      {"/shape", "", {"shape"}},
      {"/shape", "[4, -6]", {"/shape/1"}},
      {"/shape", "[4, 6.5]", {"/shape/1"}},
      {"/chunks", "", {"chunks"}},
      {"/chunks", "[2]", {"/chunks"}},
      {"/chunks", "[2, 0]", {"/chunks/1"}},
      {"/chunks", "[2, 9223372036854775808]", {"/chunks/1"}},
      {"/dtype", "", {"dtype"}},
      {"/dtype", "4", {"/dtype"}},
      {"/dtype", "\"\"", {"/dtype"}},
      {"/dtype", "\"<\"", {"/dtype"}},
      {"/fill_value", "", {"fill_value"}},
      {"/order", "\"A\"", {"/order"}},
      {"/filters", "{}", {"/filters"}},
      {"/filters", "[1]", {"/filters/0"}},
      {"/compressor", "\"gzip\"", {"/compressor"}},
      {"/compressor", "{}", {"/compressor"}},
      {"/compressor", R"({"id": 1})", {"/compressor/id"}},
      {"/compressor", R"({"id": "blosc", "shuffle": 9})", {"shuffle", "blosc"}},
      {"/dimension_separator", "\"..\"", {"/dimension_separator"}},
  };
  for (const auto& fault : faults) {
    CAPTURE(fault.pointer, fault.json);
    const auto store = new_store();
    auto document = json::parse(sound);
    change(document, fault.pointer, fault.json);
    put(store, "a/.zarray", json::serialize(document));
    auto says = fault.says;
    says.push_back("a/.zarray");
    check_refused([&] { (void)open_array(store, "a"); }, says);
    check_refused([&] { (void)open(store, "a"); }, says);
  }
  // However many members a codec has: what its plugin adds may need room.
  std::string members;
  for (int i = 0; i < 12; ++i) {
    members += R"(, "x)" + std::to_string(i) + R"(": 1)";
    const auto store = new_store();
    auto document = json::parse(sound);
    change(document, "/compressor", R"({"id": "blosc")" + members + "}");
    put(store, "a/.zarray", json::serialize(document));
    std::int32_t element = 0;
    check_refused([&] { open_array(store, "a").read(box({0, 0}, {1, 1}), &element); }, {"blosc"});
  }
  // What is understood but cannot be is kept and said on use.
  for (const auto& [pointer, text] :
       std::vector<std::pair<std::string, std::string>>{{"/dtype", "\"<i3\""},
                                                        {"/dtype", "\"|O\""},
                                                        {"/dtype", R"([["x", "<i4"]])"},
                                                        {"/fill_value", "\"x\""},
                                                        {"/compressor", R"({"id": "nobody"})"},
                                                        {"/compressor", R"({"id": "gzip", "level": 99})"},
                                                        {"/filters", R"([{"id": "delta"}])"}}) {
    CAPTURE(pointer, text);
    const auto store = new_store();
    auto document = json::parse(sound);
    change(document, pointer, text);
    put(store, "a/.zarray", json::serialize(document));
    std::int32_t element = 0;
    check_refused([&] { open_array(store, "a").read(box({0, 0}, {1, 1}), &element); }, {});
  }
}

TEST_CASE("arrays of absurd size are opened, described and refused without their memory", "[bad_input]") {
  const auto store = new_store();
  auto document = sound_array();
  change(document, "/shape", "[9223372036854775807, 9223372036854775807]");
  put(store, "a/zarr.json", json::serialize(document));
  const auto array = open_array(store, "a");
  CHECK(array.unusable().empty());
  CHECK(array.read<std::int32_t>(box({9223372036854775806, 9223372036854775806}, {1, 1})) ==
        std::vector<std::int32_t>{0});
  CHECK(array.chunk_counts() == Shape{4611686018427387904, 3074457345618258603});
  check_refused([&] { (void)array.read<std::int32_t>(); }, {});
  check_refused([&] { (void)array.read<std::int32_t>(box({0, 0}, {std::uint64_t{1} << 61, 1})); }, {"array /a"});
  check_refused([&] { (void)array.read<std::int32_t>(box({1, 1}, {UINT64_MAX, 1})); }, {"/a"});
  check_refused([&] { (void)array.read<std::int32_t>(box({UINT64_MAX, 1}, {2, 1})); }, {"/a"});
  check_refused([&] { (void)array.read<std::int32_t>(box({0, 0}, {2, 1}, {UINT64_MAX, 1})); }, {"/a"});

// The address sanitizer ends the program when so much is asked for.
#if !defined(__SANITIZE_ADDRESS__)
  check_refused(
      [&] {
        (void)array.read<std::int32_t>(box({0, 0}, {std::uint64_t{1} << 59, 1}));
      },
      {"no memory", "array /a"});
#endif

  change(document, "/data_type", "\"string\"");
  change(document, "/fill_value", "\"\"");
  change(document, "/codecs", "[\"vlen-utf8\"]");
  put(store, "s/zarr.json", json::serialize(document));
  const auto strings = open_array(store, "s");
  CHECK(strings.unusable().empty());
  check_refused([&] { (void)strings.read_strings(strings.all()); }, {});
  check_refused([&] { (void)strings.read_strings(box({0, 0}, {std::uint64_t{1} << 60, 1})); }, {"/s"});
}
