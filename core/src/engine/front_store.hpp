// SPDX-License-Identifier: Apache-2.0
//
// A store of the engine's own in front of one that a plugin has made.
#pragma once

#include <memory>
#include <span>

#include "store_impl.hpp"

namespace zeolite {

/// All but submitting operations is left to the other store. A child that hands on more than it was given, or other
/// operations, answers each of its own once.
class FrontStore {
 public:
  FrontStore() = default;
  virtual ~FrontStore() = default;
  FrontStore(const FrontStore&) = delete;
  FrontStore& operator=(const FrontStore&) = delete;

  virtual void submit(std::span<zeo_store_op* const> operations, const zeo_call* call) noexcept = 0;
  virtual zeo_store* inner() const = 0;
  virtual const zeo_store_properties& properties() const { return *inner()->v->properties(inner()); }

  /// The object of the contract.
  static Owned<zeo_store> make(std::unique_ptr<FrontStore> front);

 protected:
  void hand_on(std::span<zeo_store_op* const> operations, const zeo_call* call) const noexcept {
    if (!operations.empty()) inner()->v->submit(inner(), operations.data(), operations.size(), call);
  }

  /// Copies an operation of somebody else, whose version may be older, to one with an answer of its own.
  static void copy(Ticket& to, const zeo_store_op& from) noexcept;
};

}  // namespace zeolite
