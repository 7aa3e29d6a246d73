// SPDX-License-Identifier: Apache-2.0
//
// Version 2 hierarchies, read only: what their documents become, and that unknown parts do not hide the rest.
#include <boost/json/array.hpp>

#include <zeolite/testing/catch.hpp>
#include <zeolite/sdk/store.hpp>
#include <zeolite/testing/foreign_data.hpp>

#include "hierarchy_support.hpp"

using namespace zeolite;
using namespace zeolite::test;
namespace json = boost::json;

namespace {

const Members v2_array = {{"zarr_format", "2"}, {"shape", "[4, 6]"}, {"chunks", "[2, 3]"}, {"dtype", "\"<i2\""},
                          {"order", "\"C\""},   {"fill_value", "7"}, {"filters", "null"},  {"compressor", "null"}};

Array opened(const Members& document, const Store& store = empty_store()) {
  put(store, "a/.zarray", document.text());
  return open_array(store, "a");
}

std::vector<std::string> codec_names(const Array& array) {
  std::vector<std::string> names;
  for (const auto& codec : array.metadata().codecs) names.push_back(codec.name);
  return names;
}

std::string fault(const Members& document) {
  return message_of([&] { opened(document); });
}

}  // namespace

TEST_CASE("a version 2 array becomes version 3 metadata", "[hierarchy][v2]") {
  const auto store = empty_store();
  put(store, "a/.zattrs", R"({"unit": "m", "missing": NaN})");
  const auto array = opened(v2_array.with("extra", "1"), store);
  CHECK(array.unusable() == "");
  const auto& metadata = array.metadata();
  CHECK(metadata.zarr_format == 2);
  CHECK(metadata.shape == Shape{4, 6});
  CHECK(metadata.data_type == Extension("int16"));
  CHECK(metadata.chunk_grid == Extension("regular", {{"chunk_shape", {2, 3}}}));
  CHECK(metadata.chunk_key_encoding == Extension("v2", {{"separator", "."}}));
  CHECK(metadata.codecs == std::vector<Extension>{{"bytes", {{"endian", "little"}}}});
  CHECK(metadata.fill_value == 7);
  CHECK(metadata.attributes == json::object{{"unit", "m"}, {"missing", "NaN"}});
  CHECK(contains(message_of([&] { to_document(metadata); }), "version 2"));
}

TEST_CASE("version 2 chunks are read", "[hierarchy][v2]") {
  const auto store = empty_store();
  const auto array = opened(v2_array.with("dtype", "\">i2\"").with("order", "\"F\""), store);
  CHECK(codec_names(array) == std::vector<std::string>{"transpose", "bytes"});
  put(store, "a/1.0", std::string("\0\1\0\2\0\3\0\4\0\5\0\6", 12));
  CHECK(array.read<std::int16_t>(box({2, 0}, {2, 4})) == std::vector<std::int16_t>{1, 3, 5, 7, 2, 4, 6, 7});
}

TEST_CASE("one dimension has but one order", "[hierarchy][v2]") {
  const auto array = opened(v2_array.with("shape", "[4]").with("chunks", "[4]").with("order", "\"F\""));
  CHECK(codec_names(array) == std::vector<std::string>{"bytes"});
}

TEST_CASE("separators and empty axes", "[hierarchy][v2]") {
  CHECK(opened(v2_array.with("dimension_separator", "\"/\"")).chunk_key({1, 0}) == "a/1/0");
  CHECK(opened(v2_array.without("dimension_separator")).chunk_key({1, 0}) == "a/1.0");
  CHECK(opened(v2_array.with("shape", "[0, 6]").with("chunks", "[0, 3]")).unusable() == "");
}

TEST_CASE("filters come first, then the compressor", "[hierarchy][v2]") {
  const auto array =
      opened(v2_array.with("filters", R"([{"id": "crc32c"}])").with("compressor", R"({"id": "gzip", "level": 3})"));
  CHECK(codec_names(array) == std::vector<std::string>{"bytes", "crc32c", "gzip"});
  CHECK(array.metadata().codecs[2].configuration == json::object{{"level", 3}});
  CHECK(array.unusable() == "");
}

TEST_CASE("objects are what their filter makes of them", "[hierarchy][v2]") {
  const auto array = opened(v2_array.with("dtype", "\"|O\"")
                                .with("fill_value", "0")
                                .with("filters", R"([{"id": "vlen-utf8"}])")
                                .with("compressor", R"({"id": "zstd", "level": 1})"));
  CHECK(array.unusable() == "");
  CHECK(array.metadata().data_type == Extension("string"));
  CHECK(array.metadata().fill_value == "");
  CHECK(codec_names(array) == std::vector<std::string>{"vlen-utf8", "zstd"});
}

TEST_CASE("undefined fill values are zero", "[hierarchy][v2]") {
  CHECK(opened(v2_array.with("fill_value", "null")).metadata().fill_value == 0);
  CHECK(opened(v2_array.with("dtype", "\"|b1\"").with("fill_value", "null")).metadata().fill_value == false);
  CHECK(opened(v2_array.with("dtype", "\"<f4\"").with("fill_value", "NaN")).metadata().fill_value == "NaN");
}

TEST_CASE("chunks of zeros are stored where the fill value is undefined", "[hierarchy][v2]") {
  const auto store = empty_store();
  const auto array = opened(v2_array.with("fill_value", "null"), store);
  array.write(array.all(), std::vector<std::int16_t>(24, 1));
  const auto keys = keys_of(store);
  array.write(array.all(), std::vector<std::int16_t>(24, 0));
  CHECK(keys_of(store) == keys);
  CHECK(keys.size() > 1);
}

