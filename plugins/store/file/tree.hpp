// SPDX-License-Identifier: Apache-2.0
//
// A directory out of which no path leads: names below it are opened such that neither ".." nor a symbolic link leaves
// it, by the kernel (openat2, Linux 5.6) or, where that is missing or forbidden, by walking from part to part.
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

#include <zeolite/sdk/error.hpp>

namespace zeolite::file {

/// A file descriptor that is closed at the end, or why there is none.
class Fd {
 public:
  Fd() = default;
  /// Of a system call's result; errno is kept if it failed.
  explicit Fd(int result) : value_(result < 0 ? -errno : result) {}
  Fd(Fd&& other) noexcept : value_(std::exchange(other.value_, -EBADF)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Fd() {
    if (value_ >= 0) ::close(value_);
  }

  static Fd failed(int error) {
    errno = error;
    return Fd(-1);
  }

  explicit operator bool() const { return value_ >= 0; }
  int get() const { return value_; }
  int error() const { return value_ < 0 ? -value_ : 0; }
  int release() { return std::exchange(value_, -EBADF); }

 private:
  int value_ = -EBADF;
};

/// Repeats a system call that a signal has interrupted.
template <class F>
auto retry(F&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// What a system error means to the reader of a message; `action` is "read", "write", ...
inline sdk::Error describe(int error, std::string_view action, std::string_view path) {
  switch (error) {
    case EXDEV:
      return sdk::failure(ZEO_DENIED,
                          "cannot {} \"{}\": a symbolic link leads out of the store, or is absolute (the option "
                          "\"follow_links\": true allows that)",
                          action, path);
    case EACCES:
    case EPERM:
    case EROFS:
      return sdk::failure(ZEO_DENIED, "cannot {} \"{}\": {}", action, path, std::system_category().message(error));
    case EMFILE:
    case ENFILE:
      return sdk::failure(ZEO_UNAVAILABLE, "cannot {} \"{}\": {}; the process's limit is \"ulimit -n\"", action, path,
                          std::system_category().message(error));
    case ENOMEM: return sdk::failure(ZEO_NO_MEMORY, "cannot {} \"{}\": out of memory", action, path);
    case ENAMETOOLONG:
      return sdk::invalid("cannot {} \"{}\": the key, or a part of it, is too long for a file name", action, path);
    case ENOTDIR:
      return sdk::invalid("cannot {} \"{}\": a part of the path is a file, or a link to nothing", action, path);
    case EISDIR: return sdk::invalid("cannot {} \"{}\": it is a directory, which holds other keys", action, path);
    default: return sdk::failure(ZEO_IO, "cannot {} \"{}\": {}", action, path, std::system_category().message(error));
  }
}

/// "a/b/c" -> {"a/b", "c"}; "c" -> {"", "c"}.
inline std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

/// Which of n things of the same kind the calling thread takes: threads that call often get one each, if there are
/// enough.
inline std::size_t thread_slot(std::size_t n) {
  static std::atomic<std::size_t> threads{0};
  static thread_local const auto thread = threads.fetch_add(1, std::memory_order_relaxed);
  return thread % n;
}

class Tree {
 public:
  static constexpr int attempts = 200;  ///< against others who rename, create and remove in the same place

  Tree() = default;
  Tree(std::string root, bool follow_links, bool by_kernel = kernel_resolves())
      : root_(std::move(root)), follow_links_(follow_links), by_kernel_(by_kernel) {}

  const std::string& root() const { return root_; }
  std::string full(std::string_view path) const {
    return path.empty() ? root_ : fmt::format("{}/{}", root_ == "/" ? "" : root_, path);
  }

  /// Looks the root up, so that what is opened from now on need not. Called again for every batch, so that a root that
  /// is moved, removed or made later is seen as it is. Thread-safe.
  void hold_root() const {
    struct stat status {};
    auto& held = *held_;
    if (::stat(root_.c_str(), &status) != 0) status = {};
    const std::lock_guard lock(held.mutex);
    if (held.device == status.st_dev && held.inode == status.st_ino) return;
    held.device = status.st_dev;
    held.inode = status.st_ino;
    held.version.fetch_add(1);
  }

  /// Opens what lies under a relative path, "" being the root, without creating it. EXDEV: it would lie outside.
  Fd open(std::string_view path, int flags) const {
    flags |= O_CLOEXEC;
    if (path.empty()) return Fd(retry([&] { return ::open(root_.c_str(), flags); }));
    const auto held = held_root();
    const auto& root = *held;
    if (!root) return Fd::failed(root.error());
    const std::string name(path);
    if (follow_links_) return Fd(retry([&] { return ::openat(root.get(), name.c_str(), flags); }));
    return by_kernel_ ? by_kernel(root, name, flags) : by_walking(root, path, flags);
  }

  /// Opens a directory, and makes it and those above it if `create`.
  Fd directory(std::string_view path, bool create, int flags = O_PATH) const {
    auto found = open(path, flags | O_DIRECTORY);
    // Others may remove what has just been made; a link to nowhere stays ENOENT to the end.
    for (int i = 0; create && found.error() == ENOENT && i < attempts; ++i) {
      int error = make_root();
      for (std::size_t slash = 0; error == 0 && !path.empty() && slash != path.npos;) {
        slash = path.find('/', slash + 1);
        error = make_directory(path.substr(0, slash));
      }
      if (error != 0 && error != ENOENT) return Fd::failed(error);
      found = open(path, flags | O_DIRECTORY);
    }
    return found;
  }

  static bool kernel_resolves() {
#if defined(SYS_openat2) && defined(RESOLVE_BENEATH)
    static const bool works = [] {
      open_how how{};
      how.flags = O_PATH | O_CLOEXEC;
      how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
      const Fd here(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how)));
      // Any other failure, such as too many open files, says nothing about the kernel.
      return here.error() != ENOSYS && here.error() != EPERM && here.error() != EINVAL;
    }();
    return works;
#else
    return false;
#endif
  }

