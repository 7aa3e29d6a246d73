// SPDX-License-Identifier: Apache-2.0
//
// The v2 chunk key encoding through the conformance suite.
#include <zeolite/testing/chunk_key_encoding_suite.hpp>

using namespace zeolite::testing;

TEST_CASE("the v2 chunk key encoding keeps the contract") {
  const PluginLibrary library("zeolite_chunk_key_encoding_v2");
  test_chunk_key_encoding(library, {.name = "v2", .keys = {{{1, 23, 45}, "1.23.45"}, {{}, "0"}, {{0}, "0"}},
                                    .no_keys = {"", "0", ".", "1.", ".1", "1.2.", "1.2.3", "01.2", "1.02", "1/2",
                                                "c.1.2", "+1.2", "1.-2", "1.18446744073709551616", ".zarray"}});
  test_chunk_key_encoding(library, {.name = "v2", .configuration = R"({"separator": "/"})",
                                    .keys = {{{1, 23, 45}, "1/23/45"}, {{}, "0"}}, .no_keys = {"1.2", "1//2"}});
}

TEST_CASE("the default separator is a period") {
  const PluginLibrary library("zeolite_chunk_key_encoding_v2");
  for (const auto* const name : {"v2", "@v2"}) {
    const auto encoding = library.create<zeo_chunk_key_encoding>(name);
    CHECK(check_configuration(library, name, encoding.get()) == R"({"separator":"."})");
  }
  library.refusal<zeo_chunk_key_encoding>("v2", R"({"separator": "x"})");
}

TEST_CASE("the v2 chunk key encoding is used by many threads at once", "[threads]") {
  test_chunk_key_encoding_threads(PluginLibrary("zeolite_chunk_key_encoding_v2"), "v2");
}