TEST_CASE("an array with unknown parts opens for its metadata and names them", "[hierarchy][v2]") {
  const auto codec = opened(v2_array.with("compressor", R"({"id": "no-such-codec", "level": 3})"));
  CHECK(contains(codec.unusable(), "no-such-codec"));
  CHECK(codec.shape() == Shape{4, 6});
  CHECK(codec.metadata().codecs.back().configuration == json::object{{"level", 3}});
  const auto type = opened(v2_array.with("dtype", R"([["x", "<f4"], ["y", "<Q9"]])"));
  CHECK_FALSE(type.unusable().empty());
  const auto big = opened(v2_array.with("dtype", "\">X3\""));
  CHECK(big.metadata().data_type.name == "v2:X3");
  CHECK(big.metadata().codecs.at(0).configuration == json::object{{"endian", "big"}});
}

TEST_CASE("malformed version 2 documents are refused with their place", "[hierarchy][v2]") {
  CHECK(contains(fault(v2_array.with("zarr_format", "3")), "at /zarr_format: expected the integer 2"));
  CHECK(contains(fault(v2_array.with("chunks", "[2]")), "at /chunks: expected one length for each of the 2"));
  CHECK(contains(fault(v2_array.with("chunks", "[2, 0]")), "at /chunks/1: expected an integer, 1 or larger"));
  CHECK(contains(fault(v2_array.with("chunks", "[2, 1.5]")), "at /chunks/1: expected an integer"));
  CHECK(contains(fault(v2_array.with("order", "\"A\"")), "at /order: expected \"C\" or \"F\""));
  CHECK(contains(fault(v2_array.with("dimension_separator", "\":\"")), "at /dimension_separator: expected"));
  CHECK(contains(fault(v2_array.with("dtype", "5")), "at /dtype: expected a string or a list"));
  CHECK(contains(fault(v2_array.with("dtype", "\"<\"")), "at /dtype: expected a type"));
  CHECK(contains(fault(v2_array.with("filters", "{}")), "at /filters: expected an array or null"));
  CHECK(contains(fault(v2_array.with("filters", "[{}]")), "at /filters/0: the member \"id\" is missing"));
  CHECK(contains(fault(v2_array.with("compressor", R"({"id": 1})")), "at /compressor/id: expected the codec's id"));
  CHECK(contains(fault(v2_array.without("fill_value")), "the member \"fill_value\" is missing"));
  CHECK(contains(fault(v2_array.without("shape")), "key a/.zarray"));
}

TEST_CASE("version 2 and 3 stand side by side", "[hierarchy][v2]") {
  const auto store = empty_store();
  put(store, ".zgroup", R"({"zarr_format": 2})");
  put(store, ".zattrs", R"({"x": 1})");
  put(store, "old/.zarray", v2_array.text());
  put(store, "group/.zgroup", R"({"zarr_format": 2})");
  auto root = open_group(store);
  CHECK(root.metadata().zarr_format == 2);
  CHECK(root.metadata().attributes == json::object{{"x", 1}});
  root.create_array("new", small_array());
  CHECK(text_at(store, "zarr.json") == "(nothing)");
  std::string names;
  for (const auto& member : root.members()) names += member.name + (member.is_array ? " " : "/ ");
  CHECK(names == "group/ new old ");
  root.set_attributes({{"y", 2}});
  CHECK(open_group(store).metadata().attributes == json::object{{"y", 2}});
  CHECK(contains(message_of([&] { root.create_group("old/x"); }), "/old is an array"));
  root.erase("old");
  CHECK(root.members().size() == 2);
}

TEST_CASE("every version 2 array of other implementations opens for its metadata", "[hierarchy][v2]") {
  const auto folder = zeolite::testing::foreign_data();
  if (!folder) return;
  const Context context;
  int arrays = 0;
  int usable = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*folder)) {
    if (entry.path().filename() != ".zarray") continue;
    INFO(entry.path());
    const auto array = open_array(context, entry.path().parent_path().string());
    ++arrays;
    usable += array.unusable().empty();
    if (!array.unusable().empty()) UNSCOPED_INFO(entry.path() << ": " << array.unusable());
    CHECK(array.metadata().zarr_format == 2);
    const auto& grid = array.metadata().chunk_grid.configuration;
    CHECK(array.metadata().shape.size() == grid.at("chunk_shape").as_array().size());
  }
  INFO(usable << " of " << arrays << " version 2 arrays are usable");
  CHECK(arrays >= 40);
  CHECK(usable >= 24);
}

TEST_CASE("nodes are made below version 2 groups also where the store tells no sizes", "[hierarchy][v2]") {
  class Sizeless final : public sdk::BlockingStore {
   public:
    sdk::StoreProperties properties() const override { return {.writable = true, .deletable = true}; }
    bool get(std::string_view key, sdk::Reading& reading) override {
      const auto found = values_.find(key);
      if (found == values_.end()) return false;
      reading.answer(found->second);
      reading.info.value_bytes = UINT64_MAX;
      return true;
    }
    void set(std::string_view key, sdk::Writing& writing) override { values_[std::string(key)] = writing.joined(); }
    void erase(std::string_view key) override { values_.erase(std::string(key)); }

   private:
    std::map<std::string, std::vector<std::uint8_t>, std::less<>> values_;
  };
  const Context context;
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Sizeless>()), "sizeless:");
  put(store, "g/.zgroup", R"({"zarr_format": 2})");
  CHECK(create_array(store, "g/a", {.shape = {2}, .data_type = "uint8"}).path() == "/g/a");
  CHECK_FALSE(store.exists("g/zarr.json"));
}
