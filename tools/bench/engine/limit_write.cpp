// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <sys/stat.h>

#include "limit.hpp"

namespace zeolite::bench {
namespace {

/// CRC-32C, bit by bit: the index of a shard is short.
std::uint32_t crc32c(const std::byte* data, std::size_t bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 0; i < bytes; ++i) {
    crc ^= std::to_integer<std::uint32_t>(data[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0x82F63B78 & (0 - (crc & 1)));
  }
  return ~crc;
}

/// Writes to a temporary name, then renames: readers see the old value or the new one.
template <class Write>
void replace(int directory, const char* key, Write&& write) {
  char temporary[300];
  std::snprintf(temporary, sizeof temporary, "%s.tmp", key);
  {
    const File file(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) throw std::runtime_error("cannot create a chunk");
    write(file);
  }
  if (::renameat(directory, temporary, directory, key) != 0) throw std::runtime_error("rename failed");
}

void replace(int directory, const char* key, const std::byte* data, std::size_t bytes) {
  replace(directory, key, [&](const File& file) { file.write(data, bytes); });
}

void gather(const std::byte* from, const Shape& from_strides, std::byte* to, const Shape& shape,
            std::uint64_t item_bytes) {
  const auto row = shape.back() * item_bytes;
  Shape index(shape.size() - 1, 0);
  for (;;) {
    const auto* place = from;
    for (std::size_t i = 0; i < index.size(); ++i) place += index[i] * from_strides[i];
    std::memcpy(to, place, row);
    to += row;
    std::size_t axis = index.size();
    for (;;) {
      if (axis == 0) return;
      --axis;
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

class Write : public Job {
 public:
  explicit Write(const Workload& workload)
      : workload_(workload), layout_(parse_layout(workload.metadata)), pool_(workload.threads) {
    auto stride = layout_.item_bytes;
    strides_.resize(layout_.ndim());
    for (auto i = layout_.ndim(); i-- > 0; stride *= layout_.shape[i]) strides_[i] = stride;
    for (std::size_t i = 0; i < layout_.ndim(); ++i) counts_.push_back(layout_.shape[i] / layout_.chunk[i]);
  }

  void run() override {
    std::filesystem::create_directories(workload_.target);
    const File directory(AT_FDCWD, workload_.target.c_str(), O_RDONLY | O_DIRECTORY);
    replace(directory.get(), "zarr.json", reinterpret_cast<const std::byte*>(workload_.metadata.data()),
            workload_.metadata.size());
    make_directories();
    pool_.for_each(product(counts_), [&](std::uint64_t number) { write_chunk(directory.get(), number); });
  }

 private:
  void make_directories() const {
    const auto outer = layout_.ndim() - 1;
    Shape above(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(outer));
    for (std::uint64_t number = 0; number < product(above); ++number) {
      std::uint64_t id[8] = {};
      auto left = number;
      for (auto i = outer; i-- > 0; left /= counts_[i]) id[i] = left % counts_[i];
      char key[256];
      write_key(key, id, outer);
      std::filesystem::create_directories(workload_.target + "/" + key);
    }
  }

  void write_chunk(int directory, std::uint64_t number) {
    const auto ndim = layout_.ndim();
    std::uint64_t id[8] = {};
    for (auto i = ndim; i-- > 0; number /= counts_[i]) id[i] = number % counts_[i];
    char key[256];
    write_key(key, id, ndim);
    const auto* from = workload_.source.data();
    for (std::size_t i = 0; i < ndim; ++i) from += id[i] * layout_.chunk[i] * strides_[i];
    const auto bytes = layout_.chunk_bytes();
    auto* const chunk = scratch(0, bytes);
    if (!layout_.inner.empty()) return write_shard(directory, key, from, chunk);
    gather(from, strides_, chunk, layout_.chunk, layout_.item_bytes);
    if (layout_.codec.empty()) return replace(directory, key, chunk, bytes);
    const auto room = compress_bound(layout_, bytes);
    auto* const encoded = scratch(1, room);
    replace(directory, key, encoded, compress(layout_, chunk, bytes, encoded, room));
  }

  void write_shard(int directory, const char* key, const std::byte* from, std::byte* chunk) {
    const auto ndim = layout_.ndim();
    Shape counts(ndim);
    for (std::size_t i = 0; i < ndim; ++i) counts[i] = layout_.chunk[i] / layout_.inner[i];
    const auto n = product(counts);
    const auto bytes = layout_.chunk_bytes();
    const auto bound = compress_bound(layout_, bytes);
    auto* const shard = scratch(1, n * bound + n * 16 + 4);
    std::vector<std::uint64_t> index;
    std::uint64_t end = 0;
    for (std::uint64_t k = 0; k < n; ++k) {
      const auto* place = from;
      auto left = k;
      for (auto i = ndim; i-- > 0; left /= counts[i]) place += left % counts[i] * layout_.inner[i] * strides_[i];
      gather(place, strides_, chunk, layout_.inner, layout_.item_bytes);
      const auto size = compress(layout_, chunk, bytes, shard + end, bound);
      index.insert(index.end(), {end, size});
      end += size;
    }
    std::memcpy(shard + end, index.data(), n * 16);
    const auto crc = crc32c(shard + end, n * 16);
    std::memcpy(shard + end + n * 16, &crc, 4);
    replace(directory, key, shard, end + n * 16 + 4);
  }

  const Workload workload_;
  const Layout layout_;
  Pool pool_;
  Shape strides_, counts_;
};

/// One inner chunk of a shard of uncompressed ones: its bytes change, the rest is carried over by the kernel.
class Replace : public FileJob {
 public:
  explicit Replace(const Workload& workload) : FileJob(workload) {}

  void run() override {
    ++round_;
    for (std::uint64_t i = 0; i < workload_.n; ++i) replace_one(workload_.origins.data() + i * layout_.ndim());
  }

 private:
  void replace_one(const std::uint64_t* origin) {
    const auto ndim = layout_.ndim();
    std::uint64_t id[8], n = 1, k = 0;
    for (std::size_t i = 0; i < ndim; ++i) {
      id[i] = origin[i] / layout_.chunk[i];
      const auto count = layout_.chunk[i] / layout_.inner[i];
      n *= count;
      k = k * count + origin[i] % layout_.chunk[i] / layout_.inner[i];
    }
    char key[256];
    write_key(key, id, ndim);
    const auto bytes = layout_.chunk_bytes();
    auto* const inner = scratch(0, bytes);
    std::memset(inner, 0, bytes);
    for (std::uint64_t at = 0; at < bytes; at += layout_.item_bytes) inner[at] = static_cast<std::byte>(round_);
    const File old(directory_.get(), key);
    struct stat status;
    if (!old || ::fstat(old.get(), &status) != 0) throw std::runtime_error("cannot open a shard");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    std::uint64_t entry[2];
    if (old.read(entry, 16, size - n * 16 - (layout_.index_crc ? 4 : 0) + k * 16) != 16 || entry[1] != bytes) {
      throw std::runtime_error("the index is not as expected");
    }
    replace(directory_.get(), key, [&](const File& file) {
      copy_range(old, 0, entry[0], file);
      file.write(inner, bytes);
      copy_range(old, entry[0] + bytes, size, file);
    });
  }

  static void copy_range(const File& from, std::uint64_t begin, std::uint64_t end, const File& to) {
    auto offset = static_cast<off_t>(begin);
    while (offset < static_cast<off_t>(end)) {
      const auto left = end - static_cast<std::uint64_t>(offset);
      if (::copy_file_range(from.get(), &offset, to.get(), nullptr, left, 0) <= 0) {
        throw std::runtime_error("copy_file_range failed");
      }
    }
  }

  unsigned round_ = 0;
};

}  // namespace

std::unique_ptr<Job> open_write(const Workload& workload) { return std::make_unique<Write>(workload); }
std::unique_ptr<Job> open_replace(const Workload& workload) { return std::make_unique<Replace>(workload); }

}  // namespace zeolite::bench
