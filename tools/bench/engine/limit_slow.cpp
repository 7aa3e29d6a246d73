// SPDX-License-Identifier: Apache-2.0
//
// Reading from a store whose requests take a while, by as many threads as it works on requests at once, each of which
// sleeps before it reads a file: no request is made that is not needed.
#include <algorithm>

#include <boost/json.hpp>

#include "limit.hpp"

namespace zeolite::bench {
namespace {

class Slow : public FileJob {
 public:
  explicit Slow(const Workload& workload) : FileJob(workload), pool_(workload.at_once), latency_(workload.latency) {
    for (std::size_t i = 0; i < layout_.ndim(); ++i) counts_.push_back(layout_.shape[i] / layout_.chunk[i]);
  }

  void prepare() override {
    output_ = Memory();
    requests_ = 0;
  }

  void run() override {
    forget();
    output_ = Memory(output_bytes());
    pool_.for_each(fewest(), [&](std::uint64_t i) { read(i); });
  }

  Output output() const override { return {output_.data(), output_.size()}; }

  /// The formula: what the waiting must take, and what the rest takes when nobody waits.
  boost::json::object facts() override {
    boost::json::object facts = {{"requests", requests_.load()}};
    const auto rounds = std::max(depth(), (fewest() + workload_.at_once - 1) / workload_.at_once);
    latency_ = std::chrono::duration<double>(0);
    const auto begin = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> rest = std::chrono::steady_clock::now() - begin;
    latency_ = std::chrono::duration<double>(workload_.latency);
    facts["formula"] = static_cast<double>(rounds) * workload_.latency + rest.count();
    return facts;
  }

 protected:
  virtual std::uint64_t output_bytes() const = 0;
  /// How many requests it takes, and how many of them have to come one after the other.
  virtual std::uint64_t fewest() const = 0;
  virtual std::uint64_t depth() const = 0;
  /// What an earlier run has learned.
  virtual void forget() {}
  /// Makes one of them. They are begun in order.
  virtual void read(std::uint64_t i) = 0;

  void request() {
    ++requests_;
    if (latency_.count() > 0) std::this_thread::sleep_for(latency_);
  }

  /// The thread's own memory; many threads need little of it each, so not in huge pages.
  static std::byte* room(std::size_t bytes) {
    thread_local std::vector<std::byte> memory;
    if (memory.size() < bytes) memory.resize(bytes);
    return memory.data();
  }

  File open(const std::uint64_t* chunk) const {
    char key[256];
    write_key(key, chunk, layout_.ndim());
    File file(directory_.get(), key);
    if (!file) throw std::runtime_error("a chunk is not there");
    return file;
  }

  Pool pool_;
  Shape counts_;
  Memory output_;

 private:
  std::chrono::duration<double> latency_;
  std::atomic<std::uint64_t> requests_ = 0;
};

/// All of an array of three axes with uncompressed chunks, of which none reaches beyond it.
class SlowChunks : public Slow {
 public:
  using Slow::Slow;

 private:
  std::uint64_t output_bytes() const override { return product(layout_.shape) * layout_.item_bytes; }
  std::uint64_t fewest() const override { return product(counts_); }
  std::uint64_t depth() const override { return 1; }

  void read(std::uint64_t i) override {
    const auto& [shape, chunk] = std::tie(layout_.shape, layout_.chunk);
    const std::uint64_t id[3] = {i / counts_[2] / counts_[1], i / counts_[2] % counts_[1], i % counts_[2]};
    const auto size = layout_.chunk_bytes();
    auto* const bytes = room(size);
    request();
    if (open(id).read(bytes, size, 0) != size) throw std::runtime_error("short chunk");
    const auto row = chunk[2] * layout_.item_bytes;
    for (std::uint64_t z = 0; z < chunk[0]; ++z) {
      for (std::uint64_t y = 0; y < chunk[1]; ++y) {
        const auto plane = id[0] * chunk[0] + z, line = id[1] * chunk[1] + y;
        const auto to = ((plane * shape[1] + line) * shape[2] + id[2] * chunk[2]) * layout_.item_bytes;
        std::memcpy(output_.data() + to, bytes + (z * chunk[1] + y) * row, row);
      }
    }
  }
};

/// Inner chunks, each of a shard whose index nobody has read: all indexes, and the chunks as soon as these are there.
class SlowInner : public Slow {
 public:
  explicit SlowInner(const Workload& workload) : Slow(workload), inner_(workload.n) {}

 private:
  struct Inner {
    std::uint64_t offset = 0, bytes = 0;
    std::atomic<bool> known = false;
  };

  std::uint64_t output_bytes() const override { return workload_.n * layout_.chunk_bytes(); }
  std::uint64_t fewest() const override { return 2 * workload_.n; }
  std::uint64_t depth() const override { return 2; }

  void forget() override {
    for (auto& inner : inner_) inner.known = false;
  }

  void read(std::uint64_t i) override { i < workload_.n ? read_index(i) : read_chunk(i - workload_.n); }

  File shard(std::uint64_t i) const {
    std::uint64_t id[8];
    for (std::size_t axis = 0; axis < layout_.ndim(); ++axis) id[axis] = origin(i)[axis] / layout_.chunk[axis];
    return open(id);
  }

  void read_index(std::uint64_t i) {
    std::uint64_t n = 1, place = 0;
    for (std::size_t axis = 0; axis < layout_.ndim(); ++axis) {
      const auto count = layout_.chunk[axis] / layout_.inner[axis];
      n *= count;
      place = place * count + origin(i)[axis] % layout_.chunk[axis] / layout_.inner[axis];
    }
    std::vector<std::uint64_t> index(2 * n);
    request();
    const auto file = shard(i);
    const auto end = static_cast<std::uint64_t>(::lseek(file.get(), 0, SEEK_END));
    file.read(index.data(), n * 16, end - n * 16 - (layout_.index_crc ? 4 : 0));
    inner_[i].offset = index[2 * place];
    inner_[i].bytes = index[2 * place + 1];
    inner_[i].known = true;
    inner_[i].known.notify_one();
  }

  void read_chunk(std::uint64_t i) {
    inner_[i].known.wait(false);
    const auto bytes = inner_[i].bytes;
    auto* const encoded = room(bytes);
    request();
    shard(i).read(encoded, bytes, inner_[i].offset);
    decompress(layout_, encoded, bytes, output_.data() + i * layout_.chunk_bytes(), layout_.chunk_bytes());
  }

  const std::uint64_t* origin(std::uint64_t i) const { return workload_.origins.data() + i * layout_.ndim(); }

  std::vector<Inner> inner_;
};

}  // namespace

std::unique_ptr<Job> open_slow(const Workload& workload) {
  if (workload.kind == "read") return std::make_unique<SlowChunks>(workload);
  if (workload.kind == "read_many") return std::make_unique<SlowInner>(workload);
  throw Unsupported{"there is no slow " + workload.kind};
}

}  // namespace zeolite::bench
