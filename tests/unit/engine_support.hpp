// SPDX-License-Identifier: Apache-2.0
//
// A store for tests that answers as no friendly store would: on threads of its own, out of order, late, wrongly.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <zeolite/testing/catch.hpp>
#include <zeolite/zeolite.hpp>

namespace zeolite::test {

/// What a hostile store may do to one operation.
enum class Fault {
  none,
  fail,
  say_corrupt,
  say_cancelled,
  short_answer,
  unknown_status,
  answer_twice,
  name_no_version,
  say_not_found,
  wait  ///< until the answer is not wanted any more
};

/// Values in memory, answered by threads of its own. The owner may look at the values and the counters at any time.
class AsyncStore {
 public:
  explicit AsyncStore(unsigned threads, unsigned seed = 1, bool delays = false)
      : delays_(delays), random_(seed), abi_{{&table()}, this} {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { answer(); });
  }
  ~AsyncStore() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  /// For Store::adopt; the handle must go before this object.
  zeo_store* abi() { return &abi_.store; }

  /// Asked for every operation; runs on the store's threads.
  std::function<Fault(const zeo_store_op&)> fault;

  /// Asked for every listing, on the thread that lists; other than ZEO_OK: that is the answer.
  std::function<zeo_status(const zeo_call&)> listing_fault;

  bool list_everything = false;  // a listing pays no heed to its prefix

  zeo_store_properties properties = {sizeof(zeo_store_properties),
                                     ZEO_STORE_READABLE | ZEO_STORE_WRITABLE | ZEO_STORE_LISTABLE | ZEO_STORE_DELETABLE,
                                     1'000'000,
                                     64,
                                     0,
                                     16,
                                     0};

  std::map<std::string, std::string> values;  // look at it only while no operation is under way
  std::atomic<std::uint64_t> gets{0};
  std::atomic<std::uint64_t> sets{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<unsigned> under_way{0};  // operations that wait for their answer
  std::atomic<unsigned> most_under_way{0};

 private:
  struct Abi {
    zeo_store store;
    AsyncStore* self;
  };

  static AsyncStore& of(const zeo_store* store) { return *reinterpret_cast<const Abi*>(store)->self; }

  static const zeo_store_vtable& table() {
    static const zeo_store_vtable vtable = {
        {sizeof(zeo_store_vtable), 0, [](zeo_object*) {}, nullptr,
         [](const zeo_object*, zeo_out*, const zeo_call*) -> zeo_status { return ZEO_OK; }},
        [](const zeo_store* store) -> const zeo_store_properties* { return &of(store).properties; },
        [](zeo_store* store, zeo_store_op* const* operations, std::uint64_t n, const zeo_call*) {
          auto& self = of(store);
          std::lock_guard lock(self.mutex_);
          for (std::uint64_t i = 0; i < n; ++i) {
            self.queue_.push_back(operations[i]);
            std::swap(self.queue_.back(), self.queue_[self.random_() % self.queue_.size()]);
          }
          self.under_way += static_cast<unsigned>(n);
          self.most_under_way = std::max(self.most_under_way.load(), self.under_way.load());
          self.changed_.notify_all();
        },
        [](zeo_store* store, zeo_list_request* request, const zeo_call* call) { of(store).list(request, *call); },
        nullptr};
    return vtable;
  }

  void list(zeo_list_request* request, const zeo_call& call) {
    zeo_store_result result{};
    result.struct_size = sizeof(result);
    if (listing_fault) result.status = listing_fault(call);
    std::vector<std::string> keys;
    if (result.status == ZEO_OK) {
      std::lock_guard lock(mutex_);
      for (const auto& [key, value] : values) {
        const std::string prefix(request->prefix.data == nullptr ? "" : request->prefix.data, request->prefix.size);
        if (!list_everything && key.rfind(prefix, 0) != 0) continue;
        const auto slash = request->directory != 0 ? key.find('/', prefix.size()) : std::string::npos;
        auto name = slash == std::string::npos ? key : key.substr(0, slash + 1);
        if (keys.empty() || keys.back() != name) keys.push_back(std::move(name));
      }
    }
    for (const auto& key : keys) {
      const zeo_list_entry entry{{key.data(), key.size()}, UINT64_MAX};
      result.status = request->page(request, &entry, 1);
      if (result.status != ZEO_OK) break;
    }
    request->done(request, &result);
  }

  void answer() {
    for (;;) {
      zeo_store_op* operation = nullptr;
      Fault wanted = Fault::none;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        operation = queue_.front();
        queue_.pop_front();
      }
      if (fault) wanted = fault(*operation);
      if (delays_) std::this_thread::sleep_for(std::chrono::microseconds(50));
      if (wanted == Fault::wait) wait_for_cancel(*operation);
      run(operation, wanted);
    }
  }

