// SPDX-License-Identifier: Apache-2.0
//
// Executors that take work and let it go without running it.
#include <zeolite/testing/catch.hpp>

#include <future>

#include <boost/asio/thread_pool.hpp>

#include <zeolite/async.hpp>

#include "engine_support.hpp"

using namespace zeolite;
using namespace std::chrono_literals;
using test::AsyncStore;
using test::counted;
using test::int32_array;

namespace {

/// Takes all work, and lets it go at once, a little later on another thread, or when it is told to.
class Dropping final : public Executor {
 public:
  enum class When { at_once, soon, told };
  /// `run_percent`: so much of it is run for all that.
  explicit Dropping(When when, unsigned run_percent = 0) : when_(when), run_percent_(run_percent) {}
  ~Dropping() override { pool_.join(); }

  unsigned threads() const override { return 2; }
  void post(std::function<void()> work) override {
    ++posted;
    std::unique_lock lock(mutex_);
    const bool runs = random_.chance(run_percent_);
    if (when_ == When::told) return kept_.push_back(std::move(work));
    lock.unlock();
    if (runs || when_ == When::soon) {
      boost::asio::post(pool_, [work = std::move(work), runs] {
        if (runs) work();
      });
    }
  }

  void let_go() {
    std::unique_lock lock(mutex_);
    const auto kept = std::exchange(kept_, {});
    lock.unlock();
  }

  std::atomic<int> posted = 0;

 private:
  const When when_;
  const unsigned run_percent_;
  std::mutex mutex_;
  test::Random random_{5};
  std::vector<std::function<void()>> kept_;
  boost::asio::thread_pool pool_{2};
};

/// A read that nobody waits for.
struct Read {
  std::vector<std::int32_t> output;
  std::promise<void> ended;
  std::future<void> end = ended.get_future();

  explicit Read(const Array& array) : output(count_elements(array.shape())) {
    detail::start_read({ReadRequest{array, array.all(), output.data(), {}}}, Until{},
                       [this](std::exception_ptr e) { e ? ended.set_exception(std::move(e)) : ended.set_value(); });
  }
  bool has_ended(std::chrono::seconds time = 0s) const { return end.wait_for(time) == std::future_status::ready; }
};

}  // namespace

TEST_CASE("work that an executor takes and drops is done all the same", "[engine][threads]") {
  const auto when = GENERATE(Dropping::When::at_once, Dropping::When::soon);
  const auto run_percent = GENERATE(0U, 40U);
  AsyncStore values(2, 9, true);
  ContextOptions options;
  options.executor = std::make_shared<Dropping>(when, run_percent);
  options.working_bytes = 64 << 10;
  const Context context(options);
  for (const auto& store : {Store::open(context, "memory:"), Store::adopt(context, values.abi(), "async:")}) {
    const auto array = create_array(store, "a", int32_array({60, 60}, {3, 4}, {30, 20}));
    array.write(array.all(), counted(3600));
    CHECK(array.read<std::int32_t>() == counted(3600));
    std::deque<Read> reads;
    for (int i = 0; i < 10; ++i) reads.emplace_back(array);
    for (auto& read : reads) {
      REQUIRE(read.has_ended(20s));
      CHECK_NOTHROW(read.end.get());
      CHECK(read.output == counted(3600));
    }
  }
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("calls whose work is dropped late end then, and give back their memory", "[engine][threads]") {
  const auto executor = std::make_shared<Dropping>(Dropping::When::told);
  AsyncStore values(2);
  ContextOptions options;
  options.executor = executor;
  options.working_bytes = 1 << 10;
  const Context context(options);
  const auto store = Store::adopt(context, values.abi(), "async:");
  auto array_options = int32_array({4000}, {100});
  array_options.codecs = {"bytes", "crc32c"};
  const auto array = create_array(store, "a", array_options);
  array.write(array.all(), counted(4000));
  executor->let_go();
  std::deque<Read> reads;
  for (int i = 0; i < 5; ++i) reads.emplace_back(array);
  CHECK(executor->posted >= 5);
  for (const auto& read : reads) CHECK_FALSE(read.has_ended());
  for (auto& read : reads) {
    // Whoever goes on may have been called again meanwhile.
    for (int i = 0; i < 4000 && !read.has_ended(); ++i) {
      executor->let_go();
      std::this_thread::sleep_for(5ms);
    }
    REQUIRE(read.has_ended());
    CHECK(read.output == counted(4000));
  }
  CHECK(context.runtime().working_bytes_used == 0);
}

TEST_CASE("a pool of Boost.Asio's that is stopped and goes ends what was started", "[engine][threads]") {
  auto pool = std::make_unique<boost::asio::thread_pool>(2);
  ContextOptions options;
  options.executor = make_executor(pool->get_executor(), 2);
  const Context context(options);
  const auto array = create_array(Store::open(context, "memory:"), "a", int32_array({400}, {10}));
  array.write(array.all(), counted(400));
  pool->stop();
  pool->join();
  Read read(array);
  CHECK_FALSE(read.has_ended());
  pool.reset();
  REQUIRE(read.has_ended());
  CHECK(read.output == counted(400));
}
