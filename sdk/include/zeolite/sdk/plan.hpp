// SPDX-License-Identifier: Apache-2.0
//
// Plans: how an array->bytes codec says which bytes of a value it needs and what they mean, without reading or writing
// them itself. See zeolite/abi/plan.h for the order in which wants may follow each other.
//
// A plan is a class whose member functions are its steps, written in the order in which they run. A step is handed the
// answers to what the step before it wanted, and ends by saying what it wants and which step takes the answers:
//
//   class ReadTail final : public sdk::Steps<ReadTail> {
//    public:
//     ReadTail() : Steps(&ReadTail::ask) {}
//
//    private:
//     Wants ask(Answers, const Call&) { return fetch({ZEOLITE_SUFFIX, 16}, &ReadTail::found); }
//     Wants found(Answers got, const Call&) { ...; return pieces(std::move(list), &ReadTail::end); }
//     Wants end(Answers, const Call&) { return done(); }
//   };
//
// What a plan keeps from one step to the next are its members. Answers and Call live until the step returns: copy what
// is needed later. Rationale: a coroutine reads a little shorter, but lets bytes of an earlier answer be used after
// they are gone; here whatever outlives a step is a member, in plain sight.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <zeolite/abi/codec.h>
#include <zeolite/sdk/object.hpp>

namespace zeolite::sdk {

/// The answers to a plan's last wants, in order: got[i] answers range or piece i.
using Answers = std::span<const zeo_got>;

/// All of a value, as one range.
inline constexpr zeo_range whole_value = {0, ZEOLITE_REST};

/// Boxes of the chunk and the bytes that hold them; copies the coordinates it is given.
class Pieces {
 public:
  using Coordinates = std::span<const std::uint64_t>;

  /// For chunks of `ndim` dimensions.
  explicit Pieces(std::size_t ndim) : ndim_(ndim) {}

  /// The box's elements are what `codec`, a chain bound to `shape`, makes of the bytes in `range`. When writing,
  /// `range` says where the present bytes are; length 0: there are none, or they are not needed.
  void coded(Coordinates origin, Coordinates shape, zeo_range range, const zeo_bound_codec* codec) {
    add(ZEO_PIECE_CODED, 0, origin, shape, range, codec);
  }

  /// Reading: `range` holds the box's elements in C order, as memory holds them; `swapped`: in the other byte order.
  void raw(Coordinates origin, Coordinates shape, zeo_range range, bool swapped = false) {
    add(ZEO_PIECE_RAW, swapped ? ZEO_PIECE_SWAPPED : 0, origin, shape, range, nullptr);
  }

  /// Reading: the box holds nothing but the fill value.
  void fill(Coordinates origin, Coordinates shape) { add(ZEO_PIECE_FILL, 0, origin, shape, {}, nullptr); }

  std::size_t size() const { return pieces_.size(); }
  void reserve(std::size_t count) {
    pieces_.reserve(count);
    origins_.reserve(count * ndim_);
  }

 private:
  friend class Wants;

  void add(std::uint32_t kind, std::uint32_t flags, Coordinates origin, Coordinates shape, zeo_range range,
           const zeo_bound_codec* codec) {
    // Neighbours mostly have one shape: keep it once. A deque does not move what it holds.
    if (shapes_.empty() || !std::equal(shape.begin(), shape.end(), shapes_.back().begin(), shapes_.back().end())) {
      shapes_.emplace_back(shape.begin(), shape.end());
    }
    origins_.insert(origins_.end(), origin.begin(), origin.end());
    pieces_.push_back({kind, flags, range, codec, nullptr, shapes_.back().data()});
  }

  /// Sets the pointers to the origins, which move while the list grows.
  const zeo_piece* seal() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) pieces_[i].origin = origins_.data() + i * ndim_;
    return pieces_.data();
  }

  std::size_t ndim_;
  std::vector<zeo_piece> pieces_;
  std::vector<std::uint64_t> origins_;
  std::deque<std::vector<std::uint64_t>> shapes_;
};

/// The parts of a new value, in order.
class Segments {
 public:
  /// These bytes.
  void bytes(std::vector<std::uint8_t> content) {
    if (content.empty()) return;
    contents_.push_back(std::move(content));  // moving the outer vector later leaves the inner ones where they are
    segments_.push_back({ZEO_SEGMENT_BYTES, 0, 0, {}, sdk::abi(Bytes(contents_.back()))});
  }

  /// These bytes, before everything else: for a header that is known last.
  void front(std::vector<std::uint8_t> content) {
    if (content.empty()) return;
    contents_.push_back(std::move(content));
    segments_.insert(segments_.begin(), {ZEO_SEGMENT_BYTES, 0, 0, {}, sdk::abi(Bytes(contents_.back()))});
  }

  /// A run of the present value, carried over as it is. One that continues the run before it becomes part of it.
  void old(zeo_range range) {
    if (range.length == 0) return;
    if (!segments_.empty() && segments_.back().kind == ZEO_SEGMENT_OLD) {
      zeo_range& last = segments_.back().range;
      if (range.offset >= last.offset && range.offset - last.offset == last.length) {
        last.length += range.length;
        return;
      }
    }
    segments_.push_back({ZEO_SEGMENT_OLD, 0, 0, range, {}});
  }

