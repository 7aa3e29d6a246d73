// SPDX-License-Identifier: Apache-2.0
//
// Asynchronous calls, with Boost.Asio's completion tokens: a callback, use_future, use_awaitable, and so on. The only
// header that needs Boost.Asio; zeolite.hpp does not include it.
//
//   auto elements = co_await async_read<float>(array, box, boost::asio::use_awaitable);
//
// Name boxes and requests before the co_await: GCC 12 does not compile lists in braces inside of it.
//
// Work is done by the context's threads (or its executor), never by the thread that waits; where there are none it is
// done before the initiating function returns, or by the threads of an asynchronous store. A handler is called once,
// through its associated executor, never from inside the initiating function. It gets a std::exception_ptr, null when
// all went well and else mostly a zeolite::Error, and then the result.
//
// Whatever memory is given must live until the handler is called, also after cancellation: handlers that are bound to a
// cancellation slot are told soon, but not before everything that could touch the memory has ended. What a handler's
// executor runs on lives until its work has ended, too: join() a thread_pool before it goes, or let run() return.
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <zeolite/async_start.hpp>
#include <zeolite/error.hpp>
#include <zeolite/hierarchy.hpp>

namespace zeolite {

namespace detail {

/// What is kept until a handler has been called.
template <class Handler>
class Pending {
 public:
  using Executor = boost::asio::associated_executor_t<Handler>;

  Pending(Handler handler, const std::stop_token& stopped, bool changes)
      : handler_(std::move(handler)),
        work_(boost::asio::get_associated_executor(handler_)),
        forward_(stopped, [this] { stop_.request_stop(); }) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (!slot.is_connected()) return;
    // What has been written stays written, which "total" does not allow.
    using Type = boost::asio::cancellation_type;
    const auto heeded = Type::terminal | Type::partial | (changes ? Type::none : Type::total);
    slot.assign([stop = stop_, heeded](Type type) mutable {
      if ((type & heeded) != Type::none) stop.request_stop();
    });
  }

  std::stop_token token() const { return stop_.get_token(); }

  /// Calls the handler where it belongs. Nothing of it stays here, where it could outlive what it belongs to; but until
  /// post() has returned there is work to be waited for, so that what it works with stays, too.
  template <class... Results>
  void complete(std::exception_ptr failure, Results... results) {
    const auto work = std::move(work_);
    boost::asio::post(work.get_executor(), [handler = std::move(handler_), failure = std::move(failure),
                                            ... results = std::move(results)]() mutable {
      auto slot = boost::asio::get_associated_cancellation_slot(handler);
      if (slot.is_connected()) slot.clear();
      std::move(handler)(std::move(failure), std::move(results)...);
    });
  }

 private:
  Handler handler_;
  boost::asio::executor_work_guard<Executor> work_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_;
};

template <class Result>
struct Completion {
  using Signature = void(std::exception_ptr, Result);
};
template <>
struct Completion<void> {
  using Signature = void(std::exception_ptr);
};

/// Initiates start(until, done), which may change what is stored; `done` hands over *result, when there is one.
template <class Result, bool changes = false, class Token, class Start>
auto initiate(Until until, Start start, Token&& token) {
  return boost::asio::async_initiate<Token, typename Completion<Result>::Signature>(
      [](auto handler, Until until, Start start) {
        auto kept = std::make_shared<Pending<decltype(handler)>>(std::move(handler), until.stopped, changes);
        until.stopped = kept->token();
        if constexpr (std::is_void_v<Result>) {
          start(until, [kept](std::exception_ptr failure) { kept->complete(std::move(failure)); });
        } else {
          auto result = std::make_shared<Result>();
          start(*result, until,
                [kept, result](std::exception_ptr failure) { kept->complete(std::move(failure), std::move(*result)); });
        }
      },
      token, std::move(until), std::move(start));
}

/// What a handler gets of a function's result: beside a failure there is none, but something must be handed over.
template <class Result>
struct HandedOver {
  using Type =
      std::conditional_t<std::default_initializable<Result> && std::movable<Result>, Result, std::optional<Result>>;
};
template <>
struct HandedOver<void> {
  using Type = void;
};

/// Initiates function(until), which may block and, with `changes`, change what is stored.
template <bool changes, class Function, class Token>
auto initiate_call(const Context& context, Function function, const Until& until, Token&& token) {
  using Result = std::remove_cvref_t<std::invoke_result_t<Function&, const Until&>>;
  using Handed = typename HandedOver<Result>::Type;
  auto kept = std::make_shared<Function>(std::move(function));
  if constexpr (std::is_void_v<Result>) {
    return initiate<void, changes>(
        until,
        [context, kept = std::move(kept)](const Until& wanted, Done done) mutable {
          start_call(
              context, [kept = std::move(kept), wanted] { std::invoke(*kept, wanted); }, std::move(done));
        },
        std::forward<Token>(token));
  } else {
    return initiate<Handed, changes>(
        until,
        [context, kept = std::move(kept)](Handed& handed, const Until& wanted, Done done) mutable {
          start_call(
              context, [&handed, kept = std::move(kept), wanted] { handed = Handed(std::invoke(*kept, wanted)); },
              std::move(done));
        },
        std::forward<Token>(token));
  }
}

}  // namespace detail

