// SPDX-License-Identifier: Apache-2.0
//
// Data that other implementations have written, which comes with neither the project nor a plugin.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <zeolite/testing/catch.hpp>
#include <zeolite/testing/skip.hpp>

namespace zeolite::testing {

/// The folder that ZEOLITE_TEST_DATA names. Where there is none, nothing, and the test case is skipped.
inline std::optional<std::filesystem::path> foreign_data() {
  const char* const set = std::getenv("ZEOLITE_TEST_DATA");
  if (set != nullptr && std::filesystem::is_directory(set)) return set;
  skip("no data of other implementations: set ZEOLITE_TEST_DATA to its folder");
  return std::nullopt;
}

/// A file of that folder; fails the test case when the folder is there and the file is not.
inline std::optional<std::string> foreign_file(const std::filesystem::path& relative) {
  const auto folder = foreign_data();
  if (!folder) return std::nullopt;
  INFO("the file " << *folder / relative);
  std::ifstream file(*folder / relative, std::ios::binary);
  REQUIRE(file.is_open());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace zeolite::testing
