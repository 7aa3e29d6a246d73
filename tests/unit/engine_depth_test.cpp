// SPDX-License-Identifier: Apache-2.0
//
// Thousands of calls that wait for each other in a context without threads: whoever ends one goes on with the next, and
// none of them inside of another, which no stack would have room for.
#include <zeolite/testing/catch.hpp>

#include <pthread.h>

#include <zeolite/async_start.hpp>
#include <zeolite/sdk/store.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using test::counted;
using test::int32_array;

namespace {

/// Requests of one kind wait until they are let go; others are answered at once, inside of submit. Nothing is stored.
class Gated final : public sdk::Store {
 public:
  struct Gate {
    std::atomic<std::uint32_t> kind = 0;
    std::mutex mutex;
    std::vector<sdk::Operation> held;  // guarded by mutex

    std::vector<sdk::Operation> take() {
      const std::lock_guard lock(mutex);
      return std::exchange(held, {});
    }
  };

  explicit Gated(Gate& gate) : gate_(gate) {}

  sdk::StoreProperties properties() const override { return {.writable = true, .deletable = true}; }

  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    for (auto& operation : operations) {
      if (operation.kind() != gate_.kind) {
        answer(operation);
        continue;
      }
      const std::lock_guard lock(gate_.mutex);
      gate_.held.push_back(std::move(operation));
    }
  }

  static void answer(sdk::Operation& operation) {
    if (operation.kind() == ZEO_OP_GET || operation.kind() == ZEO_OP_HEAD) return operation.not_found();
    operation.succeed();
  }

 private:
  Gate& gate_;
};

/// Answers on a thread whose stack a few hundred calls inside of each other would fill.
void answer_on_small_stack(std::vector<sdk::Operation> operations) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, std::size_t{256} << 10) == 0);
  pthread_t thread{};
  const auto body = [](void* argument) -> void* {
    for (auto& operation : *static_cast<std::vector<sdk::Operation>*>(argument)) Gated::answer(operation);
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, body, &operations) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  (void)pthread_attr_destroy(&attributes);
}

constexpr int many = 4000;

Context lonely(std::optional<std::uint64_t> working_bytes = {}) {
  ContextOptions options;
  options.threads = 0;
  options.working_bytes = working_bytes;
  return Context(options);
}

/// One chunk, which takes a share of the memory budget if it is compressed.
Array one_chunk(const Store& store, const char* path, std::uint64_t elements, bool compressed) {
  auto options = int32_array({elements}, {elements});
  if (compressed) options.codecs = {"bytes", Extension("gzip", {{"level", 1}})};
  return create_array(store, path, options);
}

/// Answers the one operation that the gate holds, and holds no more.
void let_through(Gated::Gate& gate) {
  auto held = gate.take();
  REQUIRE(held.size() == 1);
  gate.kind = 0;
  answer_on_small_stack(std::move(held));
}

ReadRequest all_of(const Array& array, std::vector<std::int32_t>& output) {
  return {array, array.all(), output.data(), {}};
}

}  // namespace