/// Reads many boxes together: see read() in array.hpp. `void(std::exception_ptr)`
template <class Token>
auto async_read(std::vector<ReadRequest> requests, const Until& until, Token&& token) {
  return detail::initiate<void>(
      until,
      [requests = std::move(requests)](const Until& wanted, detail::Done done) mutable {
        detail::start_read(std::move(requests), wanted, std::move(done));
      },
      std::forward<Token>(token));
}

/// Reads a box into the caller's memory: see Array::read(). `void(std::exception_ptr)`
template <class Token>
auto async_read(const Array& array, const Box& box, void* output, Token&& token) {
  return async_read({ReadRequest{array, box, output, {}}}, Until{}, std::forward<Token>(token));
}

/// Reads a box into new memory. `void(std::exception_ptr, Elements<T>)`
template <class T, class Token>
auto async_read(const Array& array, const Box& box, const Until& until, Token&& token) {
  return detail::initiate<Elements<T>>(
      until,
      [array, box](Elements<T>& elements, const Until& wanted, detail::Done done) {
        try {
          elements = array.make_room<T>(box);
        } catch (...) {
          return done(std::current_exception());
        }
        detail::start_read({ReadRequest{array, box, elements.data(), {}}}, wanted, std::move(done));
      },
      std::forward<Token>(token));
}
template <class T, class Token>
auto async_read(const Array& array, const Box& box, Token&& token) {
  return async_read<T>(array, box, Until{}, std::forward<Token>(token));
}

/// Elements of a variable-length type. `void(std::exception_ptr, std::vector<std::string>)`
template <class Token>
auto async_read_strings(const Array& array, const Box& box, const Until& until, Token&& token) {
  return detail::initiate<std::vector<std::string>>(
      until,
      [array, box](std::vector<std::string>& strings, const Until& wanted, detail::Done done) {
        detail::start_read_strings(array, box, strings, wanted, std::move(done));
      },
      std::forward<Token>(token));
}

/// Writes a box from the caller's memory: see Array::write(). `void(std::exception_ptr)`
template <class Token>
auto async_write(const Array& array, const Box& box, const void* input, const Strides& strides,
                 const WriteOptions& options, Token&& token) {
  return detail::initiate<void, true>(
      options.until,
      [array, box, input, strides, options](const Until& wanted, detail::Done done) {
        auto wanted_options = options;
        wanted_options.until = wanted;
        detail::start_write(array, box, input, strides, wanted_options, std::move(done));
      },
      std::forward<Token>(token));
}
template <class Token>
auto async_write(const Array& array, const Box& box, const void* input, Token&& token) {
  return async_write(array, box, input, {}, {}, std::forward<Token>(token));
}

/// Runs function(until), on a thread of the context, which it keeps waiting as long as it blocks: for calls that have
/// no twin here. It passes the `until` that it is given on to the calls that it makes, so that the handler's
/// cancellation slot ends those, too. Its result is handed over as it is, or as a std::optional where there is no
/// default of it (groups and arrays); what it throws is the failure.
///
/// `void(std::exception_ptr)`, `void(std::exception_ptr, Result)` or `void(std::exception_ptr, std::optional<Result>)`
///
///   auto members = co_await async_call(context, [=](const Until& until) { return group.members(until); }, {}, token);
template <class Function, class Token>
auto async_call(const Context& context, Function function, const Until& until, Token&& token) {
  return detail::initiate_call<true>(context, std::move(function), until, std::forward<Token>(token));
}
template <class Function, class Token>
auto async_call(const Context& context, Function function, Token&& token) {
  return async_call(context, std::move(function), Until{}, std::forward<Token>(token));
}

/// Opens a node, as async_call() does. `void(std::exception_ptr, std::optional<Node>)`
template <class Token>
auto async_open(const Context& context, std::string location, const Until& until, Token&& token) {
  return detail::initiate_call<false>(
      context,
      [context, location = std::move(location)](const Until& wanted) { return open(context, location, wanted); }, until,
      std::forward<Token>(token));
}
template <class Token>
auto async_open(const Context& context, std::string location, Token&& token) {
  return async_open(context, std::move(location), Until{}, std::forward<Token>(token));
}
template <class Token>
auto async_open(const Store& store, std::string path, const Until& until, Token&& token) {
  return detail::initiate_call<false>(
      store.context(), [store, path = std::move(path)](const Until& wanted) { return open(store, path, wanted); },
      until, std::forward<Token>(token));
}
template <class Token>
auto async_open(const Store& store, std::string path, Token&& token) {
  return async_open(store, std::move(path), Until{}, std::forward<Token>(token));
}

/// Lets a context work on threads of Boost.Asio's: ContextOptions::executor. `threads` are those that run it.
inline std::shared_ptr<Executor> make_executor(boost::asio::any_io_executor executor, unsigned threads) {
  class AsioExecutor final : public Executor {
   public:
    AsioExecutor(boost::asio::any_io_executor executor, unsigned threads)
        : executor_(std::move(executor)), threads_(threads) {}
    unsigned threads() const override { return threads_; }
    void post(std::function<void()> work) override { boost::asio::post(executor_, std::move(work)); }

   private:
    const boost::asio::any_io_executor executor_;
    const unsigned threads_;
  };
  return std::make_shared<AsioExecutor>(std::move(executor), threads);
}

}  // namespace zeolite
