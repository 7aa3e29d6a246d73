// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "limit.hpp"

namespace zeolite::bench {
namespace {

constexpr std::size_t slab_bytes = std::size_t{256} << 10;

/// A part of a chunk and where it goes: the box [first, first + shape * step) of the chunk, in C order.
struct Part {
  Shape first, shape;         ///< in the chunk
  std::uint64_t to_byte = 0;  ///< of the output
};

Shape strides_of(const Shape& shape, std::uint64_t item_bytes) {
  Shape strides(shape.size());
  auto stride = item_bytes;
  for (auto i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/// Copies rows of `shape` elements from one strided place to another; the last axis is the row.
template <class Row>
void each_row(const Shape& shape, const Shape& from, const Shape& to, Row row) {
  const auto outer = shape.size() - 1;
  Shape index(outer, 0);
  std::uint64_t a = 0, b = 0;
  for (;;) {
    row(a, b);
    std::size_t axis = outer;
    for (;;) {
      if (axis == 0) return;
      --axis;
      a += from[axis];
      b += to[axis];
      if (++index[axis] < shape[axis]) break;
      a -= from[axis] * shape[axis];
      b -= to[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

void copy_items(std::byte* to, std::uint64_t to_step, const std::byte* from, std::uint64_t from_step, std::uint64_t n,
                std::uint64_t bytes, bool swap) {
  if (!swap && to_step == bytes && from_step == bytes) {
    std::memcpy(to, from, n * bytes);
    return;
  }
  if (bytes == 2 && !swap) {
    for (std::uint64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, 2);
  } else if (bytes == 4 && swap) {
    for (std::uint64_t i = 0; i < n; ++i) {
      std::uint32_t item;
      std::memcpy(&item, from + i * from_step, 4);
      item = __builtin_bswap32(item);
      std::memcpy(to + i * to_step, &item, 4);
    }
  } else {
    for (std::uint64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, bytes);
  }
}

class Read : public FileJob {
 public:
  explicit Read(const Workload& workload)
      : FileJob(workload),
        pool_(workload.threads),
        shape_(workload.box_shape()),
        strides_(strides_of(shape_, layout_.item_bytes)),
        bytes_(product(shape_) * layout_.item_bytes) {
    if (!workload.fresh) output_ = Memory(bytes_);
    find_chunks();
  }

  void prepare() override {
    if (workload_.fresh) output_ = Memory();
  }

  void run() override {
    if (workload_.fresh) output_ = Memory(bytes_);
    read_box();
  }

  Output output() const override { return {output_.data(), output_.size()}; }

  /// The box of the same shape that begins at another plane, into the same memory.
  void read_from(std::uint64_t plane) {
    workload_.stop[0] = plane + shape_[0];
    workload_.start[0] = plane;
    find_chunks();
    if (output_.size() == 0) output_ = Memory(bytes_);
    read_box();
  }

 private:
  /// The chunks the box touches.
  void find_chunks() {
    first_.clear();
    counts_.clear();
    for (std::size_t i = 0; i < shape_.size(); ++i) {
      first_.push_back(workload_.start[i] / layout_.chunk[i]);
      counts_.push_back((workload_.stop[i] - 1) / layout_.chunk[i] - first_[i] + 1);
    }
  }

  void read_box() {
    const auto n = product(counts_);
    // Small chunks are taken several at a time.
    const auto grain = std::max<std::uint64_t>(1, std::min<std::uint64_t>(n / (8 * workload_.threads), 1024));
    pool_.for_each((n + grain - 1) / grain, [&](std::uint64_t block) {
      for (auto i = block * grain; i < std::min(n, (block + 1) * grain); ++i) read_chunk(i);
    });
  }

  void read_chunk(std::uint64_t number) {
    const auto ndim = shape_.size();
    std::uint64_t id[8] = {};
    for (auto i = ndim; i-- > 0; number /= counts_[i]) id[i] = first_[i] + number % counts_[i];
    char key[256];
    write_key(key, id, ndim);
    const File file(directory_.get(), key);
    Shape origin(ndim);
    for (std::size_t i = 0; i < ndim; ++i) origin[i] = id[i] * layout_.chunk[i];
    if (layout_.inner.empty()) {
      const auto part = cut(origin, layout_.chunk);
      if (!file) return fill(part);
      read_plain(file, part);
    } else {
      read_shard(file, origin);
    }
  }

  /// What of the box lies in a chunk.
  Part cut(const Shape& origin, const Shape& chunk) const {
    Part part;
    for (std::size_t i = 0; i < shape_.size(); ++i) {
      const auto step = workload_.step[i];
      const auto start = workload_.start[i];
      const auto from = origin[i] <= start ? 0 : (origin[i] - start + step - 1) / step;
      const auto end = std::min(origin[i] + chunk[i], workload_.stop[i]);
      const auto first = start + from * step;
      part.first.push_back(first - origin[i]);
      part.shape.push_back(first < end ? (end - first + step - 1) / step : 0);
      part.to_byte += from * strides_[i];
    }
    return part;
  }

  void fill(const Part& part) {
    if (std::find(part.shape.begin(), part.shape.end(), 0u) != part.shape.end()) return;
    each_row(part.shape, strides_, strides_, [&](std::uint64_t, std::uint64_t to) {
      std::memset(output_.data() + part.to_byte + to, 0, part.shape.back() * layout_.item_bytes);
    });
  }

  void read_plain(const File& file, const Part& part) {
    const auto bytes = layout_.chunk_bytes();
    if (layout_.codec.empty() && part.shape == layout_.chunk && !layout_.reversed && !layout_.big_endian) {
      return read_raw(file, part);
    }
    std::byte* chunk = scratch(0, bytes);
    if (layout_.codec.empty()) {
      if (file.read(chunk, bytes, 0) != bytes) throw std::runtime_error("short chunk");
    } else {
      const auto room = bytes + bytes / 8 + 65536;
      auto* const encoded = scratch(1, room);
      decompress(layout_, encoded, file.read(encoded, room, 0), chunk, bytes);
    }
    scatter(chunk, layout_.chunk, part);
  }

  /// Rows go to their places while a slab of them is in the cache; one that lies there as it is goes there at once.
  void read_raw(const File& file, const Part& part) {
    const auto strides = strides_of(layout_.chunk, layout_.item_bytes);
    const auto bytes = layout_.chunk_bytes();
    auto is_run = true;
    for (std::size_t i = 0; i < strides.size(); ++i) is_run &= layout_.chunk[i] == 1 || strides[i] == strides_[i];
    if (is_run) {
      if (file.read(output_.data() + part.to_byte, bytes, 0) != bytes) throw std::runtime_error("short chunk");
      return;
    }
    const auto row = strides.front() <= slab_bytes ? std::max<std::uint64_t>(1, slab_bytes / strides.front()) : 1;
    if (strides.front() > slab_bytes * 4) return read_deep(file, part);
    auto* const slab = scratch(0, row * strides.front());
    for (std::uint64_t i = 0; i < layout_.chunk[0]; i += row) {
      Shape shape = layout_.chunk;
      shape[0] = std::min(row, layout_.chunk[0] - i);
      const auto size = shape[0] * strides.front();
      if (file.read(slab, size, i * strides.front()) != size) throw std::runtime_error("short chunk");
      auto* const to = output_.data() + part.to_byte + i * strides_[0];
      each_row(shape, strides, strides_, [&](std::uint64_t a, std::uint64_t b) {
        std::memcpy(to + b, slab + a, shape.back() * layout_.item_bytes);
      });
    }
  }

  void read_deep(const File& file, const Part& part) {
    const auto bytes = layout_.chunk_bytes();
    auto* const chunk = scratch(0, bytes);
    if (file.read(chunk, bytes, 0) != bytes) throw std::runtime_error("short chunk");
    scatter(chunk, layout_.chunk, part);
  }

  void scatter(const std::byte* chunk, const Shape& chunk_shape, const Part& part) {
    if (std::find(part.shape.begin(), part.shape.end(), 0u) != part.shape.end()) return;
    const auto ndim = shape_.size();
    Shape stored = chunk_shape;
    if (layout_.reversed) std::reverse(stored.begin(), stored.end());
    auto strides = strides_of(stored, layout_.item_bytes);
    if (layout_.reversed) std::reverse(strides.begin(), strides.end());
    const auto* from = chunk;
    for (std::size_t i = 0; i < ndim; ++i) {
      from += part.first[i] * strides[i];
      strides[i] *= workload_.step[i];
    }
    auto* const to = output_.data() + part.to_byte;
    if (layout_.reversed && ndim > 1) return scatter_reversed(from, strides, part, to);
    each_row(part.shape, strides, strides_, [&](std::uint64_t a, std::uint64_t b) {
      copy_items(to + b, strides_.back(), from + a, strides.back(), part.shape.back(), layout_.item_bytes,
                 layout_.big_endian);
    });
  }

  /// In blocks of the first and the last axis, so that lines of both sides stay in the cache.
  void scatter_reversed(const std::byte* from, const Shape& strides, const Part& part, std::byte* to) {
    constexpr std::uint64_t block = 16;
    const auto last = part.shape.size() - 1;
    Shape outer = part.shape;
    outer[0] = 1;
    each_row(outer, strides, strides_, [&](std::uint64_t a, std::uint64_t b) {
      for (std::uint64_t i = 0; i < part.shape[0]; i += block) {
        for (std::uint64_t j = 0; j < part.shape[last]; j += block) {
          const auto rows = std::min(block, part.shape[0] - i);
          const auto columns = std::min(block, part.shape[last] - j);
          for (std::uint64_t r = 0; r < rows; ++r) {
            copy_items(to + b + (i + r) * strides_[0] + j * strides_[last], strides_[last],
                       from + a + (i + r) * strides[0] + j * strides[last], strides[last], columns, layout_.item_bytes,
                       layout_.big_endian);
          }
        }
      }
    });
  }

  void read_shard(const File& file, const Shape& origin) {
    const auto ndim = shape_.size();
    Shape counts(ndim);
    for (std::size_t i = 0; i < ndim; ++i) counts[i] = layout_.chunk[i] / layout_.inner[i];
    const auto n = product(counts);
    const auto index_bytes = n * 16 + (layout_.index_crc ? 4 : 0);
    const auto room = n * (layout_.chunk_bytes() + layout_.chunk_bytes() / 8 + 1024) + index_bytes;
    std::size_t size = 0;
    std::byte* shard = nullptr;
    if (file) {
      shard = scratch(1, room);
      size = file.read(shard, room, 0);
    }
    auto* const chunk = scratch(0, layout_.chunk_bytes());
    for (std::uint64_t k = 0; k < n; ++k) {
      Shape at(ndim);
      auto left = k;
      for (auto i = ndim; i-- > 0; left /= counts[i]) at[i] = origin[i] + left % counts[i] * layout_.inner[i];
      const auto part = cut(at, layout_.inner);
      std::uint64_t entry[2] = {UINT64_MAX, UINT64_MAX};
      if (shard != nullptr) std::memcpy(entry, shard + size - index_bytes + k * 16, 16);
      if (entry[0] == UINT64_MAX) {
        fill(part);
      } else if (layout_.codec.empty()) {
        scatter(shard + entry[0], layout_.inner, part);
      } else {
        decompress(layout_, shard + entry[0], entry[1], chunk, layout_.chunk_bytes());
        scatter(chunk, layout_.inner, part);
      }
    }
  }

  Pool pool_;
  const Shape shape_, strides_;
  const std::uint64_t bytes_;
  Shape first_, counts_;
  Memory output_;
};

/// A large array through memory for one slab of it.
class ReadSlabs : public Job {
 public:
  explicit ReadSlabs(const Workload& workload)
      : planes_(workload.stop[0]), slab_(workload.slab), read_(first_slab(workload)) {}

  void prepare() override {
    samples_.clear();
    read_.prepare();
  }

  void run() override {
    for (std::uint64_t plane = 0; plane < planes_; plane += slab_) {
      read_.read_from(plane);
      sample(read_.output(), samples_);
    }
  }

  Output output() const override { return samples_; }

 private:
  static Workload first_slab(Workload workload) {
    workload.stop[0] = workload.slab;
    workload.fresh = true;
    return workload;
  }

  const std::uint64_t planes_, slab_;
  Read read_;
  std::vector<std::byte> samples_;
};

/// Boxes that are inner chunks, or rows of uncompressed chunks, read with what is known before: where each lies.
class ReadMany : public FileJob {
 public:
  explicit ReadMany(const Workload& workload)
      : FileJob(workload),
        pool_(workload.threads),
        box_bytes_(product(workload.shape) * layout_.item_bytes),
        output_(box_bytes_ * workload.n) {
    const auto ndim = layout_.ndim();
    for (std::size_t i = 0; i < ndim; ++i) {
      counts_.push_back((layout_.shape[i] + layout_.chunk[i] - 1) / layout_.chunk[i]);
      if (!layout_.inner.empty()) inner_counts_.push_back(layout_.chunk[i] / layout_.inner[i]);
    }
    // Indexes are known: they are read here.
    if (!layout_.inner.empty()) {
      const auto n = product(inner_counts_);
      indexes_.resize(product(counts_));
      for (std::uint64_t chunk = 0; chunk < indexes_.size(); ++chunk) {
        const auto file = open(chunk);
        const auto end = static_cast<std::uint64_t>(::lseek(file.get(), 0, SEEK_END));
        indexes_[chunk].resize(2 * n);
        file.read(indexes_[chunk].data(), n * 16, end - n * 16 - (layout_.index_crc ? 4 : 0));
      }
    }
  }

  void run() override {
    // Each file is opened once.
    std::vector<File> files;
    for (std::uint64_t chunk = 0; chunk < product(counts_); ++chunk) files.push_back(open(chunk));
    constexpr std::uint64_t grain = 64;
    pool_.for_each((workload_.n + grain - 1) / grain, [&](std::uint64_t block) {
      for (auto i = block * grain; i < std::min(workload_.n, (block + 1) * grain); ++i) read_box(files, i);
    });
  }

  Output output() const override { return {output_.data(), output_.size()}; }

 private:
  File open(std::uint64_t number) const {
    std::uint64_t id[8] = {};
    for (auto i = counts_.size(); i-- > 0; number /= counts_[i]) id[i] = number % counts_[i];
    char key[256];
    write_key(key, id, counts_.size());
    return {directory_.get(), key};
  }

  void read_box(const std::vector<File>& files, std::uint64_t number) {
    const auto ndim = layout_.ndim();
    const auto* const origin = workload_.origins.data() + number * ndim;
    auto* const to = output_.data() + number * box_bytes_;
    std::uint64_t chunk = 0, place = 0;
    for (std::size_t i = 0; i < ndim; ++i) {
      chunk = chunk * counts_[i] + origin[i] / layout_.chunk[i];
      const auto inside = origin[i] % layout_.chunk[i];
      place = layout_.inner.empty() ? place * layout_.chunk[i] + inside
                                    : place * inner_counts_[i] + inside / layout_.inner[i];
    }
    if (layout_.inner.empty()) {
      files[chunk].read(to, box_bytes_, place * layout_.item_bytes);
      return;
    }
    const auto offset = indexes_[chunk][2 * place];
    const auto bytes = indexes_[chunk][2 * place + 1];
    if (offset == UINT64_MAX) {
      std::memset(to, 0, box_bytes_);
    } else if (layout_.codec.empty()) {
      files[chunk].read(to, box_bytes_, offset);
    } else {
      auto* const encoded = scratch(1, bytes);
      files[chunk].read(encoded, bytes, offset);
      decompress(layout_, encoded, bytes, to, box_bytes_);
    }
  }

  Pool pool_;
  const std::uint64_t box_bytes_;
  Memory output_;
  Shape counts_, inner_counts_;
  std::vector<std::vector<std::uint64_t>> indexes_;
};

}  // namespace

std::unique_ptr<Job> open_read(const Workload& workload) { return std::make_unique<Read>(workload); }
std::unique_ptr<Job> open_read_many(const Workload& workload) { return std::make_unique<ReadMany>(workload); }
std::unique_ptr<Job> open_read_slabs(const Workload& workload) { return std::make_unique<ReadSlabs>(workload); }

}  // namespace zeolite::bench
