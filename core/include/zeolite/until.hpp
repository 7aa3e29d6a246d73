// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

namespace zeolite {

/// How long a result is wanted. Once it is not, the call ends with ErrorCode::cancelled as soon as what is under way
/// has ended: stores are asked to hurry, codecs are between two chunks. What was written until then stays written. It
/// bounds one call, not what the call returns: an array that was opened in time may be read at any time.
struct Until {
  /// Somebody may say stop.
  std::stop_token stopped = {};
  /// The time at which it is too late. The first deadline starts a thread in the context, which watches the clock.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

}  // namespace zeolite
