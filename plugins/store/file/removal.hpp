// SPDX-License-Identifier: Apache-2.0
//
// Deleting values, the directories that become empty by it, and everything below a prefix. Links are deleted, never
// followed.
#pragma once

#include <memory>

#include <dirent.h>

#include "durable.hpp"
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

/// Waits until the disk has what was removed in a folder, when somebody cares: 0 or the error.
inline int settle_names(const Fd& folder, const Durable* durable) {
  if (durable == nullptr) return 0;
  const Fd readable(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return readable ? durable->sync(readable) : readable.error();
}

/// Empties a directory; 0 or the error. `path` names what failed. What was removed in directories that go themselves
/// need not reach the disk.
inline int empty_directory(const Fd& directory, std::string& path, const Durable* durable);

inline int remove_entry(const Fd& above, const std::string& name, std::string& path, const Durable* durable) {
  Fd left;
  for (int i = 0; i < 3; ++i) {
    if (::unlinkat(above.get(), name.c_str(), 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    const int refused = errno;
    left = Fd(::openat(above.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (left.error() == ENOENT) return 0;
    if (left.error() == ENOTDIR) return refused;
    if (!left) return left.error();
    if (const int error = empty_directory(left, path, durable)) return error;
    if (::unlinkat(above.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
    if (errno != ENOTEMPTY && errno != EEXIST) return errno;
  }
  // Others write here at the same time: theirs comes after the deletion.
  return settle_names(left, durable);
}

inline int empty_directory(const Fd& directory, std::string& path, const Durable* durable) {
  std::vector<std::string> names;
  const int error = each_entry(Fd(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                               [&](const dirent& entry) { names.emplace_back(entry.d_name); });
  if (error != 0) return error;
  for (const auto& name : names) {
    const auto length = path.size();
    path.append("/").append(name);
    if (const int failed = remove_entry(directory, name, path, durable)) return failed;
    path.resize(length);
  }
  return 0;
}

inline bool is_nothing(int error) { return error == ENOENT || error == ENOTDIR; }

/// Removes empty directories, upwards, but never the root. One that is not empty, or not ours, ends it. `above`, where
/// something was removed, becomes the directory where that was done last.
inline void prune(const Tree& tree, std::string_view path, Fd& above, Durable* durable) {
  while (!path.empty()) {
    const auto [upper, name] = split(path);
    Fd parent = tree.open(upper, O_PATH | O_DIRECTORY);
    if (!parent || ::unlinkat(parent.get(), std::string(name).c_str(), AT_REMOVEDIR) != 0) return;
    if (durable != nullptr) durable->forget();
    above = std::move(parent);
    path = upper;
  }
}

/// The value is not there, and others may just have removed it, and the folders above it: waits for the disk as they
/// do.
inline int settle_absence(const Tree& tree, std::string_view path, const Durable* durable) {
  if (durable == nullptr || !durable->others_remove()) return 0;
  for (;;) {
    const Fd folder = tree.open(path, O_PATH | O_DIRECTORY);
    if (folder) return settle_names(folder, durable);
    if (!is_nothing(folder.error()) || path.empty()) return is_nothing(folder.error()) ? 0 : folder.error();
    path = split(path).first;
  }
}

}  // namespace detail

/// `durable`: the removal has reached the disk when this returns; null: it may be undone by a power failure.
inline void remove_value(const Tree& tree, std::string_view key, Durable* durable) {
  const Durable::Removal removal(durable);
  const auto check = [&](int error) {
    if (error != 0) throw describe(error, "delete", tree.full(key));
  };
  const auto [above, last] = split(key);
  const std::string name(last);
  Fd parent = tree.open(above, O_PATH | O_DIRECTORY);
  if (detail::is_nothing(parent.error())) return check(detail::settle_absence(tree, above, durable));
  check(parent.error());
  if (::unlinkat(parent.get(), name.c_str(), 0) != 0) {
    const int error = errno;
    if (detail::is_nothing(error)) return check(detail::settle_absence(tree, above, durable));
    struct stat status;
    const bool directory =
        ::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    return check(directory ? 0 : error);  // a directory is no value
  }
  detail::prune(tree, above, parent, durable);
  check(detail::settle_names(parent, durable));
}

/// `prefix` is "" or ends in "/".
inline void remove_prefix(const Tree& tree, std::string_view prefix, Durable* durable) {
  const Durable::Removal removal(durable);
  const auto path = prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1);
  auto failed = tree.full(path);
  Fd directory = tree.open(path, O_RDONLY | O_DIRECTORY);
  int error = directory.error();
  if (detail::is_nothing(error)) {
    error = detail::settle_absence(tree, path, durable);
  } else if (error == 0) {
    if (path.empty()) {
      error = detail::empty_directory(directory, failed, durable);
    } else {
      const auto [above, name] = split(path);
      directory = tree.open(above, O_PATH | O_DIRECTORY);
      error = detail::is_nothing(directory.error()) ? 0 : directory.error();
      if (directory) error = detail::remove_entry(directory, std::string(name), failed, durable);
      if (error == 0 && directory) detail::prune(tree, above, directory, durable);
    }
    if (durable != nullptr) durable->forget();
    if (error == 0 && directory) error = detail::settle_names(directory, durable);
  }
  if (error != 0) throw describe(error, "delete", failed);
}

}  // namespace zeolite::file
