// SPDX-License-Identifier: Apache-2.0
//
// One operation of a store: what is asked, and the answer, which is given exactly once whatever happens.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zeolite/abi/store.h>
#include <zeolite/sdk/call.hpp>

namespace zeolite::sdk {

/// What is known about a value beside its bytes.
struct ValueInfo {
  std::uint64_t value_bytes = UINT64_MAX;  ///< of the whole value; UINT64_MAX: not known
  std::string generation;                  ///< names this version of the value; empty: not known
};

/// Whether the answer to an operation is no longer wanted.
inline bool is_cancelled(const zeo_store_op& op) {
  return op.cancelled != nullptr &&
         std::atomic_ref<const std::uint32_t>(*op.cancelled).load(std::memory_order_relaxed) != 0;
}

/// What a get is to fill: the whole value, or ranges of it. Give the value, its size, or neither:
///
///   reading.answer(bytes);                         // the value lies in memory: done
///   reading.each_range(size, [&](offset, out) {})  // its size is known: out is the memory for the bytes from `offset`
///   reading.whole() ? reading.out(0) : ...         // all by hand
class Reading {
 public:
  Reading(std::span<const zeo_range> ranges, zeo_out* outs) : ranges_(ranges), outs_(outs) {}
  explicit Reading(zeo_store_op& op) : ranges_(op.ranges, op.n_ranges), outs_(op.outs), op_(&op) {
    constexpr auto least = offsetof(zeo_store_op, range_done) + sizeof op.range_done;
    tells_ = op.struct_size >= least && op.range_done != nullptr;
  }

  /// Whether the whole value is wanted, into out(0).
  bool whole() const { return ranges_.empty(); }
  std::span<const zeo_range> ranges() const { return ranges_; }
  /// Whether the answer is no longer wanted: whoever waits long looks now and then, and throws Error(ZEO_CANCELLED,
  /// ...).
  bool cancelled() const { return op_ != nullptr && is_cancelled(*op_); }
  Out out(std::size_t i) const { return Out(&outs_[i]); }

  /// Calls fill(offset, span<uint8_t>) for every range that is wanted, suffixes and open ends worked out. `fill` writes
  /// the span full or throws. A range that the value does not have throws ZEO_CORRUPT.
  template <class Fill>
  void each_range(std::uint64_t value_bytes, Fill&& fill) {
    info.value_bytes = value_bytes;
    if (whole()) return one(0, value_bytes, 0, fill);
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      auto [offset, length] = ranges_[i];
      if (offset == ZEOLITE_SUFFIX) {
        length = std::min(length, value_bytes);
        offset = value_bytes - length;
      } else if (length == ZEOLITE_REST && offset <= value_bytes) {
        length = value_bytes - offset;
      } else if (offset > value_bytes || length > value_bytes - offset) {
        throw corrupt("{} bytes at {} are asked for, but the value has {} bytes", length, offset, value_bytes);
      }
      one(offset, length, i, fill);
    }
  }

  /// Copies out what is wanted of a value that lies in memory.
  void answer(Bytes value) {
    each_range(value.size(), [&](std::uint64_t offset, std::span<std::uint8_t> to) {
      if (!to.empty()) std::memcpy(to.data(), value.data() + offset, to.size());
    });
  }

  /// Told to the host along with the bytes; each_range() and answer() set the size.
  ValueInfo info;

 private:
  template <class Fill>
  void one(std::uint64_t offset, std::uint64_t length, std::size_t i, Fill& fill) {
    auto into = out(i);
    const auto memory = into.reserve(length).first(static_cast<std::size_t>(length));
    fill(offset, memory);
    into.advance(length);
    if (tells_) op_->range_done(op_, static_cast<std::uint32_t>(i));
  }

  std::span<const zeo_range> ranges_;
  zeo_out* outs_;
  zeo_store_op* op_ = nullptr;
  bool tells_ = false;  // the host wants to be told of every range
};

