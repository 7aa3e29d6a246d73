// SPDX-License-Identifier: Apache-2.0
//
// Booleans through the conformance suite.
#include <zeolite/testing/data_type_suite.hpp>

using namespace zeolite::testing;

TEST_CASE("bool keeps the contract") {
  const PluginLibrary library("zeolite_data_type_bool");
  test_data_type(library, {.name = "bool", .type_class = ZEO_CLASS_BOOL, .item_bytes = 1,
                           .fills = {{"false", {0}}, {"true", {1}}, {"null", {0}}},
                           .refused = {"0", "1", "\"true\"", "True", "[true]", "{}"}});
}

TEST_CASE("bool fill values of other implementations are read") {
  test_foreign_fills(PluginLibrary("zeolite_data_type_bool"), "bool", "bool");
}

TEST_CASE("bool writes its fill value as metadata has it") {
  const PluginLibrary library("zeolite_data_type_bool");
  const DataTypeBench type(library, "bool", "{}");
  CHECK(type.json({1}) == "true");
  CHECK(type.json({0}) == "false");
}

TEST_CASE("bool is used by many threads at once", "[threads]") {
  test_data_type_threads(PluginLibrary("zeolite_data_type_bool"), "bool", "true");
}
