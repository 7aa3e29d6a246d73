// SPDX-License-Identifier: Apache-2.0
//
// The limit: what a program written for one layout can do, with raw system calls and the codec libraries' functions.
#pragma once

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contestant.hpp"

namespace zeolite::bench {

/// What a document says, as far as the workloads need it.
struct Layout {
  Shape shape, chunk;
  Shape inner;  ///< empty: no shards
  std::uint64_t item_bytes = 0;
  std::string codec;  ///< of (inner) chunks: "" (none), "blosc", "zstd", "gzip"
  int level = 0;
  bool big_endian = false;
  bool reversed = false;  ///< a transpose codec that reverses the axes comes first
  bool index_crc = false;
  std::vector<std::vector<std::uint64_t>> edges;  ///< rectilinear: where chunks begin, along each axis, and the end

  std::size_t ndim() const { return shape.size(); }
  std::uint64_t chunk_bytes() const;
};

Layout parse_layout(const std::string& document);

std::uint64_t product(const Shape& shape);

/// Memory of huge pages.
class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t bytes) : bytes_(bytes) {
    constexpr std::size_t huge = std::size_t{2} << 20;
    const auto rounded = (bytes + huge - 1) / huge * huge;
    data_ = static_cast<std::byte*>(std::aligned_alloc(huge, rounded == 0 ? huge : rounded));
    if (data_ == nullptr) throw std::bad_alloc();
    ::madvise(data_, rounded, MADV_HUGEPAGE);
  }
  Memory(Memory&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Memory() { std::free(data_); }
  std::byte* data() const { return data_; }
  std::size_t size() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Threads that wait for loops.
class Pool {
 public:
  explicit Pool(unsigned threads) {
    for (unsigned i = 1; i < threads; ++i) threads_.emplace_back([this] { wait(); });
  }
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  /// body(i) for all i below n, each once.
  void for_each(std::uint64_t n, const std::function<void(std::uint64_t)>& body) {
    next_ = 0;
    if (threads_.empty() || n < 2) {
      for (std::uint64_t i = 0; i < n; ++i) body(i);
      return;
    }
    {
      std::lock_guard lock(mutex_);
      n_ = n;
      body_ = &body;
      working_ = threads_.size();
      ++generation_;
    }
    changed_.notify_all();
    work(n, body);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
  }

 private:
  void work(std::uint64_t n, const std::function<void(std::uint64_t)>& body) {
    for (auto i = next_++; i < n; i = next_++) body(i);
  }
  void wait() {
    for (std::uint64_t seen = 0;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
      seen = generation_;
      const auto n = n_;
      const auto* const body = body_;
      lock.unlock();
      work(n, *body);
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_, done_;
  std::atomic<std::uint64_t> next_ = 0;
  std::uint64_t n_ = 0, generation_ = 0;
  const std::function<void(std::uint64_t)>* body_ = nullptr;
  std::size_t working_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// A file that is open as long as this lives; -1: there is none.
class File {
 public:
  File(int directory, const char* name, int flags = O_RDONLY, int mode = 0644)
      : file_(::openat(directory, name, flags | O_CLOEXEC, mode)) {}
  File(File&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  explicit operator bool() const { return file_ >= 0; }
  int get() const { return file_; }

  /// Reads until `bytes` are there or the file ends.
  std::size_t read(void* to, std::size_t bytes, std::uint64_t offset) const {
    std::size_t done = 0;
    while (done < bytes) {
      const auto got = ::pread(file_, static_cast<char*>(to) + done, bytes - done, static_cast<off_t>(offset + done));
      if (got < 0) throw std::runtime_error("pread failed");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }
  void write(const void* from, std::size_t bytes) const {
    for (std::size_t done = 0; done < bytes;) {
      const auto put = ::write(file_, static_cast<const char*>(from) + done, bytes - done);
      if (put <= 0) throw std::runtime_error("write failed");
      done += static_cast<std::size_t>(put);
    }
  }

 private:
  int file_;
};

/// A job on an array whose chunks are files.
class FileJob : public Job {
 protected:
  explicit FileJob(const Workload& workload)
      : workload_(workload),
        layout_(parse_layout(read_file(workload.path + "/zarr.json"))),
        directory_(AT_FDCWD, workload.path.c_str(), O_RDONLY | O_DIRECTORY) {}

  Workload workload_;
  const Layout layout_;
  const File directory_;
};

/// "c/1/2/3" of a chunk.
void write_key(char* key, const std::uint64_t* chunk, std::size_t ndim);

/// Undoes the compressor; `to` has room for exactly one (inner) chunk.
void decompress(const Layout& layout, const std::byte* from, std::size_t bytes, std::byte* to, std::size_t to_bytes);
/// Returns the compressed size.
std::size_t compress(const Layout& layout, const std::byte* from, std::size_t bytes, std::byte* to, std::size_t room);
std::size_t compress_bound(const Layout& layout, std::size_t bytes);

/// The thread's own memory, at least so large; what was in it is lost.
std::byte* scratch(unsigned slot, std::size_t bytes);

std::unique_ptr<Job> open_read(const Workload& workload);
std::unique_ptr<Job> open_read_many(const Workload& workload);
std::unique_ptr<Job> open_read_slabs(const Workload& workload);
std::unique_ptr<Job> open_memory(const Workload& workload);
std::unique_ptr<Job> open_slow(const Workload& workload);
std::unique_ptr<Job> open_write(const Workload& workload);
std::unique_ptr<Job> open_replace(const Workload& workload);

}  // namespace zeolite::bench
