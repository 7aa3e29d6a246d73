// SPDX-License-Identifier: Apache-2.0
//
// Test cases that cannot be run everywhere, alike for both major versions of Catch2.
#pragma once

#include <string_view>

namespace zeolite::testing {

/// Says why a test case cannot be run here; the case returns after that. The program then exits with
/// skipped_exit_code, by which CTest shows the test as skipped, unless something has failed. Defined beside the main
/// function that zeolite_add_plugin() gives to tests.
void skip(std::string_view why);

inline constexpr int skipped_exit_code = 77;

}  // namespace zeolite::testing
