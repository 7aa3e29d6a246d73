// SPDX-License-Identifier: Apache-2.0
#include "gathering.hpp"

#include "../base/call.hpp"
#include "merge.hpp"

namespace zeolite {

thread_local Gathering* Gathering::current_ = nullptr;

void Gathering::add(zeo_store* store, zeo_store_op* operation, bool alone) {
  for (auto& batch : batches_) {
    if (batch.store == store && batch.alone == alone) return batch.operations.push_back(operation);
  }
  batches_.push_back({store, alone, {operation}});
}

void Gathering::submit() noexcept {
  const auto batches = std::exchange(batches_, {});
  for (const auto& [store, alone, operations] : batches) {
    Call call(resources_.workers);
    call.use_threads(threads_);
    submit_merged(resources_, store, operations, alone, threads_, call);
  }
}

void resume(const Resources& resources, std::coroutine_handle<> handle) noexcept {
  // It keeps the resources by itself: the operation may end with the task.
  Gathering gathering(resources);
  handle.resume();
  gathering.submit();
}

}  // namespace zeolite
