// SPDX-License-Identifier: Apache-2.0
//
// A store that is given no more operations at once than it finds useful: see make_limited_store().
#include <array>
#include <atomic>
#include <mutex>

#include "../base/call.hpp"
#include "front_store.hpp"

namespace zeolite {

namespace {

class LimitedStore;

constexpr zeo_store_result without_value(zeo_status status) {
  return {sizeof(zeo_store_result), status, {}, UINT64_MAX, {}};
}

/// An operation that waits, or is under way. It ends with the answer.
class Guest final : public Asker {
 public:
  Guest(LimitedStore& store, Tickets& tickets, zeo_store_op* original)
      : store_(store), tickets_(tickets), original_(original), ticket_(tickets.take(*this)) {}
  ~Guest() { tickets_.give_back(ticket_); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  Ticket& ticket() { return ticket_; }
  bool is_cancelled() const {
    const auto* const flag = original_->cancelled;
    return flag != nullptr && std::atomic_ref(const_cast<std::uint32_t&>(*flag)).load() != 0;
  }
  void dismiss() noexcept {
    constexpr auto cancelled = without_value(ZEO_CANCELLED);
    auto* const original = original_;
    // Before the answer, with which the tickets may go.
    delete this;
    original->done(original, &cancelled);
  }

  Guest* next = nullptr;

 private:
  void answered(const zeo_store_result& result) noexcept override;
  void range_done(std::uint32_t range) noexcept override { original_->range_done(original_, range); }

  LimitedStore& store_;
  Tickets& tickets_;
  zeo_store_op* const original_;
  Ticket& ticket_;
};

/// Who waits, in the order they came, and how many more may go. It may outlive the store by a moment.
class Line final : public HeldBack::Line {
 public:
  explicit Line(std::uint32_t places) : places_(places) {}

  /// False: it is not wanted any more, and who says so from now on finds it here.
  bool stand(Guest& guest) noexcept {
    const std::lock_guard lock(mutex_);
    if (guest.is_cancelled()) return false;
    (last_ == nullptr ? first_ : last_->next) = &guest;
    last_ = &guest;
    return true;
  }

  void leave() noexcept {
    const std::lock_guard lock(mutex_);
    ++places_;
  }

  /// The next one that may go, or null. Those on the way there that are not wanted any more are put before `gone`.
  Guest* next(Guest*& gone) noexcept {
    const std::lock_guard lock(mutex_);
    while (first_ != nullptr) {
      const bool cancelled = first_->is_cancelled();
      if (!cancelled && places_ == 0) return nullptr;
      auto* const guest = std::exchange(first_, first_->next);
      if (first_ == nullptr) last_ = nullptr;
      if (cancelled) {
        guest->next = std::exchange(gone, guest);
        continue;
      }
      --places_;
      return guest;
    }
    return nullptr;
  }

  /// As long as one of them has no answer, the store stays.
  static void dismiss(Guest* gone) noexcept {
    while (gone != nullptr) std::exchange(gone, gone->next)->dismiss();
  }

  void dismiss() noexcept override {
    Guest* gone = nullptr;
    {
      const std::lock_guard lock(mutex_);
      Guest* stays = nullptr;
      for (auto** place = &first_; *place != nullptr;) {
        auto* const guest = *place;
        if (guest->is_cancelled()) {
          *place = guest->next;
          guest->next = std::exchange(gone, guest);
        } else {
          stays = guest;
          place = &guest->next;
        }
      }
      last_ = stays;
    }
    dismiss(gone);
  }

 private:
  std::mutex mutex_;
  std::uint32_t places_;  // guarded by mutex_, as what follows
  Guest* first_ = nullptr;
  Guest* last_ = nullptr;
};

class LimitedStore final : public FrontStore {
 public:
  LimitedStore(const Resources& resources, Owned<zeo_store> inner)
      : resources_(resources),
        inner_(std::move(inner)),
        line_(std::make_shared<Line>(inner_->v->properties(inner_.get())->concurrency)) {
    resources_.held_back.add(line_);
  }
  ~LimitedStore() override { resources_.held_back.remove(*line_); }

  zeo_store* inner() const override { return inner_.get(); }

  void submit(std::span<zeo_store_op* const> operations, const zeo_call* call) noexcept override {
    for (auto* const operation : operations) {
      try {
        auto* const guest = new Guest(*this, resources_.tickets, operation);
        copy(guest->ticket(), *operation);
        if (!line_->stand(*guest)) guest->dismiss();
      } catch (const std::bad_alloc&) {
        constexpr auto out_of_memory = without_value(ZEO_NO_MEMORY);
        operation->done(operation, &out_of_memory);
      }
    }
    let_in(call);
  }

  /// One operation has its answer, though it is not passed on yet: until that is, the store stays.
  void left() noexcept {
    line_->leave();
    // A store that answers before submit() returns would be inside of itself as often as operations wait.
    if (letting_in_ == this) return;
    const Call call(resources_.workers);
    let_in(call);
  }

 private:
  void let_in(const zeo_call* call) noexcept {
    const auto* const outer = std::exchange(letting_in_, this);
    std::array<zeo_store_op*, 64> batch;
    for (bool any = true; any;) {
      Guest* gone = nullptr;
      std::size_t n = 0;
      while (n < batch.size()) {
        auto* const guest = line_->next(gone);
        if (guest == nullptr) break;
        batch[n++] = &guest->ticket().operation;
      }
      // Those that have been answered by then have made room.
      any = n != 0 || gone != nullptr;
      hand_on({batch.data(), n}, call);
      Line::dismiss(gone);
    }
    letting_in_ = outer;
  }

  static thread_local const LimitedStore* letting_in_;

  const Resources resources_;
  const Owned<zeo_store> inner_;
  const std::shared_ptr<Line> line_;
};

thread_local const LimitedStore* LimitedStore::letting_in_ = nullptr;

void Guest::answered(const zeo_store_result& result) noexcept {
  auto& store = store_;
  auto* const original = original_;
  delete this;
  store.left();
  original->done(original, &result);
}

}  // namespace

Owned<zeo_store> make_limited_store(const Resources& resources, Owned<zeo_store> inner) {
  return FrontStore::make(std::make_unique<LimitedStore>(resources, std::move(inner)));
}

}  // namespace zeolite
