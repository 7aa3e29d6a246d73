// SPDX-License-Identifier: Apache-2.0
//
// A store that is asked for long ranges in parts: see make_split_store().
#include <algorithm>
#include <deque>
#include <mutex>
#include <new>

#include "front_store.hpp"

namespace zeolite {

namespace {

bool is_long(const zeo_range& range, std::uint64_t longest) {
  // Where the others end, nobody knows yet.
  return range.offset != ZEOLITE_SUFFIX && range.length != ZEOLITE_REST && range.length > longest;
}

/// Those whose ranges come in turn are for the one who asks to cut.
bool has_long_ranges(const zeo_store_op& operation, std::uint64_t longest) {
  if (operation.kind != ZEO_OP_GET || operation.range_done != nullptr) return false;
  return std::any_of(operation.ranges, operation.ranges + operation.n_ranges,
                     [&](const zeo_range& range) { return is_long(range, longest); });
}

/// What the answers to reads of one value, under way at the same time, say of it together.
class Answers {
 public:
  void add(const zeo_store_result& result) noexcept {
    if (result.status == ZEO_NOT_FOUND) {
      missing_ = true;
    } else if (result.status != ZEO_OK) {
      if (status_ == ZEO_OK) keep(message_, result.message);
      if (status_ == ZEO_OK) status_ = result.status;
    } else {
      add_found(result);
    }
  }

  /// `end`: where the ranges end that were asked for. What this points to lives as long as the answers do.
  zeo_store_result together(std::uint64_t end) noexcept {
    // Of one version only if all of them say so.
    const std::string_view generation = all_named_ ? generation_ : std::string_view();
    zeo_store_result result{sizeof(zeo_store_result), status_, str(message_), value_bytes_, str(generation)};
    if (status_ != ZEO_OK && status_ != ZEO_CORRUPT) return result;
    const bool removed = missing_ && (found_ || status_ == ZEO_CORRUPT);
    // A range that the value did have: by now there is a shorter one.
    const bool cut = status_ == ZEO_CORRUPT && value_bytes_ != UINT64_MAX && value_bytes_ >= end;
    if (removed || replaced_) {
      result.message = str(removed ? "the value was removed while parts of it were being read"
                                   : "the value was replaced while parts of it were being read");
    }
    if (removed || replaced_ || cut) {
      result.status = ZEO_CONFLICT;
    } else if (missing_) {
      result.status = ZEO_NOT_FOUND;
    }
    return result;
  }

 private:
  void add_found(const zeo_store_result& result) noexcept {
    found_ = true;
    const auto generation = view(result.generation);
    if (generation.empty()) {
      all_named_ = false;
    } else if (generation_.empty()) {
      all_named_ = keep(generation_, result.generation) && all_named_;
    } else if (generation != generation_) {
      replaced_ = true;
    }
    if (result.value_bytes == UINT64_MAX) return;
    if (value_bytes_ != UINT64_MAX && value_bytes_ != result.value_bytes) replaced_ = true;
    value_bytes_ = result.value_bytes;
  }

  /// False: there is nothing, or no memory for it.
  static bool keep(std::string& to, zeo_str text) noexcept {
    try {
      to = view(text);
    } catch (const std::bad_alloc&) {
      to.clear();
    }
    return !to.empty();
  }

  zeo_status status_ = ZEO_OK;  // the first failure but for "not found"
  bool missing_ = false;
  bool found_ = false;
  bool all_named_ = true;
  bool replaced_ = false;
  std::uint64_t value_bytes_ = UINT64_MAX;
  std::string message_, generation_;
};

/// One read, as several. It ends with the last answer.
class SplitRead {
 public:
  /// Throws std::bad_alloc, also when the original's memory cannot be had in one piece.
  SplitRead(Tickets& tickets, zeo_store_op* original, std::uint64_t longest) : tickets_(tickets), original_(original) {
    const std::span ranges(original->ranges, original->n_ranges);
    for (std::uint32_t i = 0; i < ranges.size(); ++i) {
      const auto& range = ranges[i];
      if (range.offset != ZEOLITE_SUFFIX && range.length != ZEOLITE_REST) {
        end_ = std::max(end_, range.offset + range.length);
      }
      if (is_long(range, longest)) {
        cut(i, longest);
      } else {
        short_.push_back(i);
        short_ranges_.push_back(range);
        short_outs_.push_back(original->outs[i]);
      }
    }
    if (!short_.empty()) {
      add(short_ranges_.data(), short_outs_.data(), static_cast<std::uint32_t>(short_.size()));
    }
    waiting_ = parts_.size();
  }

  std::size_t count() const { return parts_.size(); }
  void give(std::vector<zeo_store_op*>& batch) {
    for (auto& part : parts_) batch.push_back(&part.ticket.operation);
  }

 private:
  struct Part final : Asker {
    explicit Part(SplitRead& of) : read(of), ticket(of.tickets_.take(*this)) {}
    ~Part() { read.tickets_.give_back(ticket); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    void answered(const zeo_store_result& result) noexcept override { read.answered(result); }

    SplitRead& read;
    Ticket& ticket;
  };
  /// A part of a long range.
  struct Cut {
    std::uint32_t range;  // which one
    zeo_range part;
    zeo_out out;
  };

