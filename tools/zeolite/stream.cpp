// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <zeolite/error.hpp>

namespace zeolite::tool {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

[[noreturn]] void fail(std::string_view what, int code) {
  throw Error(code == EACCES   ? ErrorCode::denied
              : code == ENOENT ? ErrorCode::not_found
                               : ErrorCode::io,
              fmt::format("{}: {}", what, std::strerror(code)));
}

void write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      throw ReaderGone{};
    } else if (errno != EINTR) {
      fail("cannot write to standard output", errno);
    }
  }
}

}  // namespace

void Output::write(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > buffer_bytes) flush();
  if (bytes.size() > buffer_bytes) {
    write_all(bytes);
  } else {
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

void Output::flush() {
  write_all(std::as_bytes(std::span(buffer_)));
  buffer_.clear();
}

void Output::close() {
  flush();
  if (::close(STDOUT_FILENO) != 0 && errno != EBADF && errno != EINTR) fail("cannot write to standard output", errno);
}

Input::Input(std::string path) : name_(path == "-" ? "standard input" : path) {
  file_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) fail("cannot open " + name_, errno);
}

Input::~Input() {
  if (file_ != STDIN_FILENO) ::close(file_);
}

std::optional<std::uint64_t> Input::remaining_bytes() const {
  struct stat status {};
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto position = ::lseek(file_, 0, SEEK_CUR);
  if (position < 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<off_t>(0, status.st_size - position));
}

std::size_t Input::read(std::span<std::byte> into) {
  std::size_t total = 0;
  while (total < into.size()) {
    const auto got = ::read(file_, into.data() + total, into.size() - total);
    if (got == 0) break;
    if (got > 0) {
      total += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      fail("cannot read " + name_, errno);
    }
  }
  return total;
}

void Input::read_exactly(std::span<std::byte> into, std::string_view what) {
  const auto got = read(into);
  if (got == into.size()) return;
  throw Error(ErrorCode::corrupt,
              fmt::format("{} ends within {}: {} of {} bytes are there", name_, what, got, into.size()));
}

std::string Input::read_all(std::uint64_t limit_bytes) {
  std::string all;
  for (;;) {
    const auto size = all.size();
    all.resize(size + buffer_bytes);
    const auto got = read(std::as_writable_bytes(std::span(all).subspan(size)));
    all.resize(size + got);
    if (all.size() > limit_bytes) {
      throw Error(ErrorCode::no_memory, fmt::format("{} has more than {} bytes", name_, limit_bytes));
    }
    if (got < buffer_bytes) return all;
  }
}

}  // namespace zeolite::tool
