// SPDX-License-Identifier: Apache-2.0
//
// Writing a value: into a temporary file beside its place, which then takes the place in one step. Whoever reads sees
// the old value or the new one, and a write that fails leaves the old one untouched.
#pragma once

#include <limits.h>
#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include <sys/uio.h>

#include <zeolite/abi/types.h>
#include <zeolite/sdk/store/operation.hpp>

#include "durable.hpp"
#include "tree.hpp"

namespace zeolite::file {

/// Temporary files start like this: no node can, since names with two underscores in front are reserved.
inline constexpr std::string_view temporary_prefix = "__zeolite-";

/// Looks at a key again, though the host has: what passes here names a file below the root and no temporary one.
inline void check_key(std::string_view key) {
  if (key.empty()) throw sdk::invalid("a key must not be empty");
  if (key.find('\0') != key.npos) throw sdk::invalid("a key must not hold NUL");
  for (auto rest = key;;) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") {
      throw sdk::invalid("the key \"{}\" has a part that is empty, \".\" or \"..\"", key);
    }
    if (part.starts_with(temporary_prefix)) {
      throw sdk::invalid("in the key \"{}\", a part starts with \"{}\", as temporary files do", key, temporary_prefix);
    }
    if (slash == rest.npos) return;
    rest.remove_prefix(slash + 1);
  }
}

inline void check_prefix(std::string_view prefix) {
  if (prefix.empty()) return;
  if (!prefix.ends_with('/')) throw sdk::invalid("the prefix \"{}\" must end in \"/\"", prefix);
  check_key(prefix.substr(0, prefix.size() - 1));
}

struct WriteOptions {
  bool create = true;          ///< the root, too
  Durable* durable = nullptr;  ///< waits for the disk; null: nobody does
};

/// The value that is being replaced, when parts of it are kept.
struct Old {
  Fd file;
  std::uint64_t bytes = 0;
  std::function<void()> check = [] {};  ///< throws ZEO_CONFLICT when it is not the value any more
};

