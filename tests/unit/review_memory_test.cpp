// SPDX-License-Identifier: Apache-2.0
//
// Running out of memory anywhere in the engine is an error: nothing hangs, nothing is used after it is gone.
#include <zeolite/testing/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

#include "engine_support.hpp"

using namespace zeolite;
using test::AsyncStore;

namespace {

/// How many more allocations succeed before one fails; negative: all do.
std::atomic<long> left{-1};

/// Bytes that operator new has given out and not got back, and the most there ever were since `most` was set.
std::atomic<std::size_t> in_use{0}, most{0};

void* allocate(std::size_t bytes) noexcept {
  if (left.load(std::memory_order_relaxed) >= 0 && left.fetch_sub(1) == 0) return nullptr;
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) return nullptr;
  const auto size = malloc_usable_size(memory);
  const auto now = in_use.fetch_add(size, std::memory_order_relaxed) + size;
  for (auto before = most.load(std::memory_order_relaxed); now > before;) {
    if (most.compare_exchange_weak(before, now, std::memory_order_relaxed)) break;
  }
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  in_use.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

/// Answers at once, and needs no memory for it: reading from values that never change, taking writes without keeping
/// them.
struct FixedStore {
  zeo_store abi;
  const std::map<std::string, std::string, std::less<>>* values;
};

zeo_status get(const std::string& value, zeo_store_op& operation) {
  const std::uint32_t n = operation.n_ranges == 0 ? 1 : operation.n_ranges;
  for (std::uint32_t i = 0; i < n; ++i) {
    auto range = operation.n_ranges == 0 ? zeo_range{0, ZEOLITE_REST} : operation.ranges[i];
    if (range.offset == ZEOLITE_SUFFIX)
      range.offset = value.size() - std::min<std::uint64_t>(range.length, value.size());
    range.length = std::min<std::uint64_t>(range.length, value.size() - range.offset);
    auto& out = operation.outs[i];
    if (out.capacity < range.length && out.reserve(&out, range.length) != ZEO_OK) return ZEO_NO_MEMORY;
    std::memcpy(out.data, value.data() + range.offset, range.length);
    out.size = range.length;
  }
  return ZEO_OK;
}

template <std::uint32_t flags>
const zeo_store_vtable& fixed_table() {
  static const zeo_store_vtable table = {
      {sizeof(zeo_store_vtable), 0, [](zeo_object*) {}, nullptr,
       [](const zeo_object*, zeo_out*, const zeo_call*) -> zeo_status { return ZEO_OK; }},
      [](const zeo_store*) -> const zeo_store_properties* {
        static const zeo_store_properties properties = {
            sizeof(properties), ZEO_STORE_READABLE | ZEO_STORE_WRITABLE | ZEO_STORE_DELETABLE | flags, 0, 0, 0, 1, 0};
        return &properties;
      },
      [](zeo_store* store, zeo_store_op* const* operations, std::uint64_t n, const zeo_call*) {
        const auto& values = *reinterpret_cast<FixedStore*>(store)->values;
        for (std::uint64_t i = 0; i < n; ++i) {
          auto& operation = *operations[i];
          zeo_store_result result{sizeof(result), ZEO_OK, {}, UINT64_MAX, {}};
          if (operation.kind == ZEO_OP_GET) {
            const auto found = values.find(std::string_view(operation.key.data, operation.key.size));
            result.status = found == values.end() ? ZEO_NOT_FOUND : get(found->second, operation);
            if (result.status == ZEO_OK) result.value_bytes = found->second.size();
          }
          operation.done(&operation, &result);
        }
      },
      nullptr,
      nullptr};
  return table;
}

/// Lets the first, second, ... allocation of `body` fail until it gets by without.
template <class Body>
void fail_each_allocation(Body body) {
  for (long n = 0;; ++n) {
    bool failed = false;
    left = n;
    try {
      body();
    } catch (const Error& error) {
      failed = true;
      left = -1;
      INFO(error.what());
      REQUIRE(error.code() == ErrorCode::no_memory);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    const bool reached = left.exchange(-1) < 0;
    if (!reached) {
      CHECK_FALSE(failed);
      CHECK(n > 5);
      return;
    }
  }
}

void play(const zeo_store_vtable& table, unsigned threads) {
  std::map<std::string, std::string, std::less<>> values;
  ArrayOptions options;
  options.shape = {60};
  options.chunk_shape = {5};
  options.shard_shape = {20};
  options.data_type = "int32";
  const auto counted = test::counted(60, 0);
  ContextOptions context_options;
  context_options.threads = threads;
  const Context context(context_options);
  {
    AsyncStore maker(1);
    const auto store = Store::adopt(context, maker.abi(), "maker:");
    create_array(store, "a", options).write(box({0}, {60}), counted);
    values.insert(maker.values.begin(), maker.values.end());
  }
  FixedStore fixed{{&table}, &values};
  const auto store = Store::adopt(context, &fixed.abi, "fixed:");
  const auto array = open_array(store, "a");
  std::vector<std::int32_t> read(60);
  fail_each_allocation([&] { array.read(array.all(), read.data()); });
  CHECK(read == counted);
  const std::vector<std::int32_t> ones(30, 1);
  fail_each_allocation([&] { array.write(box({2}, {28}, {2}), ones.data()); });
  fail_each_allocation([&] { array.write_encoded({0}, std::as_bytes(std::span(ones))); });
}

}  // namespace

void* operator new(std::size_t bytes) {
  if (void* const memory = allocate(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

TEST_CASE("running out of memory is an error, with a store that blocks", "[engine]") {
  play(fixed_table<ZEO_STORE_BLOCKING>(), 0);
}

TEST_CASE("running out of memory is an error, with a store that does not, and helper threads", "[threads]") {
  play(fixed_table<0>(), 2);
}

TEST_CASE("a read of very many tiny chunks does not list them all at once", "[engine]") {
  // What says which chunk it is takes about 800 bytes with so many axes, and the chunk itself one.
  Shape shape(32, 1);
  shape[0] = 100;
  shape[31] = 300;
  const std::size_t chunks = 100 * 300;
  ContextOptions options;
  options.threads = 2;
  const auto store = Store::open(Context(options), "memory:");
  const auto array =
      create_array(store, "", {.shape = shape, .chunk_shape = Shape(32, 1), .data_type = "uint8", .fill_value = 7});
  std::vector<std::uint8_t> elements(chunks);
  array.read(box(Shape(32, 0), Shape(32, 1)), elements.data());  // what is made once is made before
  most = in_use.load();
  const auto before = in_use.load();
  array.read(array.all(), elements.data());
  CHECK(elements == std::vector<std::uint8_t>(chunks, 7));
  CHECK(most - before < std::size_t{8} << 20);  // a list of all would take three times as much
}
