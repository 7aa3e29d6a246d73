// SPDX-License-Identifier: Apache-2.0
#include "tickets.hpp"

#include <span>
#include <utility>

namespace zeolite {

void Tickets::on_done(zeo_store_op* operation, const zeo_store_result* result) {
  auto& ticket = *reinterpret_cast<Ticket*>(operation);
  if (auto* const asker = ticket.asker.exchange(nullptr)) {
    asker->answered(*result);
  } else {
    ticket.stray_answers->fetch_add(1, std::memory_order_relaxed);
  }
}

void Tickets::on_range_done(zeo_store_op* operation, std::uint32_t range) {
  if (auto* const asker = reinterpret_cast<Ticket*>(operation)->asker.load()) asker->range_done(range);
}

Ticket& Tickets::take(Asker& asker) {
  Ticket* ticket = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (given_back_ > resting) {
      --given_back_;
      ticket = std::exchange(first_, first_->next);
    } else {
      if (unused_ == nullptr) {
        blocks_.push_back(std::make_unique<Ticket[]>(block));
        for (auto& fresh : std::span(blocks_.back().get(), block)) fresh.next = std::exchange(unused_, &fresh);
      }
      ticket = std::exchange(unused_, unused_->next);
    }
  }
  ticket->operation = {};
  ticket->operation.struct_size = sizeof(ticket->operation);
  ticket->operation.done = &on_done;
  ticket->stray_answers = &stray_answers_;
  ticket->asker.store(&asker);
  return *ticket;
}

void Tickets::give_back(Ticket& ticket) noexcept {
  ticket.asker.store(nullptr);
  ticket.next = nullptr;
  std::lock_guard lock(mutex_);
  (given_back_ == 0 ? first_ : last_->next) = &ticket;
  last_ = &ticket;
  ++given_back_;
}

}  // namespace zeolite
