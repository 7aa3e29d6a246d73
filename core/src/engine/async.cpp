// SPDX-License-Identifier: Apache-2.0
//
// Calls that somebody else is told the end of. What they need they keep themselves.
#include <zeolite/async_start.hpp>

#include "array_io.hpp"

namespace zeolite::detail {

namespace {

/// Sees to it that what `task` throws names the array.
Task<void> named(Array array, Task<void> task) {
  try {
    co_await task;
  } catch (...) {
    array.impl()->rethrow(std::current_exception());
  }
}

Task<void> read_owned(Operation& operation, std::vector<ReadRequest> requests) {
  const auto boxes = borrow_boxes(requests);
  co_await read_boxes(operation, boxes, nullptr);
}

Task<void> read_strings_owned(Operation& operation, Array array, Box box, std::vector<std::string>& strings) {
  StringRead read(array, box);
  co_await read_boxes(operation, {&read.request(), 1}, &read.heap());
  strings = read.take();
}

Task<void> write_owned(Operation& operation, Array array, Box box, const void* input, Strides strides,
                       WriteOptions options) {
  require_fixed(*array.impl(), true);
  co_await write_box(operation, {array.impl().get(), &box, input, &strides}, options);
}

Task<void> call_owned(Context /*kept*/, std::function<void()> function) {
  function();
  co_return;
}

/// Starts what `make` makes of an operation.
template <class Make>
void start(const Context& context, const Until& until, Done done, Make make) noexcept {
  try {
    const auto operation = Operation::make(context.impl()->resources(), until);
    operation->start(make(*operation), done);
  } catch (...) {
    done(std::current_exception());
  }
}

}  // namespace

void start_read(std::vector<ReadRequest> requests, const Until& until, Done done) noexcept {
  if (requests.empty()) return done(nullptr);
  const auto context = requests.front().array.store().context();
  start(context, until, std::move(done), [&](Operation& operation) {
    auto array = requests.front().array;
    return named(std::move(array), read_owned(operation, std::move(requests)));
  });
}

void start_read_strings(const Array& array, const Box& box, std::vector<std::string>& strings, const Until& until,
                        Done done) noexcept {
  start(array.store().context(), until, std::move(done),
        [&](Operation& operation) { return named(array, read_strings_owned(operation, array, box, strings)); });
}

void start_write(const Array& array, const Box& box, const void* input, const Strides& strides,
                 const WriteOptions& options, Done done) noexcept {
  start(array.store().context(), options.until, std::move(done), [&](Operation& operation) {
    return named(array, write_owned(operation, array, box, input, strides, options));
  });
}

void start_call(const Context& context, std::function<void()> function, Done done) noexcept {
  start(context, {}, std::move(done), [&](Operation&) { return call_owned(context, std::move(function)); });
}

}  // namespace zeolite::detail
