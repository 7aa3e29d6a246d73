// SPDX-License-Identifier: Apache-2.0
//
// Listing: files are keys, directories are prefixes. Links inside the store are followed, and never in a circle.
#pragma once

#include <zeolite/sdk/store.hpp>

#include "removal.hpp"
#include "tree.hpp"
#include "writer.hpp"

namespace zeolite::file {

inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned first = byte(i);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    const unsigned second = length > 1 ? byte(i + 1) : 0;
    // Overlong forms, surrogates, and what lies past U+10FFFF.
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

class Walk {
 public:
  Walk(const Tree& tree, const sdk::Host& host, sdk::Listing& listing) : tree_(tree), host_(host), listing_(listing) {}

  void run() {
    const auto prefix = listing_.prefix();
    descend(std::string(prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1)), true);
  }

 private:
  enum class Kind { other, value, directory };
  struct Identity {
    dev_t device;
    ino_t inode;
    bool operator==(const Identity&) const = default;
  };

  /// `path` has no slash at its end; "" is the root.
  void descend(const std::string& path, bool first) {
    Fd directory = tree_.open(path, O_RDONLY | O_DIRECTORY);
    const int error = directory.error();
    if (error == ENOENT || error == ENOTDIR) return;  // none, or gone since
    struct stat status;
    if (error != 0 || ::fstat(directory.get(), &status) != 0) {
      throw describe(error != 0 ? error : errno, "list", tree_.full(path));
    }
    const Identity identity{status.st_dev, status.st_ino};
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) {
      if (!first) warn(path, "a symbolic link leads back to a directory above it");
      return;
    }

    std::vector<std::string> deeper;
    const int failed = each_entry(std::move(directory), [&](const dirent& entry) { take(path, entry, deeper); });
    if (failed != 0) throw describe(failed, "list", tree_.full(path));
    above_.push_back(identity);
    for (const auto& name : deeper) descend(name, false);
    above_.pop_back();
  }

  void take(const std::string& path, const dirent& entry, std::vector<std::string>& deeper) {
    const std::string_view name = entry.d_name;
    if (name.starts_with(temporary_prefix)) return;
    if (!is_utf8(name)) return warn(path, "a file name in it is not UTF-8");
    auto key = path.empty() ? std::string(name) : path + "/" + entry.d_name;
    const auto kind = kind_of(key, entry);
    if (kind == Kind::value) {
      listing_.add(key);
    } else if (kind == Kind::directory && listing_.one_level()) {
      listing_.add_prefix(key += '/');
    } else if (kind == Kind::directory) {
      deeper.push_back(std::move(key));
    }
  }

  Kind kind_of(const std::string& key, const dirent& entry) {
    if (entry.d_type == DT_REG) return Kind::value;
    if (entry.d_type == DT_DIR) return Kind::directory;
    if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return Kind::other;
    const Fd file = tree_.open(key, O_PATH);
    struct stat status;
    if (file.error() == EXDEV || file.error() == ELOOP) {
      warn(key, "a symbolic link leads out of the store or nowhere");
    }
    if (!file || ::fstat(file.get(), &status) != 0) return Kind::other;
    return S_ISREG(status.st_mode) ? Kind::value : S_ISDIR(status.st_mode) ? Kind::directory : Kind::other;
  }

  void warn(std::string_view path, std::string_view why) {
    host_.log(ZEO_LOG_WARNING, "store", fmt::format("not listed, below \"{}\": {}", tree_.full(path), why));
  }

  const Tree& tree_;
  const sdk::Host& host_;
  sdk::Listing& listing_;
  std::vector<Identity> above_;
};

}  // namespace zeolite::file
