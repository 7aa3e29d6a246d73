// SPDX-License-Identifier: Apache-2.0
//
// Errors. Every failure of the public API is a zeolite::Error: a coarse code to act on, a sentence to read, and frames
// that say where: which array, which chunk key, which codec, which plugin.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/system/result.hpp>

#include <zeolite/abi/types.h>

namespace zeolite {

/// What kind of failure it is; the numbers are those of `zeo_status`.
enum class ErrorCode : zeo_status {
  invalid = ZEO_INVALID,                ///< the request or a configuration is wrong
  not_found = ZEO_NOT_FOUND,            ///< no such key, node or name
  already_exists = ZEO_ALREADY_EXISTS,  ///< it is there, and replacing it was not asked for
  corrupt = ZEO_CORRUPT,                ///< stored bytes contradict their format or checksum
  unsupported = ZEO_UNSUPPORTED,        ///< well-formed, but nothing here can do it
  io = ZEO_IO,                          ///< the operating system or the network failed
  denied = ZEO_DENIED,                  ///< permission is missing
  no_memory = ZEO_NO_MEMORY,            ///< out of memory, or past a limit of the context
  cancelled = ZEO_CANCELLED,            ///< the caller asked to stop
  conflict = ZEO_CONFLICT,              ///< somebody else changed it meanwhile
  unavailable = ZEO_UNAVAILABLE,        ///< a passing fault; trying again may help
  internal = ZEO_INTERNAL               ///< a defect in Zeolite or in a plugin
};

/// "invalid", "not found", ...
std::string_view to_string(ErrorCode code) noexcept;

/// Copying is cheap enough to carry across threads; a const Error may be read from any number of threads.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message);

  ErrorCode code() const noexcept { return code_; }

  /// The sentence alone.
  const std::string& message() const noexcept { return message_; }

  /// Where it happened, from the inside out, as (kind, value) pairs: {"codec", "..."}, {"chunk", "a/c/0/1"}, ...
  const std::vector<std::pair<std::string, std::string>>& frames() const noexcept { return frames_; }

  /// The sentence and the frames: "checksum mismatch [codec crc32c, plugin zeolite.crc32c, chunk a/c/0, array /a]".
  const char* what() const noexcept override { return text_.c_str(); }

  /// Adds a frame on the way out; a kind that is already there is kept, since the innermost knows best.
  Error& at(std::string_view kind, std::string_view value);

  /// The same frames with another sentence, or another code, too.
  Error reworded(std::string message) const { return reworded(code_, std::move(message)); }
  Error reworded(ErrorCode code, std::string message) const;

 private:
  void render();

  ErrorCode code_;
  std::string message_;
  std::vector<std::pair<std::string, std::string>> frames_;
  std::string text_;
};

/// What crosses threads and completions instead of an exception.
template <class T = void>
using Result = boost::system::result<T, Error>;

/// Lets Result<T>::value() throw the error itself.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

}  // namespace zeolite
