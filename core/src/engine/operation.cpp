// SPDX-License-Identifier: Apache-2.0
#include "operation.hpp"

#include <algorithm>
#include <utility>

#include <zeolite/error.hpp>

#include "gathering.hpp"
#include "group.hpp"

namespace zeolite {

/// What this thread does for operations that nobody else works on: one after the other. Who ends one mostly lets
/// another begin, and inside of each other the stack would grow with their number.
class Operation::Turns {
 public:
  Turns() : outer_(std::exchange(current_, this)) {}
  ~Turns() {
    while (first_) take();
    current_ = outer_;
  }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Null: nobody is at work here.
  static Turns* current() { return current_; }

  /// The operation counts this thread as one that works.
  void add(std::shared_ptr<Operation> operation) noexcept {
    auto* const added = operation.get();
    (first_ ? last_->behind_ : first_) = std::move(operation);
    last_ = added;
  }

  /// For a call from outside that comes from inside of a turn. Whoever makes it may wait for its end: what stands in
  /// the queue here is done before, and what it brings about is not put off.
  class Outside {
   public:
    Outside() : turns_(current_) {
      if (turns_ == nullptr) return;
      while (turns_->first_) turns_->take();
      current_ = nullptr;
    }
    ~Outside() { current_ = turns_; }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

   private:
    Turns* const turns_;
  };

 private:
  void take() noexcept {
    const auto next = std::exchange(first_, std::move(first_->behind_));
    Lock lock(next->mutex_);
    next->work(lock);
    next->leave(lock);
  }

