// SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace zeolite {

namespace {

constexpr std::uint64_t small_bytes = std::uint64_t{1} << 20;

}  // namespace

void Version::check(bool present, std::string generation) {
  std::lock_guard lock(mutex_);
  heard_ = true;
  compare(present, std::move(generation));
}

void Version::expect(std::string generation) {
  std::lock_guard lock(mutex_);
  compare(true, std::move(generation));
  expected_ = true;
}

bool Version::has_trusted() {
  std::lock_guard lock(mutex_);
  return expected_;
}

std::optional<Version::Seen> Version::seen() {
  std::lock_guard lock(mutex_);
  if (!seen_) return std::nullopt;
  return Seen{present_, generation_};
}

bool Version::is_hearsay() {
  std::lock_guard lock(mutex_);
  return seen_ && !heard_;
}

void Version::compare(bool present, std::string generation) {
  if (!seen_) {
    seen_ = true;
    present_ = present;
    generation_ = std::move(generation);
    return;
  }
  // A store that does not always name versions cannot confirm what a cache has said.
  const bool unnamed = generation.empty() || generation_.empty();
  if (present == present_ && (generation == generation_ || (unnamed && !expected_))) {
    if (generation_.empty()) generation_ = std::move(generation);
    return;
  }
  throw Error(ErrorCode::conflict, present ? "the value was replaced while parts of it were being read"
                                           : "the value was removed while parts of it were being read");
}

zeo_range Source::absolute(zeo_range range) const {
  if (!length_) return range;  // the whole value of a store, which checks for itself
  if (range.offset == ZEOLITE_SUFFIX) {
    const auto length = std::min(range.length, *length_);
    range = {*length_ - length, length};
  } else if (range.length == ZEOLITE_REST && range.offset <= *length_) {
    range.length = *length_ - range.offset;
  }
  if (range.offset > *length_ || range.length > *length_ - range.offset) {
    throw Error(ErrorCode::corrupt, fmt::format("bytes [{}, {} + {}) lie outside a value of {} bytes", range.offset,
                                                range.offset, range.length, *length_));
  }
  return {offset_ + range.offset, range.length};
}

Source Source::part(zeo_range range) const {
  const auto whole = absolute(range);
  return Source(store_, key_, memory_, whole.offset, whole.length, version_);
}

std::uint64_t Source::merge_gap_bytes() const {
  return in_memory() ? 0 : store_->v->properties(store_)->merge_gap_bytes;
}

std::uint64_t Source::least_kept_bytes() const {
  if (!is_value()) return UINT64_MAX;
  const auto least = store_->v->properties(store_)->least_kept_bytes;
  const auto seen = version_->seen();
  return least != 0 && seen && !seen->generation.empty() ? least : UINT64_MAX;
}

bool Source::reads_in_turn() const {
  return is_value() && (store_->v->properties(store_)->flags & ZEO_STORE_PROGRESSIVE) != 0;
}

Task<Fetched> Source::fetch(Operation& operation, std::vector<zeo_range> ranges, std::uint64_t limit_bytes) const {
  Fetched fetched;
  fetched.present = true;
  if (in_memory()) {
    for (const auto& range : ranges) {
      const auto whole = absolute(range);
      fetched.parts.push_back({memory_.data + whole.offset, whole.length});
      fetched.offsets.push_back(whole.offset - offset_);
    }
    fetched.value_bytes = *length_;
    co_return fetched;
  }
  auto room = limit_bytes;
  for (auto& range : ranges) {
    range = absolute(range);
    if (range.length != ZEOLITE_REST) {
      if (range.length > room) {
        throw Error(ErrorCode::no_memory,
                    fmt::format("{} bytes would have to be read at once where no more than {} are allowed "
                                "(max_chunk_bytes)",
                                range.length, room));
      }
      room -= range.length;
    }
    fetched.buffers.emplace_back(range.length == ZEOLITE_REST ? limit_bytes : range.length, &operation.memory());
  }
  Request request(operation, store_, ZEO_OP_GET, key_);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    // Whether there are so many bytes shows only when the store has looked, so it makes room for many itself.
    if (ranges[i].length <= small_bytes) fetched.buffers[i].reserve(ranges[i].length);
    request.want(ranges[i], fetched.buffers[i]);
  }
  co_await request.settled();
  if (is_doubtful(request)) co_await look_again(operation, request);
  fetched.present = request.answer();
  fetched.generation = request.generation();
  version_->check(fetched.present, request.take_generation());
  if (!fetched.present) co_return fetched;
  const auto size = request.value_bytes();
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto got = fetched.buffers[i].size();
    const bool suffix = ranges[i].offset == ZEOLITE_SUFFIX;
    if (ranges[i].length != ZEOLITE_REST && got != ranges[i].length && !suffix) {
      throw Error(ErrorCode::internal,
                  fmt::format("the store gave {} bytes where {} were asked for", got, ranges[i].length));
    }
    if (suffix && size == UINT64_MAX) throw Error(ErrorCode::unsupported, "the store does not tell the value's size");
    fetched.parts.push_back(fetched.buffers[i].bytes());
    fetched.offsets.push_back(suffix ? size - std::min(size, got) : ranges[i].offset - offset_);
  }
  // A store that does not know the size has still shown where a read to the end stops.
  fetched.value_bytes = length_ ? *length_ : size;
  if (fetched.value_bytes == UINT64_MAX && ranges.size() == 1 && ranges[0].length == ZEOLITE_REST) {
    fetched.value_bytes = ranges[0].offset + fetched.buffers[0].size();
  }
  co_return fetched;
}