namespace detail {

/// Unlike any other of any process, also on a shared file system; O_EXCL has the last word.
inline std::string temporary_name() {
  static const auto seed = [] {
    std::random_device random;
    return static_cast<std::uint64_t>(random()) << 32 | random();
  }();
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("{}{:x}-{:x}-{:x}", temporary_prefix, ::getpid(), seed, count.fetch_add(1));
}

/// Removes the temporary file again, unless it has taken its place.
class Temporary {
 public:
  Temporary(const Fd& directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  Temporary(const Temporary&) = delete;
  ~Temporary() {
    if (!gone_) ::unlinkat(directory_.get(), name_.c_str(), 0);
  }
  const char* name() const { return name_.c_str(); }
  void gone() { gone_ = true; }

 private:
  const Fd& directory_;
  std::string name_;
  bool gone_ = false;
};

/// 0 or the error.
inline int write_pieces(const Fd& file, std::vector<iovec> pieces) {
  for (std::size_t i = 0; i < pieces.size();) {
    const auto count = static_cast<int>(std::min<std::size_t>(pieces.size() - i, IOV_MAX));
    auto written = retry([&] { return ::writev(file.get(), &pieces[i], count); });
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    for (; i < pieces.size() && static_cast<std::size_t>(written) >= pieces[i].iov_len; ++i) {
      written -= static_cast<ssize_t>(pieces[i].iov_len);
    }
    if (written > 0) {
      pieces[i].iov_base = static_cast<std::uint8_t*>(pieces[i].iov_base) + written;
      pieces[i].iov_len -= static_cast<std::size_t>(written);
    }
  }
  return 0;
}

/// Copies a range of `old` to where `file` stands, by the kernel: file systems that can share the bytes between both
/// do. 0 or the error; ESTALE: `old` became shorter.
inline int copy_range(const Fd& old, zeo_range range, const Fd& file, const sdk::Writing& writing) {
  constexpr std::size_t step = 64 << 20, step_by_hand = 1 << 20;  // between looking whether it is still wanted
  auto offset = static_cast<off_t>(range.offset);
  const auto end = static_cast<off_t>(range.offset + range.length);
  const auto next = [&](std::size_t most) { return std::min(static_cast<std::size_t>(end - offset), most); };
  while (offset < end) {
    if (writing.cancelled()) return ECANCELED;
    const auto n = retry([&] { return ::copy_file_range(old.get(), &offset, file.get(), nullptr, next(step), 0); });
    if (n > 0) continue;
    if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) return errno;
    break;  // some systems cannot, here or at all, and say so in many ways
  }
  if (offset == end) return 0;
  std::vector<std::uint8_t> bytes(next(step_by_hand));
  while (offset < end) {
    if (writing.cancelled()) return ECANCELED;
    const auto n = retry([&] { return ::pread(old.get(), bytes.data(), next(bytes.size()), offset); });
    if (n < 0) return errno;
    if (n == 0) return ESTALE;
    if (const int error = write_pieces(file, {{bytes.data(), static_cast<std::size_t>(n)}})) return error;
    offset += n;
  }
  return 0;
}

/// 0 or the error.
inline int write_all(const Fd& file, const sdk::Writing& writing, const Old& old) {
  std::vector<iovec> pieces;
  int error = 0;
  const auto write_gathered = [&] {
    if (error == 0) error = write_pieces(file, std::exchange(pieces, {}));
  };
  writing.each_part(
      old.bytes,
      [&](sdk::Bytes part) {
        if (!part.empty()) pieces.push_back({const_cast<std::uint8_t*>(part.data()), part.size()});
      },
      [&](zeo_range range) {
        write_gathered();
        if (error == 0) error = copy_range(old.file, range, file, writing);
      });
  write_gathered();
  return error;
}

/// Network file systems report a full disk when a descriptor is closed: close one, but keep the file open.
inline int settle(const Fd& file, const Durable* durable) {
  if (durable != nullptr) {
    if (const int error = durable->sync(file)) return error;
  }
  const int twin = ::fcntl(file.get(), F_DUPFD_CLOEXEC, 0);
  if (twin < 0) return errno;
  return ::close(twin) == 0 || errno == EINTR ? 0 : errno;
}

/// Gives the temporary file its name: 0 or the error.
inline int take_place(const Fd& directory, Temporary& temporary, const char* name, bool only_if_absent) {
  const int at = directory.get();
  if (!only_if_absent) {
    if (::renameat(at, temporary.name(), at, name) != 0) return errno;
    temporary.gone();
    return 0;
  }
#if defined(RENAME_NOREPLACE)
  if (::renameat2(at, temporary.name(), at, name, RENAME_NOREPLACE) == 0) {
    temporary.gone();
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) return errno;
#endif
  // A file system without that: a second name does not replace either, and the first one is removed.
  if (::linkat(at, temporary.name(), at, name, 0) != 0) return errno;
  // Now: the number of names belongs to what tells versions apart.
  if (::unlinkat(at, temporary.name(), 0) == 0) temporary.gone();
  return 0;
}

/// One attempt: 0, or the error. ENOENT: someone has removed the directory meanwhile.
inline int replace_once(const Tree& tree, std::string_view key, const sdk::Writing& writing, const Old& old,
                        const WriteOptions& options, struct stat& status) {
  const auto [above, last] = split(key);
  const std::string name(last);
  const Fd directory = tree.directory(above, true, options.durable != nullptr ? O_RDONLY : O_PATH);
  if (!directory) return directory.error() == ENOENT ? ENOTDIR : directory.error();
  if (options.durable != nullptr) {
    if (const int error = options.durable->keep_name(directory)) return error;
  }
  const bool only_if_absent = writing.if_absent();
  if (only_if_absent && ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(status.st_mode)) return EISDIR;
    return EEXIST;  // before anything is written; take_place() decides if others are at it
  }
  auto temporary_file = temporary_name();
  const Fd file(retry([&] {
    return ::openat(directory.get(), temporary_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0666);
  }));
  if (!file) return file.error() == EEXIST ? ENOENT : file.error();  // another attempt takes another name
  Temporary temporary(directory, std::move(temporary_file));
  if (const int error = write_all(file, writing, old)) return error;
  if (const int error = settle(file, options.durable)) return error;
  // Copying takes a while, and nothing keeps others from writing meanwhile.
  old.check();
  if (const int error = take_place(directory, temporary, name.c_str(), only_if_absent)) return error;
  if (options.durable != nullptr) {
    if (const int error = options.durable->sync(directory)) return error;
  }
  return ::fstat(file.get(), &status) == 0 ? 0 : errno;
}

}  // namespace detail

/// Makes what is written the value of `key`; returns what the new file looks like.
inline struct stat replace(const Tree& tree, std::string_view key, const sdk::Writing& writing, const Old& old,
                           const WriteOptions& options) {
  struct stat status {};
  if (!options.create && ::stat(tree.root().c_str(), &status) != 0 && errno == ENOENT) {
    throw sdk::failure(ZEO_NOT_FOUND,
                       "cannot write \"{}\": the directory \"{}\" does not exist, and the option \"create\" is false",
                       tree.full(key), tree.root());
  }
  int error = ENOENT;
  for (int i = 0; error == ENOENT && i < Tree::attempts; ++i) {
    error = detail::replace_once(tree, key, writing, old, options, status);
  }
  if (error == EEXIST && writing.if_absent()) throw sdk::Error(ZEO_CONFLICT, "there is a value already");
  if (error == ECANCELED) throw sdk::Error(ZEO_CANCELLED, "cancelled");
  if (error == ESTALE && writing.keeps()) throw sdk::Error(ZEO_CONFLICT, "the value became shorter meanwhile");
  if (error != 0) throw describe(error, "write", tree.full(key));
  return status;
}

/// Overwrites bytes of a file in place: readers may see half of it, and so does a failure.
inline void overwrite(const Fd& file, std::uint64_t offset, sdk::Bytes bytes, const Durable* durable,
                      std::string_view path) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = retry([&] {
      return ::pwrite(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    });
    if (n <= 0) throw describe(n == 0 ? ENOSPC : errno, "write", path);
    done += static_cast<std::size_t>(n);
  }
  if (const int error = detail::settle(file, durable)) throw describe(error, "write", path);
}

}  // namespace zeolite::file