  static thread_local Turns* current_;
  Turns* const outer_;
  std::shared_ptr<Operation> first_;
  Operation* last_ = nullptr;
};

thread_local Operation::Turns* Operation::Turns::current_ = nullptr;

Detached Operation::follow(std::shared_ptr<Operation> self, Task<void>& task) {
  std::exception_ptr exception;
  try {
    co_await task;
  } catch (...) {
    exception = std::current_exception();
  }
  const Lock lock(self->mutex_);
  self->exception_ = std::move(exception);
  self->ended_ = true;
  self->changed_.notify_all();
}

void Operation::watch() {
  if (until_.stopped.stop_possible()) {
    stop_.emplace(until_.stopped, [this] { stop("the caller does not want the result any more"); });
  }
  if (until_.deadline <= Alarms::Clock::now()) {
    stop("the deadline has passed");
  } else if (until_.deadline != Alarms::Clock::time_point::max()) {
    alarm_ = resources_.alarms.set(until_.deadline, [this] { stop("the deadline has passed"); });
  }
}

void Operation::run_to_end(Task<void> task) {
  const Turns::Outside outside;
  auto body = follow(shared_from_this(), task);
  watch();
  Lock lock(mutex_);
  root_.handle = body.release();
  put(root_);
  ++active_;
  for (;;) {
    work(lock);
    if (ended_ && active_ == 1) break;
    waiting_ = true;
    changed_.wait(lock);
    waiting_ = false;
  }
  lock.unlock();
  if (const auto exception = finish()) std::rethrow_exception(exception);
}

void Operation::start(Task<void> task, Done done) {
  const Turns::Outside outside;
  task_.emplace(std::move(task));
  auto body = follow(shared_from_this(), *task_);
  watch();
  Lock lock(mutex_);
  done_ = std::move(done);
  root_.handle = body.release();
  put(root_);
  call_for(1, lock);
}

namespace {

/// Whatever the tasks made of it, this is what has happened, and it happened there.
std::exception_ptr stopped(const Error& error, const char* why) noexcept {
  try {
    return std::make_exception_ptr(error.reworded(ErrorCode::cancelled, why));
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

std::exception_ptr Operation::finish() noexcept {
  stop_.reset();
  if (alarm_) resources_.alarms.clear(*alarm_);
  resources_.budget.leave(*this);
  auto exception = std::exchange(exception_, nullptr);
  const auto* const why = why_.load();
  if (!exception || why == nullptr) return exception;
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error.code() == ErrorCode::cancelled ? stopped(error, why) : exception;
  } catch (...) {
    return exception;  // something else has gone wrong before
  }
}

void Operation::stop(const char* why) noexcept {
  // It may end on this very thread, if there is no other to do the work.
  const auto self = weak_from_this().lock();
  if (!self) return;
  const char* nothing = nullptr;
  why_.compare_exchange_strong(nothing, why);
  cancel();
}

void Operation::cancel() noexcept {
  if (std::atomic_ref(cancelled_).exchange(1) != 0) return;
  // With what is done here the operation may end, and the context with it.
  const auto held_back = resources_.held_back;
  {
    Lock lock(mutex_);
    bool any = false;
    for (auto* wait = waits_; wait != nullptr; wait = wait->next) {
      if (!wait->call_off()) continue;
      put(wait->ready);
      any = true;
    }
    if (any) call_for(1, lock);
  }
  held_back.dismiss();
  (void)may_ask_again();
}

void Operation::require_wanted() const {
  if (is_cancelled()) throw Error(ErrorCode::cancelled, "cancelled");
}

void Operation::begin_wait(Wait& wait) noexcept {
  const Lock lock(mutex_);
  wait.place = &waits_;
  wait.next = waits_;
  if (waits_ != nullptr) waits_->place = &wait.next;
  waits_ = &wait;
}

void Operation::end_wait(Wait& wait) noexcept {
  const Lock lock(mutex_);
  *wait.place = wait.next;
  if (wait.next != nullptr) wait.next->place = wait.place;
}

bool Operation::may_ask_again() noexcept {
  Lock lock(mutex_);
  ++asked_again_;
  for (auto* flow = flows_; flow != nullptr; flow = flow->below_) flow->stalled_ = false;
  if (ended_ || choose() == nullptr) return false;
  call_for(1, lock);
  return true;
}

void Operation::put(Ready& ready) noexcept {
  ready.next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = &ready;
  last_ = &ready;
}

void Operation::resume_later(Ready& ready) noexcept {
  const auto self = shared_from_this();
  Lock lock(mutex_);
  put(ready);
  call_for(1, lock);
}

void Operation::add(Flow& flow) noexcept {
  Lock lock(mutex_);
  auto** place = &flows_;
  if (flow.group_.urgency_ == Group::Urgency::outer) {
    while (*place != nullptr) place = &(*place)->below_;
  }
  flow.below_ = std::exchange(*place, &flow);
  call_for(std::min<std::uint64_t>(flow.blocks(), workers().concurrency()), lock);
}

bool Operation::wait_for(Flow& flow, std::coroutine_handle<> waiter) noexcept {
  const Lock lock(mutex_);
  flow.waiter_ = waiter;
  return !flow.ended_;
}

Flow* Operation::choose() const noexcept {
  bool waits = false;  // for memory, in the middle of a task
  for (auto* flow = flows_; flow != nullptr; flow = flow->below_) {
    if (flow->exhausted()) continue;
    // More tasks would only bring more to hold until there is memory.
    if (waits && flow->group_.urgency_ == Group::Urgency::outer) return nullptr;
    if (!flow->stalled_) return flow;
    waits = waits || flow->group_.urgency_ == Group::Urgency::inner;
  }
  return nullptr;
}

void Operation::work(Lock& lock) noexcept {
  while (!ended_) {
    if (first_ != nullptr) {
      // What stands in the list ends with its task: it is left behind before that goes on.
      const auto handle = first_->handle;
      first_ = first_->next;
      if (first_ == nullptr) last_ = nullptr;
      lock.unlock();
      resume(resources_, handle);
      lock.lock();
    } else if (auto* const flow = choose()) {
      work_off(*flow, lock);
    } else {
      return;
    }
  }
}

void Operation::work_off(Flow& flow, Lock& lock) noexcept {
  ++flow.users_;
  const auto asked_again = asked_again_;
  lock.unlock();
  {
    Gathering gathering(resources_, flow.threads());
    const bool allowed = flow.begin_block();
    lock.lock();
    std::coroutine_handle<> waiter;
    if (--flow.users_ == 0 && flow.exhausted()) {
      auto** place = &flows_;
      while (*place != &flow) place = &(*place)->below_;
      *place = flow.below_;
      flow.ended_ = true;
      waiter = flow.waiter_;
    } else {
      flow.stalled_ = !allowed && asked_again == asked_again_;
    }
    lock.unlock();
    // What it begins next joins this batch.
    if (waiter) waiter.resume();
    gathering.submit();
  }
  lock.lock();
}

void Operation::call_for(std::size_t n, Lock& lock) noexcept {
  if (n != 0 && waiting_) {
    waiting_ = false;
    changed_.notify_one();
    --n;
  }
  const auto idle = workers().concurrency() - 1 - std::min(called_, workers().concurrency() - 1);
  auto calls = static_cast<unsigned>(std::min<std::size_t>(n, idle));
  if (calls == 0 && (active_ != 0 || called_ != 0)) return;
  // As long as this thread counts as one that works, nothing it needs goes away.
  ++active_;
  called_ += calls;
  lock.unlock();
  while (calls != 0 && post()) --calls;
  lock.lock();
  called_ -= calls;
  // Where nobody comes, whoever has brought the work does it.
  if (active_ == 1 && called_ == 0) return work_by_hand(lock);
  leave(lock);
}

/// A thread that is called. Executors may take work and let it go without running it, as Boost.Asio's pools do that are
/// stopped: the last copy then says so.
class Operation::Helper {
 public:
  explicit Helper(std::shared_ptr<Operation> operation) : operation_(std::move(operation)) {}
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  ~Helper() {
    if (!settled_) operation_->turned_away();
  }

  void run() {
    if (!settled_.exchange(true)) operation_->help();
  }
  /// Who has brought it knows already that nobody comes.
  void take_back() { settled_ = true; }

 private:
  const std::shared_ptr<Operation> operation_;
  std::atomic<bool> settled_ = false;
};

bool Operation::post() noexcept {
  std::shared_ptr<Helper> helper;
  try {
    helper = std::make_shared<Helper>(shared_from_this());
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (workers().post([helper] { helper->run(); })) return true;
  helper->take_back();
  return false;
}

void Operation::turned_away() noexcept {
  Lock lock(mutex_);
  --called_;
  if (ended_ || active_ != 0 || called_ != 0) return;
  ++active_;
  work_by_hand(lock);
}

void Operation::work_by_hand(Lock& lock) noexcept {
  if (auto* const turns = Turns::current()) {
    turns->add(shared_from_this());
    return;
  }
  // Deadlines are for the thread that watches the clock, also those of what it has just woken.
  auto& alarms = resources_.alarms;
  if (alarms.watches_here()) {
    lock.unlock();
    if (alarms.hand_on([self = shared_from_this()] { self->work_in_turn(); })) return;
    lock.lock();
  }
  work_in_turn(lock);
}

void Operation::work_in_turn() noexcept {
  Lock lock(mutex_);
  work_in_turn(lock);
}

void Operation::work_in_turn(Lock& lock) noexcept {
  Turns turns;
  work(lock);
  leave(lock);
  if (lock.owns_lock()) lock.unlock();
}

void Operation::help() noexcept {
  Lock lock(mutex_);
  --called_;
  if (ended_) return;
  ++active_;
  work(lock);
  leave(lock);
}

void Operation::leave(Lock& lock) noexcept {
  --active_;
  if (!ended_) return;
  if (!done_) return changed_.notify_all();
  if (active_ != 0) return;
  const auto done = std::exchange(done_, nullptr);
  lock.unlock();
  auto exception = finish();
  // With it go the handles of whoever has started this, and perhaps the context.
  task_.reset();
  done(std::move(exception));
}

}  // namespace zeolite
