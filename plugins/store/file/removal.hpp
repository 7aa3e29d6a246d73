// SPDX-License-Identifier: Apache-2.0
//
// Deleting values, the directories that become empty by it, and everything below a prefix. Links are deleted, never
// followed.
#pragma once

#include <memory>

#include <dirent.h>

#include "tree.hpp"

namespace zeolite::file {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

/// Calls visit(dirent) for all entries but "." and "..": 0 or the error. Takes the descriptor.
template <class Visit>
int each_entry(Fd directory, Visit&& visit) {
  if (!directory) return directory.error();
  const Directory stream(::fdopendir(directory.get()));
  if (stream == nullptr) return errno;
  directory.release();
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) return errno;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit(*entry);
  }
}

namespace detail {

/// Empties a directory; 0 or the error. `path` names what failed.
inline int empty_directory(const Fd& directory, std::string& path);

inline int remove_entry(const Fd& above, const std::string& name, std::string& path) {
  for (int i = 0; i < 3; ++i) {
    if (::unlinkat(above.get(), name.c_str(), 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    const int refused = errno;
    const Fd directory(::openat(above.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory.error() == ENOENT) return 0;
    if (directory.error() == ENOTDIR) return refused;
    if (!directory) return directory.error();
    if (const int error = empty_directory(directory, path)) return error;
    if (::unlinkat(above.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
    if (errno != ENOTEMPTY && errno != EEXIST) return errno;
  }
  return 0;  // others write here at the same time: theirs comes after the deletion
}

inline int empty_directory(const Fd& directory, std::string& path) {
  std::vector<std::string> names;
  const int error = each_entry(Fd(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                               [&](const dirent& entry) { names.emplace_back(entry.d_name); });
  if (error != 0) return error;
  for (const auto& name : names) {
    const auto length = path.size();
    path.append("/").append(name);
    if (const int failed = remove_entry(directory, name, path)) return failed;
    path.resize(length);
  }
  return 0;
}

inline bool is_nothing(int error) { return error == ENOENT || error == ENOTDIR; }

/// Removes empty directories, upwards, but never the root. One that is not empty, or not ours, ends it.
inline void prune(const Tree& tree, std::string_view path) {
  while (!path.empty()) {
    const auto [above, name] = split(path);
    const Fd parent = tree.open(above, O_PATH | O_DIRECTORY);
    if (!parent || ::unlinkat(parent.get(), std::string(name).c_str(), AT_REMOVEDIR) != 0) return;
    path = above;
  }
}

}  // namespace detail

inline void remove_value(const Tree& tree, std::string_view key) {
  const auto [above, last] = split(key);
  const std::string name(last);
  const Fd parent = tree.open(above, O_PATH | O_DIRECTORY);
  if (detail::is_nothing(parent.error())) return;
  if (!parent) throw describe(parent.error(), "delete", tree.full(key));
  if (::unlinkat(parent.get(), name.c_str(), 0) != 0) {
    const int error = errno;
    struct stat status;
    const bool directory =
        ::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    if (detail::is_nothing(error) || directory) return;  // a directory is no value
    throw describe(error, "delete", tree.full(key));
  }
  detail::prune(tree, above);
}

/// `prefix` is "" or ends in "/".
inline void remove_prefix(const Tree& tree, std::string_view prefix) {
  const auto path = prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1);
  auto failed = tree.full(path);
  const Fd directory = tree.open(path, O_RDONLY | O_DIRECTORY);
  if (detail::is_nothing(directory.error())) return;
  int error = directory.error();
  if (error == 0 && path.empty()) {
    error = detail::empty_directory(directory, failed);
  } else if (error == 0) {
    const auto [above, name] = split(path);
    const Fd parent = tree.open(above, O_PATH | O_DIRECTORY);
    error = detail::is_nothing(parent.error()) ? 0 : parent.error();
    if (parent) error = detail::remove_entry(parent, std::string(name), failed);
    if (error == 0) detail::prune(tree, above);
  }
  if (error != 0) throw describe(error, "delete", failed);
}

}  // namespace zeolite::file
