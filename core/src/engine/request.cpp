// SPDX-License-Identifier: Apache-2.0
#include "request.hpp"

#include <fmt/format.h>

namespace zeolite {

Request::Request(Operation& operation, zeo_store* store, std::uint32_t kind, std::string_view key)
    : owner_(operation), store_(store), blocking_((store->v->properties(store)->flags & ZEO_STORE_BLOCKING) != 0) {
  operation_.struct_size = sizeof(operation_);
  operation_.kind = kind;
  operation_.key = str(key);
  operation_.cancelled = operation.cancelled();
  operation_.done = &on_done;
  operation_.host = this;
}

void Request::want(zeo_range range, Buffer& into) {
  ranges_.push_back(range);
  buffers_.push_back(&into);
}

void Request::want_all(Buffer& into) { buffers_.push_back(&into); }

void Request::await_suspend(std::coroutine_handle<> waiter) {
  waiter_.handle = waiter;
  // A zeo_out is the store's while it works; its state comes back to the buffer afterwards.
  outs_.reserve(buffers_.size());
  for (auto* const buffer : buffers_) outs_.push_back(*buffer->abi());
  operation_.ranges = ranges_.data();
  operation_.n_ranges = static_cast<std::uint32_t>(ranges_.size());
  operation_.outs = outs_.data();
  operation_.values = values_.data();
  operation_.n_values = static_cast<std::uint32_t>(values_.size());
  Gathering::current().add(store_, &operation_);
}

void Request::on_done(zeo_store_op* operation, const zeo_store_result* result) {
  auto& self = *static_cast<Request*>(operation->host);
  self.status_ = result->status;
  try {
    self.message_ = view(result->message);
    self.generation_ = view(result->generation);
  } catch (...) {
    // Without memory for the words the status stands alone, and the version counts as not known.
    self.generation_.clear();
  }
  self.value_bytes_ = result->value_bytes;
  // Resuming ends this request, so nothing of it is touched afterwards.
  if (self.blocking_) {
    resume(self.owner_.resources(), self.waiter_.handle);
  } else {
    self.owner_.resume_later(self.waiter_);
  }
}

bool Request::await_resume() {
  for (std::size_t i = 0; i < buffers_.size(); ++i) *buffers_[i]->abi() = outs_[i];
  if (status_ == ZEO_OK) {
    std::uint64_t read = 0, written = 0;
    for (const auto& out : outs_) read += out.size;
    for (const auto& value : values_) written += value.size;
    if (read != 0) owner_.counters().read_bytes.add(read);
    if (written != 0) owner_.counters().written_bytes.add(written);
    return true;
  }
  if (status_ == ZEO_NOT_FOUND) return false;
  for (const auto* const buffer : buffers_) {
    if (buffer->refused()) {
      throw Error(ErrorCode::corrupt,
                  fmt::format("the stored value is longer than the {} bytes allowed for it", buffer->limit()));
    }
  }
  const bool known = status_ > ZEO_OK && status_ <= ZEO_INTERNAL;
  throw Error(known ? static_cast<ErrorCode>(status_) : ErrorCode::internal,
              message_.empty() ? "the store failed without saying why" : message_);
}

}  // namespace zeolite
