// SPDX-License-Identifier: Apache-2.0
//
// The host's side of a zeo_call: where a plugin's errors, scratch memory and parallel loops end up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <zeolite/abi/call.h>
#include <zeolite/error.hpp>

#include "workers.hpp"

namespace zeolite {

/// One call across the boundary, or several one after the other on one thread. Not thread-safe.
class Call {
 public:
  explicit Call(Workers& workers, const zeo_chunk_context* chunk = nullptr, const std::uint32_t* cancelled = nullptr);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// No more threads than these, the caller's included, are to share the work.
  void use_threads(unsigned threads) { abi_.concurrency = std::min(abi_.concurrency, threads); }

  /// What is handed to the plugin.
  const zeo_call* abi() const { return &abi_; }
  operator const zeo_call*() const { return &abi_; }

  /// Throws error(status) unless it is ZEO_OK.
  void check(zeo_status status) {
    if (status != ZEO_OK) throw error(status);
  }

  /// The error a plugin has just reported, with its message if it left one.
  Error error(zeo_status status);

  Workers& workers() const { return workers_; }

  /// Fails as a plugin does: for code on the host's side of a table.
  static zeo_status fail(const zeo_call* call, const Error& error);

 private:
  static void on_fail(const zeo_call*, zeo_status, const char*, std::uint64_t);
  static void* on_scratch(const zeo_call*, std::uint64_t, std::uint64_t);
  static zeo_status on_parallel_for(const zeo_call*, std::uint64_t, zeo_body, void*);

  zeo_call abi_{};
  Workers& workers_;
  std::string message_;
  std::vector<std::unique_ptr<void, void (*)(void*)>> scratch_;
};

/// Runs `body` on the host's side of a table and turns what it throws into a status and a message.
template <class Body>
zeo_status guard(const zeo_call* call, Body&& body) noexcept {
  try {
    body();
    return ZEO_OK;
  } catch (const Error& error) {
    return Call::fail(call, error);
  } catch (const std::bad_alloc&) {
    return Call::fail(call, Error(ErrorCode::no_memory, "out of memory"));
  } catch (const std::exception& exception) {
    return Call::fail(call, Error(ErrorCode::internal, exception.what()));
  } catch (...) {
    return Call::fail(call, Error(ErrorCode::internal, "an unknown exception"));
  }
}

}  // namespace zeolite
