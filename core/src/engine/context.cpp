// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "../base/thread_pool.hpp"
#include "chain.hpp"
#include "context_impl.hpp"

namespace zeolite {

namespace {

std::shared_ptr<Executor> executor_of(const ContextOptions& options) {
  if (options.executor) return options.executor;
  const auto cores = std::max(std::thread::hardware_concurrency(), 1U);
  const auto threads = options.threads.value_or(cores - 1);
  return threads == 0 ? nullptr : std::make_shared<ThreadPool>(threads);
}

std::uint64_t working_bytes_of(const ContextOptions& options, const Workers& workers) {
  constexpr std::uint64_t for_each_thread = std::uint64_t{128} << 20;
  return options.working_bytes.value_or(for_each_thread * std::max(workers.concurrency(), 2U));
}

}  // namespace

Context::Impl::Impl(ContextOptions given)
    : options(std::move(given)),
      workers(executor_of(options)),
      budget(working_bytes_of(options, workers)),
      memory(budget.limit_bytes(), options.huge_pages),
      indexes(options.index_cache_bytes),
      catalog(options.plugins, options.log,
              [this](zeo_str codecs, const zeo_representation* decoded, zeo_bound_codec** out, const zeo_call* call) {
                return make_chain(*this, codecs, decoded, out, call);
              }) {}

Context::Context(ContextOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}

const ContextOptions& Context::options() const { return impl_->options; }

Registry& Context::registry() const { return impl_->catalog; }

Counters Context::counters() const {
  const auto& cells = impl_->counters;
  Counters counters;
  counters.requests = cells.requests.value();
  counters.joined = cells.joined.value();
  counters.element_bytes = cells.element_bytes.value();
  counters.read_bytes = cells.read_bytes.value();
  counters.written_bytes = cells.written_bytes.value();
  counters.kept_bytes = cells.kept_bytes.value();
  counters.decoded_bytes = cells.decoded_bytes.value();
  counters.indexes_kept = cells.indexes_kept.value();
  counters.indexes_asked = cells.indexes_asked.value();
  counters.wait_ns = cells.wait_ns.value();
  counters.decode_ns = cells.decode_ns.value();
  counters.stray_answers = impl_->tickets.stray_answers();
  return counters;
}

Runtime Context::runtime() const {
  return {impl_->workers.concurrency() - 1, impl_->budget.limit_bytes(), impl_->budget.used_bytes(),
          options().huge_pages && huge_pages_given()};
}

}  // namespace zeolite
