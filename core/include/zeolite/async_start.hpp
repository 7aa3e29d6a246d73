// SPDX-License-Identifier: Apache-2.0
//
// What async.hpp is made of, without Boost.Asio, so that the core sees the same declarations. Nobody else includes it.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <zeolite/array.hpp>

namespace zeolite::detail {

/// Calls `done`, which waits for nothing, once, on any thread, even before they return; throw nothing.
using Done = std::function<void(std::exception_ptr)>;
void start_read(std::vector<ReadRequest> requests, const Until& until, Done done) noexcept;
void start_read_strings(const Array& array, const Box& box, std::vector<std::string>& strings, const Until& until,
                        Done done) noexcept;
void start_write(const Array& array, const Box& box, const void* input, const Strides& strides,
                 const WriteOptions& options, Done done) noexcept;
/// Runs `function`, which may block, on a thread of the context.
void start_call(const Context& context, std::function<void()> function, Done done) noexcept;

}  // namespace zeolite::detail
