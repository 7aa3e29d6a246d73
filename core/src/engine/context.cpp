// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "chain.hpp"
#include "context_impl.hpp"

namespace zeolite {

namespace {

unsigned helper_threads(const ContextOptions& options) {
  if (options.threads) return *options.threads;
  const auto cores = std::thread::hardware_concurrency();
  return cores > 1 ? cores - 1 : 0;
}

}  // namespace

Context::Impl::Impl(ContextOptions given)
    : options(std::move(given)),
      executor(helper_threads(options)),
      memory(options.scratch_bytes),
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
  return {cells.requests.value(),      cells.joined.value(),        cells.read_bytes.value(),
          cells.written_bytes.value(), cells.decoded_bytes.value(), cells.indexes_kept.value(),
          cells.indexes_asked.value()};
}

}  // namespace zeolite
