// SPDX-License-Identifier: Apache-2.0
//
// One store operation as something a task awaits.
#pragma once

#include <coroutine>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include <zeolite/abi/store.h>

#include "../base/buffer.hpp"
#include "../base/object.hpp"
#include "operation.hpp"

namespace zeolite {

class Request final : private Asker {
 public:
  /// `key` and what is added must live until the request has been awaited.
  Request(Operation& operation, zeo_store* store, std::uint32_t kind, std::string_view key);
  ~Request() { owner_.resources().tickets.give_back(*ticket_); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  /// GET: asks for a range, or without one for the whole value, to be written to `into`.
  void want(zeo_range range, Buffer& into);
  void want_all(Buffer& into);
  /// GET from a store with ZEO_STORE_PROGRESSIVE: asks for ranges of at most `slab.limit()` bytes, all of which come to
  /// the same memory, and calls take(i, bytes), which throws nothing, when range i is there, before the next is read.
  using Take = std::function<void(std::uint32_t, zeo_bytes)>;
  void want_in_turn(std::span<const zeo_range> ranges, Buffer& slab, Take take);
  /// SET: the value is these parts, joined. `kept`: see Encoded::kept; only_if() says of which generation.
  void put(std::vector<zeo_bytes> parts, std::span<const zeo_range> kept = {}) {
    values_ = std::move(parts);
    ranges_.assign(kept.begin(), kept.end());
  }
  /// SET, DELETE: only if the value has this generation.
  void only_if(std::string_view generation) { ticket_->operation.if_match = str(generation); }
  /// SET: only if there is no value yet.
  void only_if_absent() { ticket_->operation.if_none_match = str("*"); }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter);
  /// As answer().
  bool await_resume() {
    take_back();
    return answer();
  }
  /// Whether there is such a key. Throws what went wrong, but for "not found". To be called once.
  bool answer();

  /// To be awaited where something is to be done before answer() throws.
  struct Settled {
    Request& request;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) { request.await_suspend(waiter); }
    void await_resume() const noexcept { request.take_back(); }
  };
  Settled settled() noexcept { return {*this}; }

  /// It was joined with others, and what failed may have been another one.
  bool failed_with_others() const { return with_others_; }
  /// Makes it one that has not been asked yet, and will be by itself.
  void renew_alone();

  zeo_status status() const { return status_; }
  std::uint64_t value_bytes() const { return value_bytes_; }
  /// Names the version of the value; empty when the store does not.
  const std::string& generation() const { return generation_; }
  std::string take_generation() { return std::move(generation_); }

 private:
  void answered(const zeo_store_result& result) noexcept override;
  void failed_with_others(const zeo_store_result& result) noexcept override {
    with_others_ = true;
    answered(result);
  }
  void range_done(std::uint32_t range) noexcept override;
  /// A zeo_out is the store's while it works; its state comes back to the buffer afterwards.
  void take_back() noexcept;
  /// Whether the answer is that there is no such value, of which nobody asks for words. A value that is not stored for
  /// want of a place is a failure.
  bool says_there_is_none(zeo_status status) const noexcept;

  Operation& owner_;
  zeo_store* store_;
  bool blocking_;
  Ticket* ticket_;
  Timing timing_;
  bool alone_ = false;
  bool with_others_ = false;
  // Most requests ask for one or two ranges.
  template <class T>
  using Few = boost::container::small_vector<T, 2>;
  Few<zeo_range> ranges_;
  Few<Buffer*> buffers_;
  Few<zeo_out> outs_;
  std::vector<zeo_bytes> values_;
  // Of want_in_turn():
  Take take_;
  std::uint32_t taken_ = 0;
  Ready waiter_;
  zeo_status status_ = ZEO_INTERNAL;
  std::string message_;
  std::string generation_;
  std::uint64_t value_bytes_ = UINT64_MAX;
};

}  // namespace zeolite
