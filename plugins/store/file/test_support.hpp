// SPDX-License-Identifier: Apache-2.0
//
// Folders and child processes for the tests of the file store.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zeolite/testing/folder.hpp>
#include <zeolite/testing/store_suite.hpp>

namespace zeolite::testing {

namespace fs = std::filesystem;

class Folder : public TemporaryFolder {
 public:
  /// How many files and directories are in a directory.
  std::size_t count(const fs::path& name = ".") const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(*this / name), fs::directory_iterator()));
  }
};

inline const PluginLibrary& file_library() {
  static const PluginLibrary library("zeolite_store_file");
  return library;
}

/// Opens a folder; `options` are more members: `, "fsync": true`.
inline Object<zeo_store> open_folder(const fs::path& path, const std::string& options = "") {
  return file_library().create<zeo_store>("file", "{\"url\": \"file://" + path.string() + "\"" + options + "}");
}

/// Runs `body` in a child process, whose rights and limits may thus be changed; its exit status. `skipped` says that
/// the system does not let it.
inline constexpr int skipped = 77;
inline int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      status = body();
    } catch (...) {
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Runs `body` as somebody without special rights.
inline int as_nobody(const std::function<int()>& body) {
  if (::geteuid() != 0) return body();
  return in_child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return skipped;
    return body();
  });
}

/// From now on a system call fails with `error` in this process, as in a sandbox. False: that cannot be had.
inline bool refuse_system_call(std::uint32_t number, std::uint32_t error) {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{std::size(steps), steps};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// The number of the first of these that is false, or 0.
inline int first_false(std::initializer_list<bool> checks) {
  int number = 0;
  for (const bool check : checks) {
    ++number;
    if (!check) return number;
  }
  return 0;
}

}  // namespace zeolite::testing
