// SPDX-License-Identifier: Apache-2.0
#include <zeolite/error.hpp>

#include <algorithm>

namespace zeolite {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid: return "invalid";
    case ErrorCode::not_found: return "not found";
    case ErrorCode::already_exists: return "already exists";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::io: return "input or output failed";
    case ErrorCode::denied: return "permission denied";
    case ErrorCode::no_memory: return "out of memory";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::internal: return "internal";
  }
  return "unknown";
}

Error::Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)), text_(message_) {}

Error& Error::at(std::string_view kind, std::string_view value) {
  const auto same = [&](const auto& frame) { return frame.first == kind; };
  if (value.empty() || std::any_of(frames_.begin(), frames_.end(), same)) return *this;
  frames_.emplace_back(kind, value);
  render();
  return *this;
}

Error Error::reworded(ErrorCode code, std::string message) const {
  Error told(code, std::move(message));
  told.frames_ = frames_;
  if (!frames_.empty()) told.render();
  return told;
}

void Error::render() {
  text_ = message_ + " [";
  for (const auto& [kind, value] : frames_) {
    if (text_.back() != '[') text_ += ", ";
    text_ += kind + " " + value;
  }
  text_ += "]";
}

void throw_exception_from_error(const Error& error, const boost::source_location&) { throw error; }

}  // namespace zeolite