TEST_CASE("many reads that wait for memory, and are answered inside of submit, end one after the other",
          "[engine][threads]") {
  Gated::Gate gate;
  const auto context = lonely(1);
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Gated>(gate)), "gated:");
  const auto array = one_chunk(store, "a", 16, true);
  std::vector<std::int32_t> output(16);
  std::atomic<int> ended = 0;
  gate.kind = ZEO_OP_GET;
  for (int i = 0; i < many; ++i) {
    detail::start_read({all_of(array, output)}, {}, [&](std::exception_ptr failure) { ended += failure ? 0 : 1; });
  }
  let_through(gate);
  CHECK(ended == many);
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("many reads that wait for one that takes all the memory begin one after the other", "[engine][threads]") {
  Gated::Gate gate;
  const auto context = lonely(2 << 20);
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Gated>(gate)), "gated:");
  const auto small = one_chunk(store, "small", 16, true), large = one_chunk(store, "large", 1 << 20, true);
  std::vector<std::int32_t> output(16), large_output(1 << 20);
  std::atomic<int> ended = 0;
  const auto done = [&](std::exception_ptr failure) { ended += failure ? 0 : 1; };
  gate.kind = ZEO_OP_GET;
  detail::start_read({all_of(large, large_output)}, {}, done);
  for (int i = 0; i < many; ++i) detail::start_read({all_of(small, output)}, {}, done);
  auto first = gate.take();
  REQUIRE(first.size() == 1);
  answer_on_small_stack(std::move(first));
  CHECK(ended == 1);
  auto rest = gate.take();
  CHECK(rest.size() == many);
  answer_on_small_stack(std::move(rest));
  CHECK(ended == many + 1);
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("many reads that stand in the queue for memory and are given up let each other pass", "[engine][threads]") {
  Gated::Gate gate;
  const auto context = lonely(1);
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Gated>(gate)), "gated:");
  const auto plain = one_chunk(store, "plain", 16, false), compressed = one_chunk(store, "compressed", 16, true);
  std::vector<std::int32_t> output(16);
  std::atomic<int> ended = 0;
  gate.kind = ZEO_OP_GET;
  std::stop_source stop;
  detail::start_read({all_of(compressed, output)}, {}, [&](std::exception_ptr failure) { ended += failure ? 0 : 1; });
  for (int i = 0; i < many; ++i) {
    // The first chunk is asked for, the second waits for memory.
    detail::start_read({all_of(plain, output), all_of(compressed, output)}, {stop.get_token()},
                       [&](std::exception_ptr failure) { ended += failure ? 1 : 0; });
  }
  auto held = gate.take();
  REQUIRE(held.size() == many + 1);
  // What stops them in a process that has had no second thread, no second thread may end: so has it libstdc++ 12.
  answer_on_small_stack({});
  // They want no memory any more, but must wait for the store before they end.
  stop.request_stop();
  CHECK(ended == 0);
  std::vector<sdk::Operation> first;
  first.push_back(std::move(held.front()));
  held.erase(held.begin());
  answer_on_small_stack(std::move(first));
  CHECK(ended == 1);
  answer_on_small_stack(std::move(held));
  CHECK(ended == many + 1);
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("many writers of one chunk, answered inside of submit, end one after the other", "[engine][threads]") {
  Gated::Gate gate;
  const auto context = lonely();
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Gated>(gate)), "gated:");
  const auto array = one_chunk(store, "a", 16, false);
  const auto elements = counted(16);
  std::atomic<int> ended = 0;
  gate.kind = ZEO_OP_SET;
  for (int i = 0; i < many; ++i) {
    detail::start_write(array, array.all(), elements.data(), {}, {},
                        [&](std::exception_ptr failure) { ended += failure ? 0 : 1; });
  }
  let_through(gate);
  CHECK(ended == many);
}

TEST_CASE("a call from inside of the end of another does not wait for what its own thread has put off",
          "[engine][threads]") {
  Gated::Gate gate;
  const auto context = lonely(1);
  const auto store = Store::adopt(context, sdk::Store::make(std::make_unique<Gated>(gate)), "gated:");
  const auto array = one_chunk(store, "a", 16, true);
  std::vector<std::int32_t> output(16);
  std::vector<int> ended;
  gate.kind = ZEO_OP_GET;
  for (int i = 0; i < 4; ++i) {
    detail::start_read({all_of(array, output)}, {}, [&, i](std::exception_ptr) {
      ended.push_back(i);
      // They stand behind the next of the others in the queue for memory.
      if (i == 1) (void)array.read<std::int32_t>();
      if (i == 2) detail::start_read({all_of(array, output)}, {}, [&](std::exception_ptr) { ended.push_back(4); });
    });
  }
  let_through(gate);
  std::sort(ended.begin(), ended.end());
  CHECK(ended == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(context.runtime().working_bytes_used == 0);
}
