// SPDX-License-Identifier: Apache-2.0
//
// A directory as a store: a key is the relative path of a file. Source: Zarr v3 "File system store", version 1.0.
#include <charconv>
#include <iterator>

#include <zeolite/sdk/store.hpp>

#include "absent.hpp"
#include "durable.hpp"
#include "listing.hpp"
#include "location.hpp"
#include "removal.hpp"
#include "tree.hpp"
#include "writer.hpp"

using namespace zeolite;

namespace {

/// Made of inode, size and times: whoever replaces or changes a file changes one of them, as far as the clock can tell.
std::string generation_of(const struct stat& status) {
  const auto ns = [](const timespec& t) { return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
  const std::uint64_t parts[] = {status.st_ino, static_cast<std::uint64_t>(status.st_size), ns(status.st_mtim),
                                 ns(status.st_ctim)};
  // Every read asks for it, so it is short enough for a string without an allocation: mixed as by MurmurHash3.
  std::uint64_t mixed = 0;
  for (const auto part : parts) {
    mixed = (mixed ^ part) * 0xFF51AFD7ED558CCD;
    mixed = (mixed ^ mixed >> 33) * 0xC4CEB9FE1A85EC53;
    mixed ^= mixed >> 33;
  }
  char text[13];
  return {text, std::to_chars(text, std::end(text), mixed, 36).ptr};
}

class FileStore : public sdk::BlockingStore {
 public:
  static constexpr sdk::Names names{.name = "file", .aliases = {"@path"}};

  void fields(sdk::Fields& f) override {
    f.required("url", url_);
    f.optional("create", create_);
    f.optional("fsync", fsync_);
    f.optional("follow_links", follow_links_);
  }

  void created(const sdk::Call&) override {
    tree_ = file::Tree(file::path_of(url_), follow_links_);
    if (fsync_) durable_ = std::make_unique<file::Durable>();
    url_ = file::url_of(tree_.root());
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(tree_.root(), error);
    place_ = file::url_of(error ? tree_.root() : canonical.string());
    if (!place_.ends_with('/')) place_ += '/';
    struct stat status;
    if (::stat(tree_.root().c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
      throw sdk::invalid("\"{}\" is a file, but a store is a directory", tree_.root());
    }
  }

  sdk::StoreProperties properties() const override {
    // Measured: what a second read costs on a disk (40 us), reading 32 KiB more costs, too; in the page cache both are
    // cheap. Copying in the kernel took 0.8 to 0.9 of reading and writing, for ranges from 4 KiB to 1 MiB; shorter ones
    // the host joins with others, and from which length on keeping is better than that was not measured.
    return {.writable = true,
            .listable = true,
            .deletable = true,
            .atomic_set = true,
            .ranged_set = true,
            .create_only = true,
            .progressive = true,
            .latency_ns = 20'000,
            .merge_gap_bytes = 32 << 10,
            .concurrency = 32,
            .least_kept_bytes = 64 << 10};
  }

  bool place(std::string_view key, sdk::Out& name) const override {
    name.append(place_ + file::url_of(key).substr(7));
    return true;
  }

  void prepare(std::span<const sdk::Operation>) override {
    tree_.hold_root();
    absent_.begin_batch();
  }

  bool get(std::string_view key, sdk::Reading& reading) override {
    if (absent_.covers(key)) {
      file::check_key(key);
      return false;
    }
    struct stat status;
    const auto file = open_value(key, O_RDONLY, "read", status);
    if (!file) {
      absent_.missed(key, [&](std::string_view directory) {
        return tree_.open(directory, O_PATH | O_DIRECTORY).error() == ENOENT;
      });
      return false;
    }
    reading.each_range(static_cast<std::uint64_t>(status.st_size),
                       [&](std::uint64_t offset, std::span<std::uint8_t> to) { read(key, file, offset, to); });
    reading.info.generation = generation_of(status);
    return true;
  }

  std::optional<sdk::ValueInfo> head(std::string_view key) override {
    struct stat status;
    if (!open_value(key, O_PATH, "look at", status)) return std::nullopt;
    return sdk::ValueInfo{static_cast<std::uint64_t>(status.st_size), generation_of(status)};
  }

  void set(std::string_view key, sdk::Writing& writing) override {
    file::check_key(key);
    file::Old old;
    if (writing.keeps()) {
      old = open_old(key, writing.if_match());
      old.check = [&] { check(head(key), writing.if_match()); };
    }
    const auto status = file::replace(tree_, key, writing, old, {.create = create_, .durable = durable_.get()});
    writing.info = {static_cast<std::uint64_t>(status.st_size), generation_of(status)};
  }

  bool set_range(std::string_view key, std::uint64_t offset, sdk::Bytes bytes) override {
    struct stat status;
    const auto file = open_value(key, O_WRONLY, "write", status);
    if (!file) return false;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (offset > size || bytes.size() > size - offset) {
      throw sdk::invalid("{} bytes at {} do not lie inside the value of {} bytes", bytes.size(), offset, size);
    }
    file::overwrite(file, offset, bytes, durable_.get(), tree_.full(key));
    return true;
  }

  void erase(std::string_view key) override {
    file::check_key(key);
    file::remove_value(tree_, key, durable_.get());
  }

  void erase_prefix(std::string_view prefix) override {
    file::check_prefix(prefix);
    file::remove_prefix(tree_, prefix, durable_.get());
  }

  void list(sdk::Listing& listing) override {
    file::check_prefix(listing.prefix());
    file::Walk(tree_, host(), listing).run();
  }

 private:
  /// Opens the file of a value. None: there is no such file.
  file::Fd open_value(std::string_view key, int flags, std::string_view action, struct stat& status) const {
    file::check_key(key);
    // A pipe in the file's place must not make the call wait for its other end.
    auto file = tree_.open(key, flags == O_PATH ? flags : flags | O_NONBLOCK | O_NOCTTY);
    if (file.error() == ENOENT || file.error() == ENOTDIR || file.error() == EISDIR) return file;
    if (!file) throw file::describe(file.error(), action, tree_.full(key));
    if (::fstat(file.get(), &status) != 0) throw file::describe(errno, action, tree_.full(key));
    if (S_ISDIR(status.st_mode)) return file::Fd::failed(ENOENT);
    if (!S_ISREG(status.st_mode)) {
      throw sdk::failure(ZEO_IO, "cannot {} \"{}\": it is not a regular file", action, tree_.full(key));
    }
    return file;
  }

  /// The value that is replaced, when it is still the one that is meant.
  file::Old open_old(std::string_view key, std::string_view generation) const {
    struct stat status;
    auto file = open_value(key, O_RDONLY, "read", status);
    const auto bytes = file ? static_cast<std::uint64_t>(status.st_size) : 0;
    check(file ? std::optional(sdk::ValueInfo{bytes, generation_of(status)}) : std::nullopt, generation);
    return {std::move(file), bytes};
  }

  static void check(const std::optional<sdk::ValueInfo>& found, std::string_view generation) {
    sdk::Writing::check_conditions(generation, {}, found ? &found->generation : nullptr);
  }

  void read(std::string_view key, const file::Fd& file, std::uint64_t offset, std::span<std::uint8_t> to) const {
    for (std::size_t done = 0; done < to.size();) {
      const auto n = file::retry(
          [&] { return ::pread(file.get(), to.data() + done, to.size() - done, static_cast<off_t>(offset + done)); });
      if (n < 0) throw file::describe(errno, "read", tree_.full(key));
      if (n == 0) {
        throw sdk::failure(ZEO_CONFLICT, "cannot read \"{}\": it became shorter while it was read (at byte {})",
                           tree_.full(key), offset + done);
      }
      done += static_cast<std::size_t>(n);
    }
  }

  std::string url_;
  std::string place_;  ///< the URL of the root, links resolved, "/" at its end
  bool create_ = true;
  bool fsync_ = false;
  bool follow_links_ = false;
  file::Tree tree_;
  file::Absent absent_;
  std::unique_ptr<file::Durable> durable_;  ///< null without fsync
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.file", "1.0.0", "Apache-2.0", FileStore)
