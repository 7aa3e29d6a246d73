// SPDX-License-Identifier: Apache-2.0
//
// A Context owns everything that is shared: the registry of extensions, the executor, the memory limits. There are no
// globals: two contexts with different plugins live side by side in one process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/abi/plugin.h>
#include <zeolite/executor.hpp>

namespace zeolite {

enum class LogLevel { error = ZEO_LOG_ERROR, warning = ZEO_LOG_WARNING, info = ZEO_LOG_INFO, debug = ZEO_LOG_DEBUG };

/// Where plugins come from and which of them may be used. See docs/plugins.md for the order and the reasons.
struct PluginOptions {
  /// Searched first, in this order.
  std::vector<std::filesystem::path> directories;
  /// Whether to search ZEOLITE_PLUGIN_PATH, the user's directory, beside the core library and the system directory too.
  /// The environment and the user's directory are never searched under raised privileges.
  bool search_defaults = true;
  /// JSON with the members "aliases", "pins", "allow", "deny" and "experimental"; what is set here below wins over it.
  std::optional<std::filesystem::path> configuration_file;
  /// More names: {"codec:my-pack", "pack"} reads my-pack as pack. Keys are "<point>:<name>".
  std::map<std::string, std::string> aliases;
  /// Which plugin provides a name that several offer: {"codec:pack", "acme.pack"}, the value a plugin's name or library
  /// file.
  std::map<std::string, std::string> pins;
  /// When not empty, only these plugins, by name, are used.
  std::vector<std::string> allow;
  /// These plugins, by name, are never used.
  std::vector<std::string> deny;
};

struct ContextOptions {
  PluginOptions plugins;
  /// Threads that work for this context beside the caller; unset: one less than the machine has; 0: the caller alone.
  std::optional<unsigned> threads;
  /// Runs the work instead of threads of the context's own; `threads` means nothing then.
  std::shared_ptr<Executor> executor;
  /// The memory that chunks under way may take, encoded and decoded, in bytes, beside what callers read into and write
  /// from; a chunk that needs more is worked on alone. What is not in use is kept, to be used again. Unset: 128 MiB for
  /// each thread, and no less than 256 MiB.
  std::optional<std::uint64_t> working_bytes;
  /// Threads that wait for a store whose functions block for a millisecond or more, at most so many for each store:
  /// they are started when the first such request is made. 0: the threads that compute wait.
  unsigned store_threads = 64;
  /// Ranges of a value that are closer than this are read as one; unset: what its store finds best.
  std::optional<std::uint64_t> merge_gap_bytes;
  /// Ask for huge pages where chunks under way take large pieces of memory; for results, see elements.hpp.
  bool huge_pages = true;
  /// Indexes of shards and the like that are kept, in bytes, so that what they lead to is asked for at once; 0: none.
  /// They are used only as long as the store says that the value is still the same.
  std::uint64_t index_cache_bytes = std::uint64_t{64} << 20;
  /// No encoded value, decoded chunk or string heap may be larger, in bytes: what a hostile file can make us allocate.
  std::uint64_t max_chunk_bytes = std::uint64_t{4} << 30;
  /// Measure the times of Counters, which takes two looks at the clock for each request and each decoding.
  bool measure_times = false;
  /// Skip codecs that are marked "must_understand": false and that nobody provides. Decoding then gives wrong data
  /// unless the codec did nothing, so it is off.
  bool skip_unknown_codecs = false;
  /// Receives one line at a time, from any thread.
  std::function<void(LogLevel, std::string_view topic, std::string_view message)> log;
};

class Registry;

/// What a context has done since it was made, added up; for tests that must know what was asked, and for whoever
/// wonders.
struct Counters {
  std::uint64_t requests = 0;       ///< operations that stores were given
  std::uint64_t joined = 0;         ///< reads that became part of another request
  std::uint64_t element_bytes = 0;  ///< of elements of a fixed size that callers wanted to read or write
  std::uint64_t read_bytes = 0;     ///< that stores have delivered
  std::uint64_t written_bytes = 0;  ///< that stores have taken
  std::uint64_t kept_bytes = 0;     ///< of values they replaced, that stores have carried over themselves
  std::uint64_t decoded_bytes = 0;  ///< that came out of compressors and the like
  std::uint64_t indexes_kept = 0;   ///< indexes that were still there, as stored, when they were wanted
  std::uint64_t indexes_asked = 0;  ///< those that were not
  // With ContextOptions::measure_times, in nanoseconds; what goes on at the same time is added up:
  std::uint64_t wait_ns = 0;    ///< from when something was asked of a store until the answer
  std::uint64_t decode_ns = 0;  ///< in decoding functions of codecs
  std::uint64_t stray_answers = 0;  ///< to operations that a store had answered already
};

/// What a context works with, its options being filled in.
struct Runtime {
  unsigned threads = 0;  ///< beside the callers'
  std::uint64_t working_bytes = 0;
  std::uint64_t working_bytes_used = 0;  ///< by chunks that are under way
  bool huge_pages = false;               ///< asked for, and given by the system
};

/// A handle; copies share one context. All of it may be used from any number of threads.
class Context {
 public:
  /// Reads manifests; opens no plugin library.
  explicit Context(ContextOptions options = {});

  const ContextOptions& options() const;

  Registry& registry() const;

  Counters counters() const;
  Runtime runtime() const;

  /// The parts the library itself works with.
  class Impl;
  const std::shared_ptr<Impl>& impl() const { return impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace zeolite
