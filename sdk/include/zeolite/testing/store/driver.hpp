// SPDX-License-Identifier: Apache-2.0
//
// What the store suite asks stores with: one function an operation, through the C contract, which watches that every
// operation is answered once and is not touched afterwards.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <zeolite/abi/store.h>
#include <zeolite/testing/plugin_bench.hpp>

namespace zeolite::testing {

using StoreBytes = std::vector<std::uint8_t>;

/// A call whose parallel_for uses threads, as the host's does.
class ThreadedCall {
 public:
  explicit ThreadedCall(std::uint32_t concurrency) {
    abi_ = *base_.abi();
    abi_.concurrency = concurrency;
    abi_.host = this;
    abi_.fail = [](const zeo_call*, zeo_status, const char*, std::uint64_t) {};
    abi_.scratch = [](const zeo_call*, std::uint64_t, std::uint64_t) -> void* { return nullptr; };
    abi_.parallel_for = [](const zeo_call* self, std::uint64_t n, zeo_body body, void* environment) {
      std::atomic<std::uint64_t> next{0};
      std::atomic<zeo_status> first{ZEO_OK};
      const auto work = [&] {
        const ThreadedCall inner(self->concurrency);
        for (auto i = next.fetch_add(1); i < n && first == ZEO_OK; i = next.fetch_add(1)) {
          if (const auto status = body(environment, i, inner)) first = status;
        }
      };
      std::vector<std::thread> helpers;
      for (std::uint32_t i = 1; i < self->concurrency; ++i) helpers.emplace_back(work);
      work();
      for (auto& helper : helpers) helper.join();
      return first.load();
    };
  }

  operator const zeo_call*() const { return &abi_; }

 private:
  BenchCall base_;
  zeo_call abi_{};
};

/// One operation, what it points to, and its answer.
class StoreOp {
 public:
  StoreOp(std::uint32_t kind, std::string_view key) : input_(std::make_unique<Input>()) {
    input_->key = key;
    op_.struct_size = sizeof op_;
    op_.kind = kind;
    op_.done = &on_done;
    op_.host = this;
  }
  StoreOp(const StoreOp&) = delete;
  StoreOp& operator=(const StoreOp&) = delete;

  StoreOp& range(std::uint64_t offset, std::uint64_t length) {
    input_->ranges.push_back({offset, length});
    return *this;
  }
  StoreOp& part(StoreBytes bytes) {
    input_->parts.push_back(std::move(bytes));
    return *this;
  }
  /// SET: a part that is a range of the present value.
  StoreOp& keep(std::uint64_t offset, std::uint64_t length) {
    input_->parts.emplace_back();
    input_->ranges.resize(input_->parts.size());
    input_->ranges.back() = {offset, length};
    return *this;
  }
  StoreOp& if_match(std::string_view generation) {
    input_->if_match = generation;
    return *this;
  }
  StoreOp& if_none_match(std::string_view generation) {
    input_->if_none_match = generation;
    return *this;
  }
  /// The most bytes that the host gives memory for.
  StoreOp& limit(std::uint64_t bytes) {
    limit_ = bytes;
    return *this;
  }
  /// Memory that is there already: no more is given.
  StoreOp& into(StoreBytes& memory) {
    preset_ = &memory;
    limit_ = memory.size();
    return *this;
  }
  StoreOp& cancel() {
    input_->cancelled = 1;
    return *this;
  }

  /// The operation, ready to be submitted.
  zeo_store_op* abi() {
    auto& in = *input_;
    op_.key = str(in.key);
    if (op_.kind == ZEO_OP_SET && !in.ranges.empty()) in.ranges.resize(in.parts.size());
    op_.ranges = in.ranges.data();
    op_.n_ranges = static_cast<std::uint32_t>(in.ranges.size());
    const auto n = op_.kind == ZEO_OP_GET ? std::max<std::size_t>(in.ranges.size(), 1) : 0;
    for (std::size_t i = 0; i < n; ++i) {
      in.memory.push_back(std::make_unique<BenchOut>(limit_));
      in.outs.push_back(*in.memory.back()->abi());
      if (preset_ != nullptr) {
        in.outs.back().data = preset_->data();
        in.outs.back().capacity = preset_->size();
      }
    }
    op_.outs = in.outs.data();
    for (const auto& bytes : in.parts) in.values.push_back({bytes.data(), bytes.size()});
    op_.values = in.values.data();
    op_.n_values = static_cast<std::uint32_t>(in.values.size());
    op_.if_match = str(in.if_match);
    op_.if_none_match = str(in.if_none_match);
    op_.cancelled = &in.cancelled;
    return &op_;
  }

  bool answered() const { return times_.load() != 0; }

  /// Whether it was answered in time, and once.
  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [this] { return times_.load() != 0; });
    return times_.load() == 1;
  }

  zeo_status status = -1;
  std::string message;
  std::uint64_t value_bytes = 0;
  std::string generation;
  std::vector<StoreBytes> values;  ///< of a get

 private:
  struct Input {
    std::string key;
    std::string if_match;
    std::string if_none_match;
    std::vector<zeo_range> ranges;
    std::vector<StoreBytes> parts;
    std::vector<zeo_bytes> values;
    std::vector<std::unique_ptr<BenchOut>> memory;
    std::vector<zeo_out> outs;
    std::uint32_t cancelled = 0;
  };

  static void on_done(zeo_store_op* op, const zeo_store_result* result) {
    auto& self = *static_cast<StoreOp*>(op->host);
    const std::lock_guard lock(self.mutex_);
    if (self.times_++ != 0) return;
    self.status = result->status;
    self.message.assign(result->message.data == nullptr ? "" : result->message.data, result->message.size);
    self.value_bytes = result->value_bytes;
    self.generation.assign(result->generation.data == nullptr ? "" : result->generation.data, result->generation.size);
    for (const auto& out : self.input_->outs) self.values.emplace_back(out.data, out.data + out.size);
    // What the operation pointed to is gone from here on, and of the operation only that remains which notes a second
    // answer.
    self.input_.reset();
    std::memset(static_cast<void*>(op), 0xDD, offsetof(zeo_store_op, done));
    self.changed_.notify_all();
  }

  zeo_store_op op_{};
  std::unique_ptr<Input> input_;
  StoreBytes* preset_ = nullptr;
  std::uint64_t limit_ = UINT64_MAX;
  std::atomic<int> times_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// A store under test.