  void run(zeo_store_op* operation, Fault wanted) {
    zeo_store_result result{};
    result.struct_size = sizeof(result);
    result.value_bytes = UINT64_MAX;
    std::string generation;
    const std::string message = "the test store was told to fail";
    if (wanted == Fault::fail || wanted == Fault::say_corrupt) {
      result.status = wanted == Fault::fail ? ZEO_IO : ZEO_CORRUPT;
      result.message = {message.data(), message.size()};
    } else if (wanted == Fault::say_cancelled || wanted == Fault::wait) {
      result.status = ZEO_CANCELLED;
    } else if (wanted == Fault::say_not_found) {
      result.status = ZEO_NOT_FOUND;
      result.message = {message.data(), message.size()};
    } else if (wanted == Fault::unknown_status) {
      result.status = 4711;
    } else {
      std::lock_guard lock(mutex_);
      result.status = act(*operation, wanted == Fault::short_answer, result.value_bytes);
      const auto found = values.find(std::string(operation->key.data, operation->key.size));
      if (found != values.end() && wanted != Fault::name_no_version) generation = generation_of(found->second);
      result.generation = {generation.data(), generation.size()};
    }
    --under_way;
    operation->done(operation, &result);
    if (wanted == Fault::answer_twice) operation->done(operation, &result);
  }

  static void wait_for_cancel(const zeo_store_op& operation) {
    const auto* const cancelled = const_cast<std::uint32_t*>(operation.cancelled);
    while (std::atomic_ref(const_cast<std::uint32_t&>(*cancelled)).load() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  static std::string generation_of(const std::string& value) { return std::to_string(std::hash<std::string>()(value)); }

  bool meets_if_match(const zeo_store_op& operation) const {
    if (operation.if_match.size == 0) return true;
    const auto found = values.find(std::string(operation.key.data, operation.key.size));
    return found != values.end() &&
           generation_of(found->second) == std::string_view(operation.if_match.data, operation.if_match.size);
  }

  zeo_status act(zeo_store_op& operation, bool cut, std::uint64_t& value_bytes) {
    const std::string key(operation.key.data, operation.key.size);
    const auto found = values.find(key);
    switch (operation.kind) {
      case ZEO_OP_GET:
      case ZEO_OP_HEAD: {
        if (found == values.end()) return ZEO_NOT_FOUND;
        value_bytes = found->second.size();
        if (operation.kind == ZEO_OP_HEAD) return ZEO_OK;
        ++gets;
        const zeo_range whole{0, ZEOLITE_REST};
        const auto n = operation.n_ranges == 0 ? 1 : operation.n_ranges;
        for (std::uint32_t i = 0; i < n; ++i) {
          auto range = operation.n_ranges == 0 ? whole : operation.ranges[i];
          if (range.offset == ZEOLITE_SUFFIX) {
            range.length = std::min<std::uint64_t>(range.length, value_bytes);
            range.offset = value_bytes - range.length;
          }
          if (range.offset > value_bytes) return ZEO_CORRUPT;
          if (range.length == ZEOLITE_REST) range.length = value_bytes - range.offset;
          if (range.length > value_bytes - range.offset) return ZEO_CORRUPT;
          auto& out = operation.outs[i];
          if (out.capacity < range.length && out.reserve(&out, range.length) != ZEO_OK) return ZEO_NO_MEMORY;
          if (cut && range.length > 0) --range.length;
          std::memcpy(out.data, found->second.data() + range.offset, range.length);
          out.size = range.length;
          bytes_read += range.length;
        }
        return ZEO_OK;
      }
      case ZEO_OP_SET: {
        ++sets;
        if (operation.if_none_match.size != 0 && (properties.flags & ZEO_STORE_CREATE_ONLY) == 0) {
          return ZEO_UNSUPPORTED;
        }
        if (operation.if_none_match.size != 0 && found != values.end()) return ZEO_CONFLICT;
        if (operation.if_match.size != 0 && operation.n_ranges == 0 &&
            (properties.flags & ZEO_STORE_CONDITIONS) == 0) {
          return ZEO_UNSUPPORTED;
        }
        if (!meets_if_match(operation)) return ZEO_CONFLICT;
        std::string value;
        for (std::uint32_t i = 0; i < operation.n_values; ++i) {
          const auto kept = operation.n_ranges == 0 ? zeo_range{} : operation.ranges[i];
          if (kept.length != 0) {
            if (kept.length < properties.least_kept_bytes || operation.if_match.size == 0) return ZEO_INTERNAL;
            const auto size = found->second.size();
            if (kept.offset > size || kept.length > size - kept.offset) return ZEO_CORRUPT;
            value.append(found->second, kept.offset, kept.length);
          } else {
            value.append(reinterpret_cast<const char*>(operation.values[i].data), operation.values[i].size);
          }
        }
        values[key] = std::move(value);
        return ZEO_OK;
      }
      case ZEO_OP_DELETE:
        if ((properties.flags & ZEO_STORE_DELETABLE) == 0) return ZEO_UNSUPPORTED;
        if (!meets_if_match(operation)) return ZEO_CONFLICT;
        values.erase(key);
        return ZEO_OK;
      case ZEO_OP_DELETE_PREFIX:
        std::erase_if(values, [&](const auto& entry) { return entry.first.rfind(key, 0) == 0; });
        return ZEO_OK;
      default: return ZEO_UNSUPPORTED;
    }
  }

  bool delays_;
  std::mt19937 random_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<zeo_store_op*> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  Abi abi_;
};

inline ArrayOptions int32_array(Shape shape, Shape chunk_shape, Shape shard_shape = {}) {
  ArrayOptions options;
  options.shape = std::move(shape);
  options.chunk_shape = std::move(chunk_shape);
  options.shard_shape = std::move(shard_shape);
  options.data_type = "int32";
  return options;
}

/// n elements, each one more than the one before.
inline std::vector<std::int32_t> counted(std::size_t n, std::int32_t from = 1) {
  std::vector<std::int32_t> elements(n);
  std::iota(elements.begin(), elements.end(), from);
  return elements;
}

/// What `body` throws.
template <class Body>
Error failure_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw 0;
}

/// An array in plain memory, to compare with: C order, int32.
struct Model {
  Shape shape;
  std::vector<std::int32_t> elements;

