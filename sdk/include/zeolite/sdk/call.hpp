// SPDX-License-Identifier: Apache-2.0
//
// C++ views of what crosses the boundary: the call, byte runs and output buffers. They own nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <zeolite/sdk/error.hpp>

namespace zeolite::sdk {

/// Bytes somebody else owns.
using Bytes = std::span<const std::uint8_t>;

inline Bytes bytes(zeo_bytes b) { return {b.data, static_cast<std::size_t>(b.size)}; }
inline zeo_bytes abi(Bytes b) { return {b.data(), b.size()}; }
inline std::string_view text(zeo_str s) { return {s.data == nullptr ? "" : s.data, static_cast<std::size_t>(s.size)}; }
inline zeo_str abi(std::string_view s) { return {s.data(), s.size()}; }

/// What accompanies a call; valid until the call returns.
class Call {
 public:
  explicit Call(const zeo_call* call) : call_(call) {}

  const zeo_call* abi() const { return call_; }

  /// Whether the result is no longer wanted.
  bool cancelled() const {
    // std::atomic_ref is missing from some of the standard libraries that plugins are built with.
    return call_->cancelled != nullptr && __atomic_load_n(call_->cancelled, __ATOMIC_RELAXED) != 0;
  }

  /// Throws when the result is no longer wanted: for loops that take long.
  void check_cancelled() const {
    if (cancelled()) throw Error(ZEO_CANCELLED, "cancelled");
  }

  unsigned concurrency() const { return call_->concurrency; }

  /// Memory for `count` objects, uninitialised, freed when the call returns.
  template <class T>
  std::span<T> scratch(std::uint64_t count) const {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    if (count > (std::uint64_t{1} << 48) / sizeof(T)) throw Error(ZEO_NO_MEMORY, "too much scratch memory asked for");
    void* const memory = call_->scratch(call_, count * sizeof(T), alignof(T));
    if (memory == nullptr) throw Error(ZEO_NO_MEMORY, "out of memory");
    return {static_cast<T*>(memory), static_cast<std::size_t>(count)};
  }

  /// body(i) for all i in [0, n), on this thread and idle ones. Each body gets a call of its own.
  template <class Body>
  void parallel_for(std::uint64_t n, Body body) const {
    const auto thunk = [](void* environment, std::uint64_t index, const zeo_call* call) {
      return guard(call, [&] { (*static_cast<Body*>(environment))(index, Call(call)); });
    };
    check(call_->parallel_for(call_, n, thunk, &body));
  }

  /// Passes on the failure of a host function or of another object called with this call.
  static void check(zeo_status status) {
    if (status != ZEO_OK) throw Passed{status};
  }

  /// Which chunk this is about, or null.
  const zeo_chunk_context* chunk() const { return call_->chunk; }

 private:
  const zeo_call* call_;
};

/// Where a call writes bytes. Appending past what the host allows throws.
class Out {
 public:
  /// `limit`: a decoder's output can be told how long a correct value is at most; to want more room is then
  /// ZEO_CORRUPT.
  explicit Out(zeo_out* out, std::uint64_t limit = UINT64_MAX) : out_(out), limit_(limit) {}

  zeo_out* abi() const { return out_; }
  std::uint64_t size() const { return out_->size; }

  /// The size it may grow to; UINT64_MAX when only the host knows.
  std::uint64_t limit() const { return limit_; }

  /// Bytes that fit without asking for more.
  std::uint64_t free_bytes() const {
    const auto end = out_->capacity < limit_ ? out_->capacity : limit_;
    return end > out_->size ? end - out_->size : 0;
  }

  /// What fits without asking for more, to be written and then committed with advance().
  std::span<std::uint8_t> room() { return {out_->data + out_->size, static_cast<std::size_t>(free_bytes())}; }

  /// Room for at least `count` more bytes.
  std::span<std::uint8_t> reserve(std::uint64_t count) {
    if (free_bytes() < count) {
      if (limit_ < out_->size || count > limit_ - out_->size) throw too_long();
      Call::check(out_->reserve(out_, out_->size + count));
    }
    return room();
  }

  /// Whether there is room for `count` more bytes, asking the host if need be; never throws.
  bool try_reserve(std::uint64_t count) noexcept {
    if (free_bytes() >= count) return true;
    if (limit_ < out_->size || count > limit_ - out_->size) return false;
    return out_->reserve(out_, out_->size + count) == ZEO_OK;
  }

  /// More room than there is now, for decoders that cannot know how much they will need: in proportion to what they
  /// have written, so that all growing together costs no more than writing.
  std::span<std::uint8_t> grow() {
    const auto now = free_bytes();
    const auto left = limit_ - (limit_ < out_->size ? limit_ : out_->size);
    auto wanted = out_->size + 2 * now;
    if (wanted < smallest_growth) wanted = smallest_growth;
    if (wanted > left) wanted = left;
    return wanted > now && try_reserve(wanted) ? room() : reserve(now + 1);
  }

  /// Counts bytes written into what reserve() gave.
  void advance(std::uint64_t count) { out_->size += count; }

  void append(Bytes b) {
    if (b.empty()) return;
    std::memcpy(reserve(b.size()).data(), b.data(), b.size());
    advance(b.size());
  }
  void append(std::string_view s) { append(Bytes(reinterpret_cast<const std::uint8_t*>(s.data()), s.size())); }

  /// Why a decoder stops when a value turns out longer than it may be.
  Error too_long() const {
    if (limit_ == UINT64_MAX) return {ZEO_NO_MEMORY, "output too large"};
    return corrupt("the value decodes to more than {} bytes, which is all it may have", limit_);
  }

 private:
  static constexpr std::uint64_t smallest_growth = 16384;

  zeo_out* out_;
  std::uint64_t limit_;
};

/// One T a thread, made when first used and kept for as long as the thread lives: for state that is expensive to make,
/// such as a decompression context.
template <class T>
T& per_thread() {
  static thread_local T state;
  return state;
}

namespace detail {
template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
}  // namespace detail

/// The same for what a C library makes and frees: one object a thread and list of arguments.
///   auto* const context = pooled<ZSTD_createDCtx, ZSTD_freeDCtx>();
///   auto* const tool = pooled<libdeflate_alloc_compressor, libdeflate_free_compressor>(level);
template <auto Make, auto Free, class... Args>
auto* pooled(const Args&... args) {
  using Object = std::remove_pointer_t<decltype(Make(args...))>;
  auto& object =
      per_thread<std::map<std::tuple<Args...>, std::unique_ptr<Object, detail::FreeWith<Free>>>>()[{args...}];
  if (object == nullptr) object.reset(Make(args...));
  if (object == nullptr) throw std::bad_alloc();
  return object.get();
}

}  // namespace zeolite::sdk
