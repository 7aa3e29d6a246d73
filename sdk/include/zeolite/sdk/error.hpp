// SPDX-License-Identifier: Apache-2.0
//
// How author code fails: it throws, and the SDK carries status and message across the boundary.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <zeolite/abi/call.h>

namespace zeolite::sdk {

/// Thrown by author code. The host adds plugin, codec, chunk key and array; say what was wrong and what would be right.
class Error : public std::exception {
 public:
  Error(zeo_status status, std::string message) : status_(status), message_(std::move(message)) {}

  zeo_status status() const noexcept { return status_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  zeo_status status_;
  std::string message_;
};

/// The request or the configuration is wrong.
template <class... Args>
Error invalid(fmt::format_string<Args...> format, Args&&... args) {
  return {ZEO_INVALID, fmt::format(format, std::forward<Args>(args)...)};
}

/// The stored bytes contradict their format.
template <class... Args>
Error corrupt(fmt::format_string<Args...> format, Args&&... args) {
  return {ZEO_CORRUPT, fmt::format(format, std::forward<Args>(args)...)};
}

/// Well-formed, but this plugin cannot do it.
template <class... Args>
Error unsupported(fmt::format_string<Args...> format, Args&&... args) {
  return {ZEO_UNSUPPORTED, fmt::format(format, std::forward<Args>(args)...)};
}

/// Any other status.
template <class... Args>
Error failure(zeo_status status, fmt::format_string<Args...> format, Args&&... args) {
  return {status, fmt::format(format, std::forward<Args>(args)...)};
}

/// A function of the host has failed and has already recorded why: pass the status on, message untouched.
struct Passed {
  zeo_status status;
};

inline zeo_status report(const zeo_call* call, zeo_status status, std::string_view message) noexcept {
  if (call != nullptr && call->fail != nullptr) call->fail(call, status, message.data(), message.size());
  return status;
}

/// Runs author code behind a C function: no exception leaves it.
template <class Body>
zeo_status guard(const zeo_call* call, Body&& body) noexcept {
  try {
    body();
    return ZEO_OK;
  } catch (const Passed& passed) {
    return passed.status;
  } catch (const Error& error) {
    return report(call, error.status(), error.what());
  } catch (const std::bad_alloc&) {
    return report(call, ZEO_NO_MEMORY, "out of memory");
  } catch (const std::exception& exception) {
    return report(call, ZEO_INTERNAL, exception.what());
  } catch (...) {
    return report(call, ZEO_INTERNAL, "an exception of unknown type");
  }
}

}  // namespace zeolite::sdk
