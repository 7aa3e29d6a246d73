// SPDX-License-Identifier: Apache-2.0
#include "limit.hpp"

#include <algorithm>

#include <dirent.h>
#include <boost/json.hpp>

namespace zeolite::bench {
namespace {

/// All directories below one, each with its parsed document.
class List : public Job {
 public:
  explicit List(const Workload& workload) : path_(workload.path) {}

  void run() override {
    nodes_ = 0;
    const File root(AT_FDCWD, path_.c_str(), O_RDONLY | O_DIRECTORY);
    visit(root);
  }
  std::uint64_t number() const override { return nodes_; }

 private:
  void visit(const File& directory) {
    bool group = false;
    {
      const File file(directory.get(), "zarr.json");
      if (!file) return;
      char text[65536];
      const auto size = file.read(text, sizeof text, 0);
      group = boost::json::parse({text, size}).at("node_type") == "group";
    }
    ++nodes_;
    if (!group) return;
    auto* const entries = ::fdopendir(::dup(directory.get()));
    while (const auto* const entry = ::readdir(entries)) {
      if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
      visit(File(directory.get(), entry->d_name, O_RDONLY | O_DIRECTORY));
    }
    ::closedir(entries);
  }

  const std::string path_;
  std::uint64_t nodes_ = 0;
};

/// Single elements of a one-dimensional rectilinear array without codecs, in the order of their places: each file is
/// opened once.
class Lookups : public Job {
 public:
  explicit Lookups(const Workload& workload) : workload_(workload), pool_(workload.threads) {}

  void run() override {
    const File directory(AT_FDCWD, workload_.path.c_str(), O_RDONLY | O_DIRECTORY);
    const auto layout = parse_layout(document(directory));
    elements_.assign(workload_.n * layout.item_bytes, std::byte{0});
    sort();
    constexpr std::uint64_t grain = 512;
    pool_.for_each((workload_.n + grain - 1) / grain, [&](std::uint64_t block) {
      look_up(layout, directory, block * grain, std::min(workload_.n, (block + 1) * grain));
    });
  }

  Output output() const override { return elements_; }

 private:
  struct Asked {
    std::uint64_t place, number;
  };

  static std::string document(const File& directory) {
    const File file(directory.get(), "zarr.json");
    std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    file.read(text.data(), text.size(), 0);
    return text;
  }

  /// By 11 bits of the place at a time, the lowest first.
  void sort() {
    constexpr unsigned bits = 11;
    constexpr std::uint64_t mask = (1 << bits) - 1;
    asked_.clear();
    std::uint64_t all = 0;
    for (const auto place : workload_.origins) {
      all |= place;
      asked_.push_back({place, asked_.size()});
    }
    other_.resize(asked_.size());
    for (unsigned shift = 0; shift < 64 && all >> shift != 0; shift += bits) {
      std::uint64_t next[mask + 2] = {};
      for (const auto& one : asked_) ++next[(one.place >> shift & mask) + 1];
      for (std::uint64_t i = 0; i < mask; ++i) next[i + 1] += next[i];
      for (const auto& one : asked_) other_[next[one.place >> shift & mask]++] = one;
      asked_.swap(other_);
    }
  }

  /// Those from `i` to `end`. Those of one chunk all belong to where the first of them is.
  void look_up(const Layout& layout, const File& directory, std::uint64_t i, std::uint64_t end) {
    const auto& edges = layout.edges.at(0);
    const auto after = std::upper_bound(edges.begin(), edges.end(), asked_[i].place);
    auto chunk = static_cast<std::uint64_t>(after - edges.begin() - 1);
    if (i > 0 && asked_[i - 1].place >= edges[chunk]) i = after_chunk(i, edges[chunk + 1]);
    while (i < end) {
      while (edges[chunk + 1] <= asked_[i].place) ++chunk;
      const auto last = after_chunk(i, edges[chunk + 1]);
      read_chunk(layout, directory, chunk, i, last);
      i = last;
    }
  }

  std::uint64_t after_chunk(std::uint64_t i, std::uint64_t edge) const {
    while (i < asked_.size() && asked_[i].place < edge) ++i;
    return i;
  }

  void read_chunk(const Layout& layout, const File& directory, std::uint64_t chunk, std::uint64_t i,
                  std::uint64_t end) {
    char key[64];
    write_key(key, &chunk, 1);
    const File file(directory.get(), key);
    if (!file) return;
    const auto item_bytes = layout.item_bytes;
    for (; i < end; ++i) {
      file.read(elements_.data() + asked_[i].number * item_bytes, item_bytes,
                (asked_[i].place - layout.edges[0][chunk]) * item_bytes);
    }
  }

  const Workload workload_;
  Pool pool_;
  std::vector<Asked> asked_, other_;
  std::vector<std::byte> elements_;
};

std::unique_ptr<Job> open_job(const Workload& workload) {
  if (workload.store == "memory") return open_memory(workload);
  if (workload.store == "slow") return open_slow(workload);
  if (workload.kind == "read") return open_read(workload);
  if (workload.kind == "read_many") return open_read_many(workload);
  if (workload.kind == "read_slabs") return open_read_slabs(workload);
  if (workload.kind == "write") return open_write(workload);
  if (workload.kind == "replace") return open_replace(workload);
  if (workload.kind == "list") return std::make_unique<List>(workload);
  if (workload.kind == "lookups") return std::make_unique<Lookups>(workload);
  throw Unsupported{"there is no workload of kind " + workload.kind};
}

}  // namespace
}  // namespace zeolite::bench

int main() { return zeolite::bench::serve("pread, c-blosc, zstd, libdeflate", &zeolite::bench::open_job); }
