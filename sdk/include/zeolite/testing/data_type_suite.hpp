// SPDX-License-Identifier: Apache-2.0
//
// Conformance suite for data types: what zeo_data_type promises, whatever the type.
//
//   TEST_CASE("int16 keeps the contract") {
//     test_data_type(PluginLibrary("zeolite_data_type_integer"),
//                    {.name = "int16", .type_class = ZEO_CLASS_INT, .item_bytes = 2,
//                     .fills = {{"-2", {0xfe, 0xff}}}, .refused = {"32768", "1.5"}});
//   }
#pragma once

#include <algorithm>
#include <bit>
#include <random>

#include <boost/json.hpp>

#include <zeolite/testing/foreign_data.hpp>
#include <zeolite/testing/plugin_bench.hpp>

namespace zeolite::testing {

struct DataTypeCase {
  std::string name;
  std::string configuration = "{}";
  std::uint32_t type_class = ZEO_CLASS_OTHER;
  std::uint64_t item_bytes = 0;

  struct Fill {
    std::string json;
    std::vector<std::uint8_t> element;  ///< least significant byte first in each swap unit
  };
  std::vector<Fill> fills = {};           ///< accepted, with what they mean
  std::vector<std::string> refused = {};  ///< JSON that is no fill value of the type
};

/// One data type object and short ways to call it.
class DataTypeBench {
 public:
  DataTypeBench(const PluginLibrary& library, std::string_view name, std::string_view configuration)
      : type_(library.create<zeo_data_type>(name, configuration)) {}

  const zeo_data_type* abi() const { return type_.get(); }
  const zeo_data_type_info& info() const { return *type_->v->info(type_.get()); }

  /// Fails the test unless `json` is a fill value.
  std::vector<std::uint8_t> element(std::string_view json) const {
    BenchCall call;
    BenchOut out;
    const auto status = type_->v->fill_from_json(type_.get(), str(json), out, call);
    INFO("fill value " << json << ": " << call.message());
    REQUIRE(status == ZEO_OK);
    if (info().variable == 0) REQUIRE(out.bytes().size() == info().item_bytes);
    return out.bytes();
  }

  std::string json(const std::vector<std::uint8_t>& element) const {
    BenchCall call;
    BenchOut out;
    const auto status = type_->v->fill_to_json(type_.get(), {element.data(), element.size()}, out, call);
    INFO(call.message());
    REQUIRE(status == ZEO_OK);
    boost::system::error_code error;
    boost::json::parse(out.text(), error);
    INFO(out.text());
    REQUIRE_FALSE(error);
    return out.text();
  }

  /// Why `json` is no fill value; fails the test when it is accepted or refused without a reason.
  std::string refusal(std::string_view json) const {
    BenchCall call;
    BenchOut out;
    INFO("fill value " << json);
    CHECK(type_->v->fill_from_json(type_.get(), str(json), out, call) == ZEO_INVALID);
    CHECK_FALSE(call.message().empty());
    return call.message();
  }

  /// Elements to try, chosen by class: random bits where any are legal.
  std::vector<std::uint8_t> random_element(std::mt19937_64& random) const {
    const auto& info = this->info();
    std::vector<std::uint8_t> element(info.variable != 0 ? random() % 40 : info.item_bytes);
    for (auto& byte : element) {
      byte = static_cast<std::uint8_t>(random());
      if (info.type_class == ZEO_CLASS_BOOL) byte &= 1;
      if (info.type_class == ZEO_CLASS_STRING) byte &= 0x7f;
    }
    return element;
  }