  /// The encoded piece at this place in the list of pieces.
  void piece(std::uint64_t number) { segments_.push_back({ZEO_SEGMENT_PIECE, 0, number, {}, {}}); }

  std::size_t size() const { return segments_.size(); }

 private:
  friend class Wants;
  std::vector<zeo_segment> segments_;
  std::vector<std::vector<std::uint8_t>> contents_;
};

/// What a plan wants next; owns everything it points to.
class Wants {
 public:
  static Wants done() { return Wants(ZEO_WANTS_DONE, {}, Pieces(0), {}); }
  static Wants ranges(std::vector<zeo_range> list) { return Wants(ZEO_WANTS_RANGES, std::move(list), Pieces(0), {}); }
  static Wants pieces(Pieces list) { return Wants(ZEO_WANTS_PIECES, {}, std::move(list), {}); }
  /// No segments at all: the value is to be deleted.
  static Wants segments(Segments list) { return Wants(ZEO_WANTS_SEGMENTS, {}, Pieces(0), std::move(list)); }

 private:
  friend class Plan;

  Wants(std::uint32_t kind, std::vector<zeo_range> ranges, Pieces pieces, Segments segments)
      : kind_(kind), ranges_(std::move(ranges)), pieces_(std::move(pieces)), segments_(std::move(segments)) {}

  /// Whether so many answers can be the host's to these wants; pieces that were read have none.
  bool answered_by(std::uint64_t n) const {
    switch (kind_) {
      case ZEO_WANTS_RANGES: return n == ranges_.size();
      case ZEO_WANTS_PIECES: return n == 0 || n == pieces_.size();
      default: return n == 0;
    }
  }

  void tell(zeo_wants* wants) {
    wants->kind = kind_;
    wants->n = kind_ == ZEO_WANTS_RANGES   ? ranges_.size()
               : kind_ == ZEO_WANTS_PIECES ? pieces_.size()
                                           : segments_.size();
    wants->ranges = ranges_.data();
    wants->pieces = pieces_.seal();
    wants->segments = segments_.segments_.data();
  }

  std::uint32_t kind_;
  std::vector<zeo_range> ranges_;
  Pieces pieces_;
  Segments segments_;
};

/// A plan in general. Derive from Steps instead, unless the steps are of some other kind.
class Plan {
 public:
  virtual ~Plan() = default;

  /// Takes the answers to the last wants, none the first time, and says what is wanted next. Called by one thread at a
  /// time. The bound codec that made the plan outlives it.
  virtual Wants advance(Answers got, const Call& call) = 0;

  /// The plan as the contract sees it.
  static zeo_plan* box(std::unique_ptr<Plan> plan) {
    static constexpr zeo_plan_vtable table = {Boxed::bound_head(sizeof(zeo_plan_vtable)), &advance_thunk};
    return make_box<Plan, zeo_plan>(std::move(plan), &table);
  }

 private:
  using Boxed = Box<zeo_plan, Plan>;

  static zeo_status advance_thunk(zeo_plan* self, const zeo_got* got, std::uint64_t n_got, zeo_wants* wants,
                                  const zeo_call* call) {
    return guard(call, [&] {
      Plan& plan = *reinterpret_cast<Boxed*>(self)->author;
      if (!plan.wants_.answered_by(n_got)) {
        throw failure(ZEO_INTERNAL, "the host gave {} answers that do not fit what the plan wanted", n_got);
      }
      plan.wants_ = plan.advance(Answers(got, static_cast<std::size_t>(n_got)), Call(call));
      plan.wants_.tell(wants);
    });
  }

  Wants wants_ = Wants::done();
};

/// A plan made of steps, which are member functions of Self; see the top of this file.
template <class Self>
class Steps : public Plan {
 public:
  Wants advance(Answers got, const Call& call) final {
    const Step step = std::exchange(next_, nullptr);
    if (step == nullptr) throw failure(ZEO_INTERNAL, "the host advanced a plan that had ended");
    return (static_cast<Self*>(this)->*step)(got, call);
  }

 protected:
  using Step = Wants (Self::*)(Answers got, const Call& call);

  explicit Steps(Step first) : next_(first) {}

  /// Bytes of the value; `then` gets one answer a range.
  Wants fetch(std::vector<zeo_range> ranges, Step then) {
    next_ = then;
    return Wants::ranges(std::move(ranges));
  }
  Wants fetch(zeo_range range, Step then) { return fetch(std::vector<zeo_range>{range}, then); }

  /// Reading: these pieces are the answer, or a part of it, and `then` gets nothing. Writing: these pieces are to be
  /// encoded and `then` gets one answer a piece.
  Wants pieces(Pieces list, Step then) {
    next_ = then;
    return Wants::pieces(std::move(list));
  }

  /// Writing: the new value.
  Wants segments(Segments list) { return Wants::segments(std::move(list)); }

  /// Reading: there is nothing more.
  Wants done() { return Wants::done(); }

 private:
  Step next_;
};

}  // namespace zeolite::sdk
