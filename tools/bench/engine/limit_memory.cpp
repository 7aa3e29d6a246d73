// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "limit.hpp"

namespace zeolite::bench {
namespace {

/// All chunks of a line of uncompressed ones, from a hash map of keys.
class ReadMemory : public Job {
 public:
  explicit ReadMemory(const Workload& workload)
      : layout_(parse_layout(read_file(workload.path + "/zarr.json"))), pool_(workload.threads) {
    each_file(workload.path, [&](const std::string& key, std::string bytes) { values_[key] = std::move(bytes); });
  }

  void prepare() override { output_ = Memory(); }

  void run() override {
    output_ = Memory(layout_.shape[0] * layout_.item_bytes);
    const auto bytes = layout_.chunk_bytes();
    const auto n = layout_.shape[0] / layout_.chunk[0];
    constexpr std::uint64_t grain = 1024;
    pool_.for_each((n + grain - 1) / grain, [&](std::uint64_t block) {
      char key[64];
      for (auto i = block * grain; i < std::min(n, (block + 1) * grain); ++i) {
        write_key(key, &i, 1);
        const auto found = values_.find(std::string_view(key));
        if (found == values_.end() || found->second.size() != bytes) throw std::runtime_error("a chunk is not there");
        std::memcpy(output_.data() + i * bytes, found->second.data(), bytes);
      }
    });
  }

  Output output() const override { return {output_.data(), output_.size()}; }

 private:
  /// Finds keys that are no strings.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  const Layout layout_;
  Pool pool_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> values_;
  Memory output_;
};

}  // namespace

std::unique_ptr<Job> open_memory(const Workload& workload) {
  if (workload.kind != "read") throw Unsupported{"from memory all chunks are read, or none"};
  return std::make_unique<ReadMemory>(workload);
}

}  // namespace zeolite::bench
