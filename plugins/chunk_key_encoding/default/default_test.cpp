// SPDX-License-Identifier: Apache-2.0
//
// The default chunk key encoding through the conformance suite.
#include <zeolite/testing/chunk_key_encoding_suite.hpp>

using namespace zeolite::testing;

TEST_CASE("the default chunk key encoding keeps the contract") {
  const PluginLibrary library("zeolite_chunk_key_encoding_default");
  test_chunk_key_encoding(library, {.name = "default",
                                    .keys = {{{1, 23, 45}, "c/1/23/45"}, {{}, "c"}, {{0}, "c/0"}},
                                    .no_keys = {"", "c", "c/", "c/1", "c/1/", "c/1/2/", "c/1/2/3", "c//1/2", "1/2",
                                                "c.1.2", "c/01/2", "c/+1/2", "c/-1/2", "c/1 /2", "C/1/2", "d/1/2",
                                                "c/1/18446744073709551616", "c/0x1/2", "zarr.json"}});
  test_chunk_key_encoding(library, {.name = "default", .configuration = R"({"separator": "."})",
                                    .keys = {{{1, 23, 45}, "c.1.23.45"}, {{}, "c"}},
                                    .no_keys = {"c/1/2", "c.1/2", "c..1", ".1.2"}});
}

TEST_CASE("the default separator is a slash") {
  const PluginLibrary library("zeolite_chunk_key_encoding_default");
  for (const auto* const name : {"default", "@default"}) {
    const auto encoding = library.create<zeo_chunk_key_encoding>(name);
    CHECK(check_configuration(library, name, encoding.get()) == R"({"separator":"/"})");
  }
  for (const auto* const wrong : {R"({"separator": "-"})", R"({"separator": ""})", R"({"separator": null})"}) {
    library.refusal<zeo_chunk_key_encoding>("default", wrong);
  }
}

TEST_CASE("the default chunk key encoding is used by many threads at once", "[threads]") {
  test_chunk_key_encoding_threads(PluginLibrary("zeolite_chunk_key_encoding_default"), "default");
}
