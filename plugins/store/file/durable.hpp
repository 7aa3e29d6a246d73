// SPDX-License-Identifier: Apache-2.0
//
// What it takes for names to outlast a power failure. The name of a file is kept by its folder, and the folder's by the
// one above: each has to reach the disk, whoever has made it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <vector>

#include <sys/stat.h>

#include "tree.hpp"

namespace zeolite::file {

/// Thread-safe.
class Durable {
 public:
  /// As ::fsync, which tests watch.
  using Sync = std::function<int(int)>;
  explicit Durable(Sync sync = ::fsync) : sync_(std::move(sync)) {}

  /// Waits until the bytes of a file, or the names in a folder, are on the disk: 0 or the error.
  int sync(const Fd& file) const { return sync_(file.get()) == 0 ? 0 : errno; }

  /// The same for the folder's own name, and the names of those above it, up to the root of the file system: 0 or the
  /// error. A folder that was there already may have been made a moment ago by somebody who has not come to this yet.
  /// Done once for each folder.
  int keep_name(const Fd& folder) {
    std::vector<Identity> kept;
    std::uint64_t removals = 0;
    {
      const std::lock_guard lock(mutex_);
      removals = removals_;
    }
    Fd above;
    for (const Fd* here = &folder;;) {
      const auto identity = identity_of(*here);
      if (!identity) return errno;
      if (is_known(*identity)) break;
      Fd next(::openat(here->get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!next) {
        // It may only be passed through. Then all of the file system has to do.
        if (::syncfs(here->get()) != 0) return errno;
        kept.push_back(*identity);
        break;
      }
      const auto parent = identity_of(next);
      if (!parent) return errno;
      // Where another file system begins nobody has made a folder.
      const bool top = *parent == *identity || parent->device != identity->device;
      if (!top) {
        if (const int error = sync(next)) return error;
      }
      kept.push_back(*identity);
      if (top) break;
      above = std::move(next);
      here = &above;
    }
    if (kept.empty()) return 0;
    const std::lock_guard lock(mutex_);
    if (removals != removals_) return 0;
    if (known_.size() >= most_known) known_.clear();
    known_.insert(kept.begin(), kept.end());
    return 0;
  }

  /// A removal that is under way: until it has reached the disk, what is gone may come back.
  class Removal {
   public:
    explicit Removal(Durable* durable) : durable_(durable) {
      if (durable_ != nullptr) ++durable_->removing_;
    }
    ~Removal() {
      if (durable_ != nullptr) --durable_->removing_;
    }
    Removal(const Removal&) = delete;
    Removal& operator=(const Removal&) = delete;

   private:
    Durable* const durable_;
  };
  bool others_remove() const { return removing_ > 1; }

  /// A folder was removed: another one may look like it.
  void forget() {
    const std::lock_guard lock(mutex_);
    ++removals_;
    known_.clear();
  }

 private:
  static constexpr std::size_t most_known = 1 << 14;  // a megabyte or so

  /// When it was made tells a folder from one that had its number before.
  struct Identity {
    std::uint64_t device = 0, inode = 0;
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    bool operator==(const Identity&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Identity& identity) const {
      return static_cast<std::size_t>(identity.inode * 0x9E3779B97F4A7C15 ^ identity.nanoseconds ^ identity.device);
    }
  };

  /// None: errno says why.
  static std::optional<Identity> identity_of(const Fd& folder) {
    struct statx status {};
    if (::statx(folder.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return std::nullopt;
    Identity identity{std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor, status.stx_ino};
    // Not every file system tells; then the number has to do.
    if ((status.stx_mask & STATX_BTIME) != 0) {
      identity.seconds = status.stx_btime.tv_sec;
      identity.nanoseconds = status.stx_btime.tv_nsec;
    }
    return identity;
  }

  bool is_known(const Identity& identity) {
    const std::lock_guard lock(mutex_);
    return known_.contains(identity);
  }

  const Sync sync_;
  std::atomic<int> removing_ = 0;
  std::mutex mutex_;
  std::uint64_t removals_ = 0;                // guarded by mutex_
  std::unordered_set<Identity, Hash> known_;  // guarded by mutex_; folders whose names are on the disk
};

}  // namespace zeolite::file