class StoreDriver {
 public:
  explicit StoreDriver(zeo_store* store) : store_(store) {}

  zeo_store* abi() const { return store_; }
  const zeo_store_properties& properties() const { return *store_->v->properties(store_); }
  bool has(std::uint32_t flag) const { return (properties().flags & flag) != 0; }

  /// Submits all at once and waits. False: one was not answered once, or after submit by a store that says it blocks.
  bool run(const std::vector<StoreOp*>& operations, const zeo_call* call) const {
    std::vector<zeo_store_op*> pointers;
    for (auto* const operation : operations) pointers.push_back(operation->abi());
    store_->v->submit(store_, pointers.data(), pointers.size(), call);
    bool well = true;
    for (const auto* const operation : operations) {
      if (has(ZEO_STORE_BLOCKING) && !operation->answered()) well = false;
    }
    for (auto* const operation : operations) well = operation->wait() && well;
    return well;
  }

  /// One operation; its status.
  zeo_status run(StoreOp& operation) const {
    const BenchCall call;
    return run({&operation}, call) ? operation.status : -1;
  }

  zeo_status set(std::string_view key, StoreBytes value) const {
    StoreOp op(ZEO_OP_SET, key);
    return run(op.part(std::move(value)));
  }
  /// The value; nothing when there is none. Other failures throw.
  std::optional<StoreBytes> get(std::string_view key) const {
    StoreOp op(ZEO_OP_GET, key);
    const auto status = run(op);
    if (status == ZEO_NOT_FOUND) return std::nullopt;
    if (status != ZEO_OK) throw std::runtime_error("get " + std::string(key) + ": " + op.message);
    return op.values.at(0);
  }
  zeo_status erase(std::string_view key) const {
    StoreOp op(ZEO_OP_DELETE, key);
    return run(op);
  }
  zeo_status erase_prefix(std::string_view prefix) const {
    StoreOp op(ZEO_OP_DELETE_PREFIX, prefix);
    return run(op);
  }

  struct Listed {
    zeo_status status = -1;
    int times = 0;
    std::string message;
    std::vector<std::string> keys;  // sorted
    std::map<std::string, std::uint64_t> sizes;
    int pages = 0;
    int pages_wanted = INT32_MAX;
    std::mutex mutex;
    std::condition_variable changed;
  };

  /// A listing; it is stopped by its receiver at page number `pages_wanted`.
  std::unique_ptr<Listed> list(std::string_view prefix, bool one_level, int pages_wanted = INT32_MAX) const {
    auto listed = std::make_unique<Listed>();
    listed->pages_wanted = pages_wanted;
    zeo_list_request request{};
    request.struct_size = sizeof request;
    request.directory = one_level ? 1 : 0;
    const std::string prefix_copy(prefix);
    request.prefix = str(prefix_copy);
    request.host = listed.get();
    request.page = [](zeo_list_request* self, const zeo_list_entry* entries, std::uint64_t n) -> zeo_status {
      auto& to = *static_cast<Listed*>(self->host);
      const std::lock_guard lock(to.mutex);
      for (std::uint64_t i = 0; i < n; ++i) {
        to.keys.emplace_back(entries[i].key.data, entries[i].key.size);
        to.sizes[to.keys.back()] = entries[i].value_bytes;
      }
      return ++to.pages >= to.pages_wanted ? ZEO_CANCELLED : ZEO_OK;
    };
    request.done = [](zeo_list_request* self, const zeo_store_result* result) {
      auto& to = *static_cast<Listed*>(self->host);
      const std::lock_guard lock(to.mutex);
      ++to.times;
      to.status = result->status;
      to.message.assign(result->message.data == nullptr ? "" : result->message.data, result->message.size);
      to.changed.notify_all();
    };
    const BenchCall call;
    store_->v->list(store_, &request, call);
    std::unique_lock lock(listed->mutex);
    listed->changed.wait_for(lock, std::chrono::seconds(60), [&] { return listed->times != 0; });
    if (listed->times != 1) throw std::runtime_error("the listing was not answered once");
    std::sort(listed->keys.begin(), listed->keys.end());
    return listed;
  }

  std::vector<std::string> keys(std::string_view prefix = "", bool one_level = false) const {
    auto listed = list(prefix, one_level);
    if (listed->status != ZEO_OK) throw std::runtime_error("list: " + listed->message);
    return std::move(listed->keys);
  }

 private:
  zeo_store* store_;
};

/// Bytes that differ from place to place and from seed to seed.
inline StoreBytes store_value(std::size_t bytes, std::uint32_t seed = 1) {
  StoreBytes value(bytes);
  std::uint32_t state = seed * 2654435761U + 1;
  for (auto& byte : value) byte = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24);
  return value;
}

inline StoreBytes store_text(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace zeolite::testing
