// SPDX-License-Identifier: Apache-2.0
//
// Directories that are not there: of a million chunks that nobody has written, mostly the directory is missing, too,
// and looking for that takes no longer than looking for one of them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "tree.hpp"

namespace zeolite::file {

/// What gets of the batches under way have found to be missing. Thread-safe.
///
/// A directory is missing until the next batch begins, no longer. So every get that is answered by it belongs to a
/// batch that had begun when the directory was looked for, and what was written before a batch is found by it.
class Absent {
 public:
  void begin_batch() { batch_.fetch_add(1, std::memory_order_acq_rel); }

  /// Whether the key lies in a directory that is not there.
  bool covers(std::string_view key) {
    auto& found = found_[thread_slot(found_.size())];
    const auto batch = batch_.load(std::memory_order_acquire);
    if (found.batch.load(std::memory_order_relaxed) != batch) return false;
    const std::lock_guard lock(found.mutex);
    if (found.batch.load(std::memory_order_relaxed) != batch || !found.is_missing) return false;
    const auto length = found.directory.size();
    return key.size() > length && key.starts_with(found.directory) && key[length] == '/';
  }

  /// There is no value under the key. Where another one of the same directory is missing, too, missing(directory) tells
  /// whether the directory is; a single value is not worth asking.
  template <class Missing>
  void missed(std::string_view key, Missing&& missing) {
    auto directory = split(key).first;
    if (directory.empty()) return;
    auto& found = found_[thread_slot(found_.size())];
    const std::lock_guard lock(found.mutex);
    const auto batch = batch_.load(std::memory_order_acquire);  // before anything is looked for
    if (found.batch.load(std::memory_order_relaxed) != batch || found.directory != directory) {
      found.directory = directory;
      found.is_asked = found.is_missing = false;
      found.batch.store(batch, std::memory_order_relaxed);
      return;
    }
    if (found.is_asked) return;
    found.is_asked = true;
    // The highest one that is missing: keys of other directories in it follow.
    for (; !directory.empty() && missing(directory); directory = split(directory).first) {
      found.is_missing = true;
      found.directory = std::string(directory);
    }
  }

 private:
  /// Of the threads that share it.
  struct alignas(64) Found {
    std::mutex mutex;
    std::atomic<std::uint64_t> batch{0};  // the last one that had begun when it was found
    std::string directory;                // of the value that was missing last, or a missing one above it
    bool is_asked = false;                // whether the directory has been looked for
    bool is_missing = false;
  };

  std::atomic<std::uint64_t> batch_{0};
  std::array<Found, 8> found_;
};

}  // namespace zeolite::file