 private:
  /// The root as it was found last. Threads have descriptors of their own: who opens many files would else wait for the
  /// others, here and in the kernel.
  struct Held {
    std::mutex mutex;
    dev_t device = 0;                       // guarded by mutex
    ino_t inode = 0;                        // guarded by mutex; 0: it was not there
    std::atomic<std::uint64_t> version{0};  // changes with them; 0: nobody has looked yet
    struct alignas(64) Copy {
      std::mutex mutex;
      std::shared_ptr<const Fd> root;
      std::uint64_t version = 0;
    };
    std::array<Copy, 8> copies;
  };

  std::shared_ptr<const Fd> held_root() const {
    auto& copy = held_->copies[thread_slot(held_->copies.size())];
    const std::lock_guard lock(copy.mutex);
    const auto version = held_->version.load();
    if (copy.version == version && copy.root) return copy.root;
    auto root = std::make_shared<const Fd>(open_root());
    copy.root = version != 0 && *root ? root : nullptr;
    copy.version = version;
    return root;
  }

  Fd open_root() const {
    return Fd(retry([&] { return ::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  }

  int make_directory(std::string_view path) const {
    const auto [above, last] = split(path);
    const std::string name(last);
    const Fd parent = open(above, O_PATH | O_DIRECTORY);
    if (!parent) return parent.error();
    return ::mkdirat(parent.get(), name.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
  }

  /// The root may lie anywhere, also behind links: it is the user's own path.
  int make_root() const {
    for (std::size_t slash = 0; slash != std::string::npos;) {
      slash = root_.find('/', slash + 1);
      const auto part = root_.substr(0, slash);
      struct stat status;
      if (::stat(part.c_str(), &status) == 0) continue;
      if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) return errno;
    }
    return 0;
  }

  Fd by_kernel(const Fd& root, const std::string& path, int flags) const {
#if defined(SYS_openat2) && defined(RESOLVE_BENEATH)
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    for (int i = 0; i < attempts; ++i) {
      Fd fd(
          retry([&] { return static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)); }));
      // EAGAIN: something was renamed while ".." of a link was followed.
      if (fd.error() == ENOSYS) break;
      if (fd.error() != EAGAIN) return fd;
    }
#endif
    return by_walking(root, path, flags);
  }

  Fd by_walking(const Fd& root, std::string_view path, int flags) const {
    std::vector<Fd> above;           // the directories walked into, below the root
    std::vector<std::string> parts;  // what is still to be walked, last part first
    const auto push = [&parts](std::string_view more) {
      for (auto rest = more;;) {
        const auto [front, last] = split(rest);
        if (!last.empty() && last != ".") parts.emplace_back(last);
        if (front.empty()) return;
        rest = front;
      }
    };
    push(path);
    for (int links = 0; !parts.empty();) {
      const auto part = std::move(parts.back());
      parts.pop_back();
      if (part == "..") {
        if (above.empty()) return Fd::failed(EXDEV);
        above.pop_back();
        continue;
      }
      const int here = above.empty() ? root.get() : above.back().get();
      char target[4096];
      const auto length = ::readlinkat(here, part.c_str(), target, sizeof target);
      if (length >= 0) {
        if (++links > 40) return Fd::failed(ELOOP);
        if (length == 0 || length == sizeof target) return Fd::failed(ENAMETOOLONG);
        if (target[0] == '/') return Fd::failed(EXDEV);
        push({target, static_cast<std::size_t>(length)});
        continue;
      }
      if (errno != EINVAL) return Fd(-1);
      const int how = parts.empty() ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC;
      // A link that has just come here is not followed.
      Fd fd(retry([&] { return ::openat(here, part.c_str(), how | O_NOFOLLOW); }));
      if (!fd || parts.empty()) return fd;
      above.push_back(std::move(fd));
    }
    return Fd(retry([&] { return ::openat(above.empty() ? root.get() : above.back().get(), ".", flags); }));
  }

  std::string root_;
  std::shared_ptr<Held> held_ = std::make_shared<Held>();
  bool follow_links_ = false;
  bool by_kernel_ = false;
};

}  // namespace zeolite::file