/// What a set writes: a value given in parts, and the condition it depends on.
class Writing {
 public:
  explicit Writing(const zeo_store_op& op)
      : op_(&op),
        parts_(op.values, op.n_values),
        kept_(op.ranges, op.kind == ZEO_OP_SET ? op.n_ranges : 0),
        if_match_(text(op.if_match)),
        if_none_match_(text(op.if_none_match)) {
    if (!kept_.empty() && (kept_.size() != parts_.size() || if_match_.empty())) {
      throw invalid("what a set keeps must be said of every part, and of a version that has a name");
    }
  }

  /// Whether the answer is no longer wanted: whoever takes long looks now and then, and throws Error(ZEO_CANCELLED,
  /// ...).
  bool cancelled() const { return is_cancelled(*op_); }

  /// The value is these joined, where it keeps nothing.
  std::span<const zeo_bytes> parts() const { return parts_; }

  /// Whether parts of the value are ranges of the one that is being replaced, which must have the generation
  /// if_match(). Only in stores that declare least_kept_bytes.
  bool keeps() const { return !kept_.empty(); }
  std::string_view if_match() const { return if_match_; }

  /// Calls given(bytes) or kept(range), part for part. A range that a value of `old_bytes` bytes does not have throws
  /// ZEO_CORRUPT.
  template <class Given, class Kept>
  void each_part(std::uint64_t old_bytes, Given&& given, Kept&& kept) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto range = kept_.empty() ? zeo_range{} : kept_[i];
      if (range.length == 0) {
        given(bytes(parts_[i]));
        continue;
      }
      if (range.offset > old_bytes || range.length > old_bytes - range.offset) {
        throw corrupt("{} bytes at {} are to be kept, but the value has {} bytes", range.length, range.offset,
                      old_bytes);
      }
      kept(range);
    }
  }

  /// Of the new value; `old_bytes` is the size of the one that is being replaced, where parts of it are kept. Throws as
  /// each_part() does.
  std::uint64_t value_bytes(std::uint64_t old_bytes = 0) const {
    std::uint64_t total = 0;
    const auto add = [&](std::uint64_t size) {
      if (size > UINT64_MAX - total) throw invalid("the value is too large");
      total += size;
    };
    each_part(
        old_bytes, [&](Bytes part) { add(part.size()); }, [&](zeo_range range) { add(range.length); });
    return total;
  }

  /// Calls append(bytes) for all bytes of the new value. `old` is the one that is being replaced, for those who declare
  /// least_kept_bytes.
  template <class Append>
  void each_run(Bytes old, Append&& append) const {
    each_part(old.size(), append, [&](zeo_range range) {
      append(old.subspan(static_cast<std::size_t>(range.offset), static_cast<std::size_t>(range.length)));
    });
  }

  /// The new value; `old` as above.
  std::vector<std::uint8_t> joined(Bytes old = {}) const {
    std::vector<std::uint8_t> value;
    value.reserve(static_cast<std::size_t>(value_bytes(old.size())));
    each_run(old, [&](Bytes more) { value.insert(value.end(), more.begin(), more.end()); });
    return value;
  }

  /// Only if there is no value yet.
  bool if_absent() const { return if_none_match_ == "*"; }

  /// Throws ZEO_CONFLICT unless the value that is there (null: none is) may be replaced. Call it while nobody else can
  /// write.
  void check(const std::string* generation) const { check_conditions(if_match_, if_none_match_, generation); }

  static void check_conditions(std::string_view if_match, std::string_view if_none_match,
                               const std::string* generation) {
    if (!if_match.empty() && (generation == nullptr || *generation != if_match)) {
      throw Error(ZEO_CONFLICT, generation == nullptr ? "there is no value" : "the value has changed");
    }
    if (generation != nullptr && (if_none_match == "*" || *generation == if_none_match)) {
      throw Error(ZEO_CONFLICT, "there is a value already");
    }
  }

  /// Told to the host; the store sets the generation if it has such.
  ValueInfo info;

 private:
  const zeo_store_op* op_;
  std::span<const zeo_bytes> parts_;
  std::span<const zeo_range> kept_;  // one for each part, or none at all
  std::string_view if_match_;
  std::string_view if_none_match_;
};

