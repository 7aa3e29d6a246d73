// SPDX-License-Identifier: Apache-2.0
//
// The context's own threads against Boost.Asio's pool and, where it is installed, oneTBB's arena: how long until posted
// work runs on a thread that sleeps, and how long reading takes on each. For decision 5; medians of rounds in turns.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include <fmt/format.h>

#ifdef ZEOLITE_BENCH_TBB
#include <tbb/task_arena.h>
#endif

#include <boost/asio/thread_pool.hpp>

#include <zeolite/async.hpp>
#include <zeolite/zeolite.hpp>

using namespace zeolite;
using Clock = std::chrono::steady_clock;

namespace {

#ifdef ZEOLITE_BENCH_TBB
class Arena final : public Executor {
 public:
  // An arena has a place for the thread that made it.
  explicit Arena(unsigned threads) : threads_(threads), arena_(static_cast<int>(threads) + 1) {}
  unsigned threads() const override { return threads_; }
  void post(std::function<void()> work) override { arena_.enqueue(std::move(work)); }

 private:
  const unsigned threads_;
  tbb::task_arena arena_;
};
#endif

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

/// Until posted work runs, on threads that have slept for a while. A context's own threads are asked through a call
/// that nobody waits for.
double wake_up(const Context& context) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  std::atomic<bool> running = false;
  Clock::duration took{};
  const auto begin = Clock::now();
  detail::start_call(
      context, [&] { took = Clock::now() - begin; }, [&](std::exception_ptr) { running = true; });
  while (!running) std::this_thread::yield();
  return microseconds(took);
}

ArrayOptions described(std::uint64_t chunks, std::uint64_t length, std::vector<Extension> codecs) {
  return {.shape = {chunks * length}, .chunk_shape = {length}, .data_type = "uint8", .codecs = std::move(codecs)};
}

Array filled(const Context& context, const ArrayOptions& options) {
  auto array = create_array(context, "memory:", options);
  std::vector<std::uint8_t> elements(options.shape[0]);
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<std::uint8_t>(i * i >> 7);
  array.write(array.all(), elements);
  return array;
}

double time_of(const auto& work) {
  const auto begin = Clock::now();
  work();
  return microseconds(Clock::now() - begin);
}

struct Candidate {
  std::string name;
  Context context;
  Array tiny = filled(context, described(20'000, 64, {"bytes"}));
  Array few = filled(context, described(4, 1 << 16, {"bytes", Extension("zstd", {{"level", 1}})}));
  Array many = filled(context, described(64, 1 << 20, {"bytes", Extension("zstd", {{"level", 1}})}));
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = argc > 1 ? std::atoi(argv[1]) : 21;
  const auto threads = std::max(2U, std::thread::hardware_concurrency()) - 1;
  const auto with = [&](std::shared_ptr<Executor> executor) {
    ContextOptions options;
    options.threads = threads;
    options.executor = std::move(executor);
    return Context(options);
  };
  boost::asio::thread_pool pool(threads);
  std::vector<Candidate> candidates;
  candidates.push_back({"own threads", with(nullptr)});
  candidates.push_back({"Boost.Asio", with(make_executor(pool.get_executor(), threads))});
#ifdef ZEOLITE_BENCH_TBB
  candidates.push_back({"oneTBB", with(std::make_shared<Arena>(threads))});
#endif
  std::map<std::string, std::vector<std::vector<double>>> times;
  for (int round = 0; round <= rounds; ++round) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& candidate = candidates[(i + round) % candidates.size()];
      const auto read = [&](const Array& array) { return time_of([&] { (void)array.read<std::uint8_t>(); }); };
      std::vector<double> row = {wake_up(candidate.context), read(candidate.tiny), read(candidate.few),
                                 read(candidate.many)};
      if (round != 0) times[candidate.name].push_back(std::move(row));
    }
  }
  fmt::print("{} threads beside the caller, medians of {} rounds, microseconds\n\n", threads, rounds);
  fmt::print("| {:12} | {:>12} | {:>20} | {:>18} | {:>18} |\n", "threads of", "wake-up", "20,000 x 64 B, raw",
             "4 x 64 KiB, zstd", "64 x 1 MiB, zstd");
  for (const auto& candidate : candidates) {
    const auto column = [&](std::size_t i) {
      std::vector<double> values;
      for (const auto& row : times[candidate.name]) values.push_back(row[i]);
      return median(std::move(values));
    };
    fmt::print("| {:12} | {:>12.1f} | {:>20.0f} | {:>18.1f} | {:>18.0f} |\n", candidate.name, column(0), column(1),
               column(2), column(3));
  }
  candidates.clear();
  pool.join();
  return 0;
}
