// SPDX-License-Identifier: Apache-2.0
//
// The main function of every test program.
#define CATCH_CONFIG_RUNNER
#include <zeolite/testing/catch.hpp>
#include <zeolite/testing/skip.hpp>

namespace {

bool skipped = false;

}  // namespace

namespace zeolite::testing {

void skip(std::string_view why) {
  WARN("SKIPPED: " << why);
  skipped = true;
}

}  // namespace zeolite::testing

int main(int argc, char** argv) {
  const int failed = Catch::Session().run(argc, argv);
  return failed == 0 && skipped ? zeolite::testing::skipped_exit_code : failed;
}
