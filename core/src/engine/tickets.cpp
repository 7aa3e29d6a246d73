// SPDX-License-Identifier: Apache-2.0
#include "tickets.hpp"

#include <utility>

#include "../base/thread_number.hpp"

namespace zeolite {

void Tickets::answer(Ticket& ticket, const zeo_store_result& result, Tell tell) noexcept {
  if (auto* const asker = ticket.asker.exchange(nullptr)) {
    (asker->*tell)(result);
  } else {
    ticket.stray_answers->fetch_add(1, std::memory_order_relaxed);
  }
}

void Tickets::on_done(zeo_store_op* operation, const zeo_store_result* result) {
  answer(*reinterpret_cast<Ticket*>(operation), *result);
}

void Tickets::fail_with_others(zeo_store_op& operation, const zeo_store_result& result) noexcept {
  answer(reinterpret_cast<Ticket&>(operation), result, &Asker::failed_with_others);
}

void Tickets::on_listing_done(zeo_list_request* listing, const zeo_store_result* result) {
  answer(*static_cast<Ticket*>(listing->host), *result);
}

zeo_status Tickets::on_page(zeo_list_request* listing, const zeo_list_entry* entries, std::uint64_t n) {
  auto& ticket = *static_cast<Ticket*>(listing->host);
  if (auto* const asker = ticket.asker.load()) return asker->page({entries, n});
  ticket.stray_answers->fetch_add(1, std::memory_order_relaxed);
  return ZEO_CANCELLED;
}

void Tickets::on_range_done(zeo_store_op* operation, std::uint32_t range) {
  if (auto* const asker = reinterpret_cast<Ticket*>(operation)->asker.load()) asker->range_done(range);
}

Tickets::Shelf& Tickets::shelf() noexcept { return shelves_[thread_number() % shelves_.size()]; }

Ticket& Tickets::take(Asker& asker) {
  Ticket* ticket = nullptr;
  auto& from = shelf();
  {
    std::lock_guard lock(from.mutex);
    if (from.given_back > resting) {
      --from.given_back;
      ticket = std::exchange(from.first, from.first->next);
    } else {
      if (from.unused == nullptr) {
        from.blocks.push_back(std::make_unique<Ticket[]>(block));
        for (auto& fresh : std::span(from.blocks.back().get(), block)) {
          fresh.next = std::exchange(from.unused, &fresh);
          fresh.home = &from;
        }
      }
      ticket = std::exchange(from.unused, from.unused->next);
    }
  }
  ticket->operation = {};
  ticket->operation.struct_size = sizeof(ticket->operation);
  ticket->operation.done = &on_done;
  ticket->stray_answers = &stray_answers_;
  ticket->asker.store(&asker, std::memory_order_release);
  return *ticket;
}

Ticket& Tickets::take_listing(Asker& asker) {
  auto& ticket = take(asker);
  ticket.listing = {};
  ticket.listing.struct_size = sizeof(ticket.listing);
  ticket.listing.page = &on_page;
  ticket.listing.done = &on_listing_done;
  ticket.listing.host = &ticket;
  return ticket;
}

void Tickets::give_back(Ticket& ticket) noexcept {
  ticket.asker.store(nullptr, std::memory_order_release);
  ticket.next = nullptr;
  auto& to = *static_cast<Shelf*>(ticket.home);
  std::lock_guard lock(to.mutex);
  (to.given_back == 0 ? to.first : to.last->next) = &ticket;
  to.last = &ticket;
  ++to.given_back;
}

}  // namespace zeolite
