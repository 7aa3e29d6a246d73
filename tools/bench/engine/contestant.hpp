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
  /// The timed part.
  virtual void run() = 0;
  /// What the last run has produced; nothing for workloads that write.
  virtual Output output() const { return {}; }
  /// Instead of the checksum, for workloads whose result is a number.
  virtual std::uint64_t number() const { return 0; }
};

using Open = std::function<std::unique_ptr<Job>(const Workload&)>;

/// Answers requests until the end. Returns the exit code.
int serve(const std::string& version, const Open& open);

/// All bytes of a file.
std::string read_file(const std::string& path);

/// Thrown by Open for what a contestant cannot do.
struct Unsupported {
  std::string why;
};

}  // namespace zeolite::bench
