// SPDX-License-Identifier: Apache-2.0
//
// Memory for a zeo_out: the caller's own, or a buffer that grows up to a limit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <zeolite/abi/types.h>
#include <zeolite/error.hpp>

#include "memory_pool.hpp"

namespace zeolite {

/// A zeo_out that owns or borrows its memory. Owned memory is not zeroed. Movable; abi() of a moved buffer is re-made.
class Buffer {
 public:
  /// Grows as needed, up to `limit` bytes; what is large comes from the pool, if there is one.
  explicit Buffer(std::uint64_t limit = UINT64_MAX, MemoryPool* pool = nullptr) : limit_(limit), pool_(pool) {
    reset();
  }
  ~Buffer() { release(); }

  /// Borrows exactly `capacity` bytes and refuses more.
  Buffer(void* memory, std::uint64_t capacity) : limit_(capacity) {
    reset();
    out_.data = static_cast<std::uint8_t*>(memory);
    out_.capacity = capacity;
  }

  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    release();
    out_ = other.out_;
    out_.host = this;
    owned_ = std::exchange(other.owned_, nullptr);
    piece_bytes_ = std::exchange(other.piece_bytes_, 0);
    limit_ = other.limit_;
    refused_ = other.refused_;
    pool_ = other.pool_;
    other.reset();
    return *this;
  }

  zeo_out* abi() { return &out_; }

  /// Owned memory of at least this many bytes, in one step; throws ErrorCode::no_memory.
  void reserve(std::uint64_t capacity) {
    if (grow(&out_, capacity) != ZEO_OK) throw Error(ErrorCode::no_memory, "out of memory");
  }

  std::uint8_t* data() { return out_.data; }
  const std::uint8_t* data() const { return out_.data; }
  std::uint64_t size() const { return out_.size; }
  void resize(std::uint64_t size) {
    reserve(size);
    out_.size = size;
  }
  void clear() { out_.size = 0; }
  zeo_bytes bytes() const { return {out_.data, out_.size}; }
  std::span<const std::byte> span() const { return {reinterpret_cast<const std::byte*>(out_.data), out_.size}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(out_.data), out_.size}; }

  /// Whether somebody claims to have written more than there is room for.
  bool overrun() const { return out_.size > out_.capacity; }
  /// Whether more than the limit was asked for.
  bool refused() const { return refused_; }
  std::uint64_t limit() const { return limit_; }

 private:
  void reset() {
    release();
    out_ = {nullptr, 0, 0, &grow, this};
  }

  void release() {
    auto* const memory = std::exchange(owned_, nullptr);
    if (piece_bytes_ != 0) {
      pool_->release(memory, std::exchange(piece_bytes_, 0));
    } else {
      std::free(memory);
    }
  }

  /// Moves what is there to a piece of the pool. False when memory is short. `out` may be a copy of out_, which a store
  /// works with.
  bool move_to_piece(zeo_out& out, std::uint64_t capacity) {
    const auto bytes = MemoryPool::piece_bytes(capacity);
    void* const piece = pool_->acquire(bytes);
    if (piece == nullptr) return false;
    if (owned_ != nullptr && out.size != 0) std::memcpy(piece, owned_, std::min(out.size, out.capacity));
    release();
    owned_ = piece;
    piece_bytes_ = bytes;
    out.data = static_cast<std::uint8_t*>(piece);
    out.capacity = std::min<std::uint64_t>(bytes, limit_);
    return true;
  }

  static zeo_status grow(zeo_out* out, std::uint64_t capacity) {
    if (capacity <= out->capacity) return ZEO_OK;
    auto& self = *static_cast<Buffer*>(out->host);
    if (capacity > self.limit_) {
      self.refused_ = true;
      return ZEO_NO_MEMORY;
    }
    // A codec that cannot know its size asks again and again for a little more: grow in proportion.
    auto rounded = out->capacity + out->capacity / 2;
    if (rounded < capacity) rounded = capacity;
    if (rounded > self.limit_) rounded = self.limit_;
    if (self.pool_ != nullptr && rounded >= MemoryPool::smallest_bytes) {
      return self.move_to_piece(*out, rounded) ? ZEO_OK : ZEO_NO_MEMORY;
    }
    void* const memory = std::realloc(self.owned_, rounded);
    if (memory == nullptr) return ZEO_NO_MEMORY;
    self.owned_ = memory;
    out->data = static_cast<std::uint8_t*>(memory);
    out->capacity = rounded;
    return ZEO_OK;
  }

  zeo_out out_{};
  void* owned_ = nullptr;
  std::size_t piece_bytes_ = 0;  ///< of the pool; 0: `owned_` is of the heap
  std::uint64_t limit_ = UINT64_MAX;
  bool refused_ = false;
  MemoryPool* pool_ = nullptr;
};

}  // namespace zeolite