  explicit Model(Shape a_shape, std::int32_t fill = 0)
      : shape(std::move(a_shape)), elements(count_elements(shape), fill) {}

  /// Calls visit(element, k) for the k-th element of the box.
  template <class Visit>
  void each(const Box& box, Visit visit) {
    if (count_elements(box.shape) == 0) return;
    Shape index(shape.size(), 0);
    for (std::size_t k = 0;; ++k) {
      std::size_t at = 0;
      for (std::size_t i = 0; i < shape.size(); ++i) {
        at = at * shape[i] + box.origin[i] + index[i] * (box.step.empty() ? 1 : box.step[i]);
      }
      visit(elements[at], k);
      std::size_t axis = shape.size();
      for (;;) {
        if (axis == 0) return;
        --axis;
        if (++index[axis] < box.shape[axis]) break;
        index[axis] = 0;
      }
    }
  }

  std::vector<std::int32_t> read(const Box& box) {
    std::vector<std::int32_t> values(count_elements(box.shape));
    each(box, [&](std::int32_t element, std::size_t k) { values[k] = element; });
    return values;
  }

  void write(const Box& box, const std::vector<std::int32_t>& values) {
    each(box, [&](std::int32_t& element, std::size_t k) { element = values[k]; });
  }
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_); }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool chance(unsigned percent) { return below(100) < percent; }

  /// A box inside the shape, now and then with steps, empty or whole.
  Box box_in(const Shape& shape) {
    Box box;
    const bool whole = chance(10);
    const bool steps = chance(40);
    for (const auto length : shape) {
      const auto step = steps ? between(1, 4) : 1;
      const auto origin = whole || length == 0 ? 0 : below(length);
      const auto most = length == 0 ? 0 : (length - origin + step - 1) / step;
      box.origin.push_back(origin);
      box.shape.push_back(whole ? most : chance(3) ? 0 : most == 0 ? 0 : between(1, most));
      box.step.push_back(step);
    }
    if (!steps) box.step.clear();
    return box;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace zeolite::test