Task<Fetched> Source::fetch_all(Operation& operation, std::uint64_t limit_bytes) const {
  if (length_) {
    std::vector<zeo_range> everything{{0, *length_}};
    co_return co_await fetch(operation, std::move(everything), limit_bytes);
  }
  Fetched fetched;
  fetched.buffers.emplace_back(limit_bytes, &operation.memory());
  Request request(operation, store_, ZEO_OP_GET, key_);
  request.want_all(fetched.buffers[0]);
  co_await request.settled();
  if (is_doubtful(request)) co_await look_again(operation, request);
  fetched.present = request.answer();
  version_->check(fetched.present, request.take_generation());
  fetched.value_bytes = fetched.buffers[0].size();
  fetched.parts.push_back(fetched.buffers[0].bytes());
  fetched.offsets.push_back(0);
  co_return fetched;
}

bool Source::is_doubtful(const Request& request) {
  return request.status() == ZEO_CORRUPT || request.status() == ZEO_NO_MEMORY;
}

Task<void> Source::look_again(Operation& operation, Request& request) const {
  if (request.failed_with_others()) {
    request.renew_alone();
    co_await request.settled();
    if (!is_doubtful(request)) co_return;
  }
  const auto seen = version_->seen();
  if (!seen || !seen->present || seen->generation.empty()) co_return;
  try {
    co_await confirm(operation);
  } catch (const Error& error) {
    // What else goes wrong with looking says less than what has.
    if (error.code() == ErrorCode::conflict || error.code() == ErrorCode::cancelled) throw;
  }
}

Task<void> Source::confirm(Operation& operation) const {
  Request request(operation, store_, ZEO_OP_HEAD, key_);
  const bool present = co_await request;
  version_->check(present, request.take_generation());
}

Task<bool> Source::fetch_in_turn(Operation& operation, std::span<const zeo_range> ranges, Buffer& slab,
                                 Request::Take take, std::uint64_t whole_bytes) const {
  Request request(operation, store_, ZEO_OP_GET, key_);
  request.want_in_turn(ranges, slab, std::move(take));
  co_await request.settled();
  if (is_doubtful(request)) co_await look_again(operation, request);
  const bool present = request.answer();
  version_->check(present, request.take_generation());
  if (present && request.value_bytes() != UINT64_MAX && request.value_bytes() != whole_bytes) {
    throw Error(ErrorCode::corrupt, fmt::format("{} bytes found, {} expected", request.value_bytes(), whole_bytes));
  }
  co_return present;
}

Task<bool> Source::fetch_into(Operation& operation, void* place, zeo_range range, std::uint64_t whole_bytes) const {
  const auto check = [&](std::uint64_t found) {
    if (found == whole_bytes) return;
    throw Error(ErrorCode::corrupt, fmt::format("{} bytes found, {} expected", found, whole_bytes));
  };
  if (length_) check(*length_);
  if (in_memory()) {
    std::memcpy(place, bytes().data + range.offset, range.length);
    co_return true;
  }
  Buffer buffer(place, range.length);
  Request request(operation, store_, ZEO_OP_GET, key_);
  // A store that wants long ranges split is told where this one ends.
  const auto longest = store_->v->properties(store_)->max_range_bytes;
  const bool whole = !length_ && range.length == whole_bytes && (longest == 0 || whole_bytes <= longest);
  if (whole) {
    request.want_all(buffer);
  } else {
    request.want({offset_ + range.offset, range.length}, buffer);
  }
  co_await request.settled();
  if (is_doubtful(request)) co_await look_again(operation, request);
  const bool present = request.answer();
  version_->check(present, request.take_generation());
  if (!present) co_return false;
  if (whole) {
    check(buffer.size());
  } else if (!length_ && request.value_bytes() != UINT64_MAX) {
    check(request.value_bytes());
  }
  if (buffer.size() != range.length) {
    throw Error(ErrorCode::internal,
                fmt::format("the store gave {} bytes where {} were asked for", buffer.size(), range.length));
  }
  co_return true;
}

}  // namespace zeolite
