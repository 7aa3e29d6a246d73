// SPDX-License-Identifier: Apache-2.0
// [suite]
#include <zeolite/testing/codec_suite.hpp>

using namespace zeolite::testing;

TEST_CASE("run lengths keep the contract") {
  test_codec(PluginLibrary("zeolite_codec_run_length"),
             {.name = "example.run_length",
              .configurations = {"{}", R"({"longest_run":3})"},
              .refused = {R"({"longest_run":0})", R"({"longest_run":256})", R"({"longest_run":"3"})"}});
}
// [/suite]