 private:
  Object<zeo_data_type> type_;
};

inline void test_data_type_info(const zeo_data_type_info& info, const DataTypeCase& expected) {
  CHECK(info.struct_size >= sizeof(zeo_data_type_info));
  CHECK(info.type_class == expected.type_class);
  CHECK(info.item_bytes == expected.item_bytes);
  CHECK(info.item_bytes >= 1);
  CHECK(std::has_single_bit(info.align_bytes));
  CHECK(info.item_bytes % info.align_bytes == 0);
  CHECK(info.variable <= 1);
  const bool text = info.type_class == ZEO_CLASS_STRING || info.type_class == ZEO_CLASS_BYTES;
  if (text) CHECK(info.variable == 1);
  if (info.variable == 1) CHECK(info.item_bytes == sizeof(zeo_str));
  if (info.swap_unit > 1 && info.swap_unit != ZEOLITE_SWAP_MIXED) CHECK(info.item_bytes % info.swap_unit == 0);
  const auto parts = info.type_class == ZEO_CLASS_COMPLEX ? 2u : 1u;
  if (info.type_class >= ZEO_CLASS_INT && info.type_class <= ZEO_CLASS_COMPLEX) {
    CHECK(info.bits >= 1);
    CHECK(info.bits * parts <= 8 * info.item_bytes);
    CHECK(std::max(info.swap_unit, 1u) == info.item_bytes / parts);
  }
}

/// What the type becomes in version 2 metadata must lead back to it.
inline void test_data_type_v2(const PluginLibrary& library, const DataTypeBench& type, std::string_view name) {
  BenchCall call;
  BenchOut out;
  const auto* const table = type.abi()->v;
  if (table->to_v2 == nullptr) return;
  const auto status = table->to_v2(type.abi(), out, call);
  if (status == ZEO_UNSUPPORTED) return;
  REQUIRE(status == ZEO_OK);
  const auto dtype = out.text();
  const auto& factory = library.factory(name);
  INFO("dtype " << dtype);
  REQUIRE(factory.from_v2 != nullptr);
  const auto translate = [&](const std::string& v2) {
    BenchOut v3;
    REQUIRE(factory.from_v2(&factory, str(v2), v3, call) == ZEO_OK);
    return boost::json::parse(v3.text()).as_object();
  };
  const auto back = translate(dtype);
  CHECK(&library.factory(std::string_view(back.at("name").as_string())) == &factory);
  CHECK(back.at("configuration").is_object());
  if (!boost::json::parse(dtype).is_string()) return;
  if (type.info().swap_unit > 1) {
    CHECK(back.at("endian") == "little");
    auto big = dtype;
    big[1] = '>';
    CHECK(translate(big).at("endian") == "big");
  } else {
    CHECK(back.at("endian").is_null());
  }
  for (const auto* const wrong : {"1", "null", "\"\"", "\"<\"", "\"<f3\"", "[]", "{}", "\"4\"", "nonsense"}) {
    BenchOut v3;
    INFO(wrong);
    CHECK(factory.from_v2(&factory, str(wrong), v3, call) == ZEO_INVALID);
  }
}

inline void test_data_type_swap(const DataTypeBench& type, std::mt19937_64& random) {
  const auto& info = type.info();
  if (info.variable != 0 || type.abi()->v->swap == nullptr) {
    CHECK(info.swap_unit != ZEOLITE_SWAP_MIXED);
    return;
  }
  constexpr std::uint64_t n = 3;
  std::vector<std::uint8_t> elements(n * info.item_bytes);
  for (auto& byte : elements) byte = static_cast<std::uint8_t>(random());
  auto apart = std::vector<std::uint8_t>(elements.size());
  type.abi()->v->swap(type.abi(), elements.data(), apart.data(), n);
  auto in_place = elements;
  type.abi()->v->swap(type.abi(), in_place.data(), in_place.data(), n);
  CHECK(in_place == apart);
  if (info.swap_unit > 1 && info.swap_unit != ZEOLITE_SWAP_MIXED) {
    auto reversed = elements;
    for (std::size_t i = 0; i < reversed.size(); i += info.swap_unit) {
      std::reverse(reversed.begin() + static_cast<std::ptrdiff_t>(i),
                   reversed.begin() + static_cast<std::ptrdiff_t>(i + info.swap_unit));
    }
    CHECK(apart == reversed);
  }
  type.abi()->v->swap(type.abi(), apart.data(), apart.data(), n);
  CHECK(apart == elements);
  type.abi()->v->swap(type.abi(), nullptr, nullptr, 0);
}

/// Fill values: the given ones, random ones, and text that is none.
inline void test_data_type_fills(const DataTypeBench& type, const DataTypeCase& expected, std::mt19937_64& random) {
  for (auto fill : expected.fills) {
    INFO("fill value " << fill.json);
    if constexpr (std::endian::native == std::endian::big) {
      type.abi()->v->swap(type.abi(), fill.element.data(), fill.element.data(), 1);
    }
    CHECK(type.element(fill.json) == fill.element);
    CHECK(type.element(" \n" + fill.json + "\t ") == fill.element);
    CHECK(type.element(type.json(fill.element)) == fill.element);
  }
  for (int i = 0; i < 200; ++i) {
    const auto element = type.random_element(random);
    const auto json = type.json(element);
    INFO(json);
    REQUIRE(type.element(json) == element);
  }
  for (const auto& json : expected.refused) type.refusal(json);
  // No data type takes what is no JSON.
  for (const auto* const json : {"", " ", "{", "[", "[1,", "\"", "\"abc", "tru", "nul", "+1", "01", "1e", "0x10", "1 2",
                                 "\"\\ud800\"", "\"\xff\"", "[1,]", "'1'", "Infinity,"}) {
    type.refusal(json);
  }
  type.refusal(std::string(100'000, '['));
  constexpr std::string_view letters = "0123456789-+.eE[]{}\",:xN ";
  // Text a few bytes away from a fill value is one or is refused, and never writes a wrong number of bytes.
  for (const auto& fill : expected.fills) {
    for (int i = 0; i < 100; ++i) {
      auto text = fill.json;
      for (auto k = random() % 3 + 1; k > 0; --k) text[random() % text.size()] = letters[random() % letters.size()];
      BenchCall call;
      BenchOut out;
      const auto status = type.abi()->v->fill_from_json(type.abi(), str(text), out, call);
      INFO(text);
      CHECK((status == ZEO_OK || status == ZEO_INVALID));
      if (status == ZEO_OK && type.info().variable == 0) CHECK(out.bytes().size() == type.info().item_bytes);
    }
  }
}

/// The whole suite.
inline void test_data_type(const PluginLibrary& library, const DataTypeCase& expected) {
  INFO(expected.name);
  const auto& factory = library.factory(expected.name);
  CHECK(factory.point == ZEO_POINT_DATA_TYPE);
  const DataTypeBench type(library, expected.name, expected.configuration);
  check_configuration(library, expected.name, type.abi());
  library.refusal<zeo_data_type>(expected.name, R"({"no such member": 1})");
  library.refusal<zeo_data_type>(expected.name, "[]");
  library.refusal<zeo_data_type>(expected.name, "{");
  test_data_type_info(type.info(), expected);

  BenchCall call;
  BenchOut codec;
  REQUIRE(type.abi()->v->default_codec(type.abi(), codec, call) == ZEO_OK);
  const auto object = boost::json::parse(codec.text()).as_object();
  CHECK_FALSE(object.at("name").as_string().empty());
  CHECK(object.at("configuration").is_object());

  std::mt19937_64 random(test_seed());
  INFO("ZEOLITE_TEST_SEED=" << test_seed());
  test_data_type_fills(type, expected, random);
  test_data_type_swap(type, random);
  test_data_type_v2(library, type, expected.name);
  if (type.info().variable == 0) {
    const std::vector<std::uint8_t> longer(type.info().item_bytes + 1);
    BenchOut out;
    CHECK(type.abi()->v->fill_to_json(type.abi(), {longer.data(), longer.size()}, out, call) != ZEO_OK);
    for (const auto& fill : expected.fills) {
      BenchOut short_of_memory(type.info().item_bytes - 1);
      CHECK(type.abi()->v->fill_from_json(type.abi(), str(fill.json), short_of_memory, call) == ZEO_NO_MEMORY);
    }
  }
}

/// The object is used by many threads at once; for a test case tagged [threads]. `json` is a fill value of it.
inline void test_data_type_threads(const PluginLibrary& library, const std::string& name, const std::string& json,
                                   const std::string& configuration = "{}") {
  const DataTypeBench type(library, name, configuration);
  const auto expected = type.element(json);
  CHECK(all_threads([&](unsigned) {
    for (int i = 0; i < 200; ++i) {
      BenchCall call;
      BenchOut element, back, codec;
      const auto* const self = type.abi();
      if (self->v->fill_from_json(self, str(json), element, call) != ZEO_OK || element.bytes() != expected ||
          self->v->fill_to_json(self, {element.abi()->data, element.abi()->size}, back, call) != ZEO_OK ||
          self->v->default_codec(self, codec, call) != ZEO_OK || self->v->info(self) != self->v->info(self)) {
        return false;
      }
    }
    return true;
  }));
}

/// Fill values other implementations wrote (a JSON object of them): each is read, and survives being written.
inline void test_foreign_fills(const PluginLibrary& library, std::string_view name, const std::string& folder) {
  const auto text = foreign_file("zarr-metadata/v3/data_type/" + folder + "/fill_values.json");
  if (!text) return;
  const DataTypeBench type(library, name, "{}");
  const auto fills = boost::json::parse(*text).as_object();
  CHECK_FALSE(fills.empty());
  for (const auto& fill : fills) {
    INFO(fill.key());
    const auto element = type.element(boost::json::serialize(fill.value()));
    CHECK(type.element(type.json(element)) == element);
  }
}

}  // namespace zeolite::testing
