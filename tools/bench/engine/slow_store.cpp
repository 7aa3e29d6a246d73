// SPDX-License-Identifier: Apache-2.0
#include "slow_store.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zeolite/sdk/store.hpp>

namespace zeolite::bench {
namespace {

class File {
 public:
  explicit File(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  explicit operator bool() const { return file_ >= 0; }

  struct stat status() const {
    struct stat status;
    if (::fstat(file_, &status) != 0) throw sdk::failure(ZEO_UNAVAILABLE, "fstat failed");
    return status;
  }

  void read(std::span<std::uint8_t> to, std::uint64_t offset) const {
    while (!to.empty()) {
      const auto got = ::pread(file_, to.data(), to.size(), static_cast<off_t>(offset));
      if (got <= 0) throw sdk::failure(ZEO_UNAVAILABLE, "pread failed");
      to = to.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
  }

 private:
  int file_;
};

/// One thread for each request that is under way: all it does is sleep and read.
class SlowStore : public sdk::Store {
 public:
  explicit SlowStore(const SlowStoreOptions& options) : options_(options) {
    for (unsigned i = 0; i < options.at_once; ++i) threads_.emplace_back([this] { work(); });
  }

  ~SlowStore() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  sdk::StoreProperties properties() const override {
    const auto latency = std::chrono::duration_cast<std::chrono::nanoseconds>(options_.latency).count();
    return {.latency_ns = static_cast<std::uint64_t>(latency), .concurrency = options_.at_once};
  }

  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    *options_.requests += operations.size();
    {
      std::lock_guard lock(mutex_);
      for (auto& operation : operations) waiting_.push_back(std::move(operation));
    }
    changed_.notify_all();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto operation = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      std::this_thread::sleep_for(options_.latency);
      answer(std::move(operation));
      lock.lock();
    }
  }

  void answer(sdk::Operation operation) const noexcept {
    sdk::ValueInfo info;
    bool found = true;
    operation.attempt([&] {
      if (operation.kind() != ZEO_OP_GET && operation.kind() != ZEO_OP_HEAD) {
        throw sdk::unsupported("this store can only be read");
      }
      const File file(fmt::format("{}/{}", options_.path, operation.key()));
      found = static_cast<bool>(file);
      if (!found) return;
      const auto status = file.status();
      info.value_bytes = static_cast<std::uint64_t>(status.st_size);
      info.generation = fmt::format("{}-{}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
      if (operation.kind() == ZEO_OP_HEAD) return;
      operation.reading().each_range(info.value_bytes,
                                     [&](std::uint64_t offset, std::span<std::uint8_t> to) { file.read(to, offset); });
    });
    if (!operation) return;  // it has failed
    found ? operation.succeed(info) : operation.not_found();
  }

  const SlowStoreOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<sdk::Operation> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

zeo_store* make_slow_store(const SlowStoreOptions& options) {
  return sdk::Store::make(std::make_unique<SlowStore>(options));
}

}  // namespace zeolite::bench
