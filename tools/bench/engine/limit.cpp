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

/// Single elements of a one-dimensional rectilinear array without codecs.
class Lookups : public Job {
 public:
  explicit Lookups(const Workload& workload) : workload_(workload) {}

  void run() override {
    const auto layout = parse_layout(read_file(workload_.path + "/zarr.json"));
    const File directory(AT_FDCWD, workload_.path.c_str(), O_RDONLY | O_DIRECTORY);
    elements_.assign(workload_.n * layout.item_bytes, std::byte{0});
    const auto& edges = layout.edges.at(0);
    for (std::uint64_t i = 0; i < workload_.n; ++i) {
      const auto place = workload_.origins[i];
      const auto after = std::upper_bound(edges.begin(), edges.end(), place);
      const auto chunk = static_cast<std::uint64_t>(after - edges.begin() - 1);
      char key[64];
      write_key(key, &chunk, 1);
      const File file(directory.get(), key);
      if (!file) continue;
      file.read(elements_.data() + i * layout.item_bytes, layout.item_bytes,
                (place - edges[chunk]) * layout.item_bytes);
    }
  }

  Output output() const override { return elements_; }

 private:
  const Workload workload_;
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
