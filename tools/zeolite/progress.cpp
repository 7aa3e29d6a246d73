// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

#include "text.hpp"

namespace zeolite::tool {

Progress::Progress(std::string what, std::uint64_t total_bytes)
    : what_(std::move(what)),
      total_bytes_(total_bytes),
      shown_(::isatty(STDERR_FILENO) == 1),
      next_(start_ + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (printed_) std::fputs("\r\x1b[K", stderr);
}

void Progress::add(std::uint64_t bytes) {
  const auto done = done_bytes_ += bytes;
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  const auto seconds = std::chrono::duration<double>(now - start_).count();
  auto line = fmt::format("\r{}: {} {}", "zeolite", human_bytes(done), what_);
  if (total_bytes_ > 0) {
    line += fmt::format(" of {} ({:.0f} %)", human_bytes(total_bytes_),
                        100 * static_cast<double>(done) / static_cast<double>(total_bytes_));
  }
  line += fmt::format(", {}/s\x1b[K", human_bytes(static_cast<std::uint64_t>(static_cast<double>(done) / seconds)));
  std::fputs(line.c_str(), stderr);
  printed_ = true;
}

}  // namespace zeolite::tool