  /// In parts of about the same length: a short one at the end would cost as much as a long one.
  void cut(std::uint32_t i, std::uint64_t longest) {
    const auto range = original_->ranges[i];
    auto& out = original_->outs[i];
    const auto room = out.size + range.length;
    if (out.capacity < room && out.reserve(&out, room) != ZEO_OK) throw std::bad_alloc();
    const auto n = range.length / longest + (range.length % longest != 0);
    const auto each = range.length / n + (range.length % n != 0);
    for (std::uint64_t done = 0; done < range.length; done += each) {
      const auto length = std::min(each, range.length - done);
      auto& made = cuts_.emplace_back(
          Cut{i, {range.offset + done, length}, {out.data + out.size + done, 0, length, &no_more, nullptr}});
      add(&made.part, &made.out, 1);
    }
  }

  static zeo_status no_more(zeo_out* out, std::uint64_t capacity) {
    return capacity <= out->capacity ? ZEO_OK : ZEO_NO_MEMORY;
  }

  void add(const zeo_range* ranges, zeo_out* outs, std::uint32_t n) {
    auto& operation = parts_.emplace_back(*this).ticket.operation;
    operation.kind = ZEO_OP_GET;
    operation.key = original_->key;
    operation.if_match = original_->if_match;
    operation.if_none_match = original_->if_none_match;
    operation.cancelled = original_->cancelled;
    operation.ranges = ranges;
    operation.n_ranges = n;
    operation.outs = outs;
  }

  void answered(const zeo_store_result& result) noexcept {
    {
      const std::lock_guard lock(mutex_);
      answers_.add(result);
      if (--waiting_ != 0) return;
    }
    for (std::size_t k = 0; k < short_.size(); ++k) original_->outs[short_[k]] = short_outs_[k];
    // What follows a part that came short is of no use, and whoever asked counts the bytes.
    for (std::size_t k = 0; k < cuts_.size();) {
      const auto i = cuts_[k].range;
      bool full = true;
      for (; k < cuts_.size() && cuts_[k].range == i; ++k) {
        if (full) original_->outs[i].size += cuts_[k].out.size;
        full = full && cuts_[k].out.size == cuts_[k].part.length;
      }
    }
    auto answers = std::move(answers_);
    auto* const original = original_;
    const auto together = answers.together(end_);
    delete this;
    original->done(original, &together);
  }

  Tickets& tickets_;
  zeo_store_op* const original_;
  std::uint64_t end_ = 0;
  std::vector<std::uint32_t> short_;  // the ranges that stay whole
  std::vector<zeo_range> short_ranges_;
  std::vector<zeo_out> short_outs_;
  std::deque<Cut> cuts_;
  std::deque<Part> parts_;
  std::mutex mutex_;
  std::size_t waiting_ = 0;  // guarded by mutex_; parts without an answer
  Answers answers_;          // guarded by mutex_
};

class SplitStore final : public FrontStore {
 public:
  SplitStore(const Resources& resources, Owned<zeo_store> inner)
      : resources_(resources),
        inner_(std::move(inner)),
        longest_(inner_->v->properties(inner_.get())->max_range_bytes) {}

  zeo_store* inner() const override { return inner_.get(); }

  void submit(std::span<zeo_store_op* const> operations, const zeo_call* call) noexcept override {
    if (std::none_of(operations.begin(), operations.end(), [&](auto* op) { return has_long_ranges(*op, longest_); })) {
      return hand_on(operations, call);
    }
    std::vector<zeo_store_op*> batch;
    try {
      std::vector<std::unique_ptr<SplitRead>> made;
      for (auto* const operation : operations) {
        auto read = split(operation);
        if (!read) {
          batch.push_back(operation);
          continue;
        }
        read->give(batch);
        made.push_back(std::move(read));
      }
      resources_.counters.requests.add(batch.size() - operations.size());
      for (auto& read : made) (void)read.release();
    } catch (const std::bad_alloc&) {
      // As they are, then: it can be done, only not as well.
      return hand_on(operations, call);
    }
    hand_on(batch, call);
  }

 private:
  /// Null: it stays whole.
  std::unique_ptr<SplitRead> split(zeo_store_op* operation) const {
    if (!has_long_ranges(*operation, longest_)) return nullptr;
    try {
      return std::make_unique<SplitRead>(resources_.tickets, operation, longest_);
    } catch (const std::bad_alloc&) {
      return nullptr;  // the store finds out itself whether there is memory
    }
  }

  const Resources resources_;
  const Owned<zeo_store> inner_;
  const std::uint64_t longest_;
};

}  // namespace

Owned<zeo_store> make_split_store(const Resources& resources, Owned<zeo_store> inner) {
  return FrontStore::make(std::make_unique<SplitStore>(resources, std::move(inner)));
}

}  // namespace zeolite
