// SPDX-License-Identifier: Apache-2.0
//
// Bytes in and out of the process, with every failure noticed: a full disk behind standard output is an error, a reader
// that went away is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zeolite::tool {

/// Whoever reads our standard output has closed it (`zeolite cat ... | head`): there is nothing left to do.
struct ReaderGone {};

/// Standard output, buffered.
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Throws Error (io), or ReaderGone.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Call at the end of success: what is still buffered, and the errors that only closing reveals.
  void close();

 private:
  void flush();
  std::string buffer_;
};

/// A file, or standard input.
class Input {
 public:
  /// "-" is standard input. Throws Error.
  explicit Input(std::string path);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const std::string& name() const { return name_; }
  /// Bytes from here to the end, when that is known.
  std::optional<std::uint64_t> remaining_bytes() const;

  /// Reads until `into` is full or the input ends; returns the bytes read. Throws Error.
  std::size_t read(std::span<std::byte> into);
  /// Throws Error (corrupt) when the input ends before `into` is full; `what` is being read.
  void read_exactly(std::span<std::byte> into, std::string_view what);
  /// Everything that is left; throws Error (no_memory) past `limit_bytes`.
  std::string read_all(std::uint64_t limit_bytes);

 private:
  std::string name_;
  int file_ = -1;
};

}  // namespace zeolite::tool
