// SPDX-License-Identifier: Apache-2.0
//
// A place for the files of a test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace zeolite::testing {

/// A new folder that everyone may look into, removed with all that is in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(make()) { std::filesystem::permissions(path_, std::filesystem::perms(0755)); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  /// Without symbolic links.
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

  /// Writes a file, and makes the folders above it; returns where it is.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::string read(const std::filesystem::path& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  static std::filesystem::path make() {
    // mkdtemp() fills in the letters at the end, of which it wants six.
    auto name = (std::filesystem::temp_directory_path() / "zeolite-").string() + std::string(6, 'X');
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    return std::filesystem::canonical(name);
  }

  const std::filesystem::path path_;
};

}  // namespace zeolite::testing
