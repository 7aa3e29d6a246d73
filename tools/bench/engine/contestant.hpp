// SPDX-License-Identifier: Apache-2.0
//
// The protocol between `run` and its contestants (README.md), for those written in C++.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace zeolite::bench {

using Shape = std::vector<std::uint64_t>;

/// What is asked for; members that a kind does not have are empty.
struct Workload {
  std::string kind;
  std::string path;
  Shape start, stop, step;  ///< of the box
  bool fresh = false;
  std::vector<std::uint64_t> origins;  ///< n times ndim
  std::uint64_t n = 0;
  Shape shape;           ///< of each of the n boxes
  std::string metadata;  ///< the text of the document
  std::vector<std::byte> source;
  std::string target;
  std::string store;         ///< where the array's files are read: "" (as they are), "memory" or "slow"
  double latency = 0;        ///< of a request to a slow store, in seconds
  unsigned at_once = 1;      ///< requests that a slow store works on at once
  std::uint64_t slab = 0;    ///< of how many planes the array is read at a time
  std::uint64_t budget = 0;  ///< bytes to work with beside the output; 0: as many as there are
  unsigned threads = 1;

  /// The shape of what the box selects.
  Shape box_shape() const;
};

/// The elements that a run has produced, for the checksum.
using Output = std::span<const std::byte>;

/// One workload, opened.
class Job {
 public:
  virtual ~Job() = default;
  /// Untimed, before every run: gives back what the last one has left, opens anew what is not to be known.
  virtual void prepare() {}
  /// The timed part.
  virtual void run() = 0;
  /// What the last run has produced; nothing for workloads that write.
  virtual Output output() const { return {}; }
  /// Instead of the checksum, for workloads whose result is a number.
  virtual std::uint64_t number() const { return 0; }
  /// Untimed, after the checksum: members of the answer that only some contestants or workloads have.
  virtual boost::json::object facts() { return {}; }
};

using Open = std::function<std::unique_ptr<Job>(const Workload&)>;

/// Answers requests until the end. Returns the exit code.
int serve(const std::string& version, const Open& open);

/// All bytes of a file.
std::string read_file(const std::string& path);

/// Calls take(key, bytes) for every file below a directory.
void each_file(const std::string& path, const std::function<void(const std::string&, std::string)>& take);

/// Adds some of a slab's bytes, for the checksum of an array that is never in memory as a whole.
void sample(Output slab, std::vector<std::byte>& samples);

/// Thrown by Open for what a contestant cannot do.
struct Unsupported {
  std::string why;
};

}  // namespace zeolite::bench