/// Runs `body`, and fail(status, message) when it throws. For answers to the host, which travel in results.
template <class Body, class Fail>
void answer_failure(Body&& body, Fail&& fail) noexcept {
  try {
    body();
  } catch (const Passed& passed) {
    // Only the host's own functions fail like this, and here that is memory for a value.
    fail(passed.status, passed.status == ZEO_NO_MEMORY ? "there is no memory for the value, or a limit forbids it"
                                                       : "a function of the host failed");
  } catch (const Error& error) {
    fail(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    fail(ZEO_NO_MEMORY, "out of memory");
  } catch (const std::exception& exception) {
    fail(ZEO_INTERNAL, exception.what());
  } catch (...) {
    fail(ZEO_INTERNAL, "an exception of unknown type");
  }
}

/// An operation to be answered, by succeed() or fail(), on any thread. Nothing it refers to may be touched afterwards:
/// the host may have freed it. One that is dropped without an answer fails with ZEO_INTERNAL.
class Operation {
 public:
  Operation() = default;
  explicit Operation(zeo_store_op* op) noexcept : op_(op) {}
  Operation(Operation&& other) noexcept : op_(std::exchange(other.op_, nullptr)) {}
  Operation& operator=(Operation&& other) noexcept {
    if (this != &other) {
      drop();
      op_ = std::exchange(other.op_, nullptr);
    }
    return *this;
  }
  ~Operation() { drop(); }

  /// Whether it still waits for its answer here.
  explicit operator bool() const { return op_ != nullptr; }

  std::uint32_t kind() const { return op_->kind; }
  std::string_view key() const { return text(op_->key); }
  std::span<const zeo_range> ranges() const { return {op_->ranges, op_->n_ranges}; }
  Reading reading() const { return Reading(*op_); }
  Writing writing() const { return Writing(*op_); }
  std::string_view if_match() const { return text(op_->if_match); }
  std::string_view if_none_match() const { return text(op_->if_none_match); }

  /// Whether the answer is no longer wanted; it must still be given.
  bool cancelled() const { return is_cancelled(*op_); }

  void succeed(const ValueInfo& info = {}) noexcept { finish(ZEO_OK, {}, info.value_bytes, info.generation); }

  void fail(zeo_status status, std::string_view message) noexcept { finish(status, message, UINT64_MAX, {}); }

  /// There is no value under the key.
  void not_found() noexcept { fail(ZEO_NOT_FOUND, "there is no such value"); }

  /// Runs `body` and answers with what it throws, if it throws.
  template <class Body>
  void attempt(Body&& body) noexcept {
    answer_failure(body, [this](zeo_status status, std::string_view message) { fail(status, message); });
  }

  const zeo_store_op* abi() const { return op_; }

  /// Leaves answering to whoever takes it.
  zeo_store_op* release() noexcept { return std::exchange(op_, nullptr); }

 private:
  Operation(const Operation&) = delete;

  void drop() noexcept {
    if (op_ != nullptr) fail(ZEO_INTERNAL, "the store dropped the operation without an answer");
  }

  void finish(zeo_status status, std::string_view message, std::uint64_t value_bytes,
              std::string_view generation) noexcept {
    if (op_ == nullptr) return;
    const zeo_store_result result{sizeof(result), status, sdk::abi(message), value_bytes, sdk::abi(generation)};
    auto* const op = release();
    op->done(op, &result);
  }

  zeo_store_op* op_ = nullptr;
};

}  // namespace zeolite::sdk
