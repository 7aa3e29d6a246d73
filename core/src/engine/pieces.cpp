// SPDX-License-Identifier: Apache-2.0
#include "pieces.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decode.hpp"
#include "group.hpp"
#include "strided.hpp"

namespace zeolite {

namespace {

/// Ranges are joined up to this size, so that joined pieces are still decoded by several threads.
constexpr std::uint64_t max_joined_bytes = std::uint64_t{4} << 20;

/// A piece whose bytes are in memory already.
struct HeldPiece {
  const zeo_piece* piece;
  zeo_bytes bytes;
};

/// Pieces that lie close together and are fetched at once: places in a list of pieces, and what is fetched.
struct PieceRun {
  std::size_t first, count;
  zeo_range range;
};

struct Reader {
  const Scope& scope;
  const Chain& chain;
  const Source& source;
  const Wanted& wanted;
  const std::vector<Fetched>& held;  // what the plan was given so far

  const Chain::Link& link() const { return chain.array_bytes(); }

  Error fail(ErrorCode code, std::string message) const { return link().error(code, std::move(message)); }

  /// The bytes of a range, if they are in memory already.
  std::optional<zeo_bytes> find(zeo_range range) const {
    if (source.in_memory()) return source.part(range).bytes();
    for (const auto& fetched : held) {
      for (std::size_t i = 0; i < fetched.parts.size(); ++i) {
        const auto begin = fetched.offsets[i];
        const auto size = fetched.parts[i].size;
        if (range.offset >= begin && range.length <= size && range.offset - begin <= size - range.length) {
          return zeo_bytes{fetched.parts[i].data + (range.offset - begin), range.length};
        }
      }
    }
    return std::nullopt;
  }

  /// What is wanted of a piece.
  Wanted part_of(const zeo_piece& piece) const {
    const auto ndim = wanted.bounds().ndim();
    return wanted.cut(std::span(piece.origin, ndim), std::span(piece.shape, ndim));
  }

  void decode_raw(const zeo_piece& piece, zeo_bytes bytes) const {
    const std::span shape(piece.shape, wanted.bounds().ndim());
    const auto* const data_type = link().decoded.data_type;
    const auto* const type = data_type->v->info(data_type);
    if (bytes.size != checked_product(shape, type->item_bytes)) {
      throw fail(ErrorCode::internal, "the plan's raw piece has another size than its elements");
    }
    Buffer swapped(bytes.size, &scope.operation.memory());
    const auto* elements = bytes.data;
    auto swap_unit = (piece.flags & ZEO_PIECE_SWAPPED) != 0 ? type->swap_unit : 0;
    if (swap_unit == ZEOLITE_SWAP_MIXED) {
      swapped.resize(bytes.size);
      data_type->v->swap(data_type, bytes.data, swapped.data(), bytes.size / type->item_bytes);
      elements = swapped.data();
      swap_unit = 0;
    }
    const auto wanted_of_it = part_of(piece);
    for (const auto& part : wanted_of_it.all()) {
      take_elements(part, shape, reinterpret_cast<const std::byte*>(elements), type->item_bytes, swap_unit);
    }
  }

  /// `with` is the scope that knows whether there is room.
  Task<void> decode(const Scope& with, const zeo_piece& piece, zeo_bytes bytes) const {
    if (piece.kind == ZEO_PIECE_RAW) {
      decode_raw(piece, bytes);
    } else {
      try {
        co_await read_value(with, chain_of(link(), piece), Source::memory(bytes), part_of(piece));
      } catch (Error& error) {
        throw in(piece, error);
      }
    }
  }

  Error& in(const zeo_piece& piece, Error& error) const {
    const std::span origin(piece.origin, wanted.bounds().ndim());
    const auto bytes = piece.range.length;
    return error.at("piece", fmt::format("at [{}] of its chunk, {} bytes", fmt::join(origin, ", "), bytes));
  }

  Task<void> fetch_and_decode(std::span<const zeo_piece* const> pieces, zeo_range range) const {
    const auto roomy = scope.with_room();
    std::vector<zeo_range> ranges{range};
    const auto fetched =
        co_await source.fetch(scope.operation, std::move(ranges), scope.context.options.max_chunk_bytes);
    if (!fetched.present) {
      // The plan has begun with its pieces, so that this is the first to be heard of the value.
      for (const auto* const piece : pieces) fill(chain, part_of(*piece));
      co_return;
    }
    for (const auto* const piece : pieces) {
      const auto* const begin = fetched.parts[0].data + (piece->range.offset - range.offset);
      co_await decode(roomy, *piece, zeo_bytes{begin, piece->range.length});
    }
  }

  /// A piece that has a plan of its own and is wanted in part: only what its plan asks for is fetched.
  Task<void> read_nested(const zeo_piece& piece) const {
    try {
      co_await read_value(scope, chain_of(link(), piece), source.part(piece.range), part_of(piece));
    } catch (Error& error) {
      throw in(piece, error);
    }
  }

  /// Reads what is wanted of these pieces; `left` counts the elements of wanted.bounds() that no piece has held yet.
  Task<void> read(const zeo_wants& wants, std::uint64_t& left) const {
    const auto& bounds = wanted.bounds();
    const auto ndim = bounds.ndim();
    // Each piece gives at least one of the elements that are missing: so no plan goes on forever.
    if (wants.n == 0 || wants.n > left || wants.pieces == nullptr) {
      throw fail(ErrorCode::internal, fmt::format("the plan names {} pieces for {} elements", wants.n, left));
    }
    std::vector<const zeo_piece*> to_fetch, nested;
    std::vector<HeldPiece> at_hand;
    for (const auto& piece : std::span(wants.pieces, wants.n)) {
      check_piece(link(), piece);
      const std::span shape(piece.shape, ndim);
      const auto count = bounds.count_in(std::span(piece.origin, ndim), shape);
      if (count == 0 || count > left) {
        throw fail(ErrorCode::internal, count == 0 ? "the plan names a piece of which nothing is wanted"
                                                   : "the plan names pieces that overlap");
      }
      left -= count;
      // Between several selections lies what nobody wants.
      if (wanted.only() == nullptr && part_of(piece).empty()) continue;
      if (piece.kind == ZEO_PIECE_FILL) {
        fill(chain, part_of(piece));
        continue;
      }
      const bool open = piece.range.offset == ZEOLITE_SUFFIX || piece.range.length == ZEOLITE_REST;
      if (open || piece.range.length > UINT64_MAX - piece.range.offset) {
        throw fail(ErrorCode::internal, "the plan names a piece whose bytes have no end");
      }
      if (const auto bytes = find(piece.range)) {
        at_hand.push_back(HeldPiece{&piece, *bytes});
      } else if (piece.kind == ZEO_PIECE_CODED && is_nested(piece) &&
                 (count != checked_product(shape) || wanted.only() == nullptr)) {
        nested.push_back(&piece);
      } else {
        to_fetch.push_back(&piece);
      }
    }
    const auto runs = join(to_fetch);
    const auto ask = [&](std::uint64_t i) {
      if (i >= runs.size()) return read_nested(*nested[i - runs.size()]);
      return fetch_and_decode(std::span(to_fetch).subspan(runs[i].first, runs[i].count), runs[i].range);
    };
    const auto bytes_of = [&](std::uint64_t i) -> std::uint64_t {
      if (i >= runs.size()) return chain_of(link(), *nested[i - runs.size()]).read_share_bytes();
      return room_to_fetch(runs[i].range.length) + room_to_decode(*to_fetch[runs[i].first]);
    };
    Weight weight{runs.empty() ? 0 : runs[0].range.length, {}};
    if (!scope.has_room) {
      // Nested pieces ask for themselves.
      weight.share = [&](std::uint64_t i) { return i < runs.size() ? bytes_of(i) : 0; };
    }
    const auto n = runs.size() + nested.size();
    for (std::uint64_t begin = 0, end = 0; begin < n; begin = end) {
      if (begin != 0) co_await FromTheTop(scope.operation);
      end = scope.has_room ? end_of_window(begin, n, bytes_of) : n;
      co_await all(
          scope.operation, end - begin, [&](std::uint64_t i) { return ask(begin + i); }, Start::together, weight);
    }
    const auto decode_held = [&](std::uint64_t i) { return decode(scope, *at_hand[i].piece, at_hand[i].bytes); };
    co_await all(scope.operation, at_hand.size(), decode_held, Start::spread);
  }

  /// After the last of those from `begin` on that may be under way together.
  template <class BytesOf>
  std::uint64_t end_of_window(std::uint64_t begin, std::uint64_t n, const BytesOf& bytes_of) const {
    auto left = scope.window_bytes;
    auto end = begin;
    do {
      left -= std::min(left, bytes_of(end));
    } while (++end < n && left != 0 && bytes_of(end) <= left);
    return end;
  }

  /// A range may be absurd: then fetching it fails.
  std::uint64_t room_to_fetch(std::uint64_t bytes) const {
    return MemoryPool::piece_bytes(std::min(bytes, scope.context.options.max_chunk_bytes));
  }

  /// What decoding one piece takes, beside its encoded bytes and the place of its elements.
  std::uint64_t room_to_decode(const zeo_piece& piece) const {
    return piece.kind == ZEO_PIECE_RAW ? 0 : chain_of(link(), piece).decode_share_bytes();
  }

  /// Whether a piece's array->bytes codec works by plans alone, so that parts of it can be fetched.
  bool is_nested(const zeo_piece& piece) const {
    const auto& inner = chain_of(link(), piece);
    return inner.bytes_bytes().empty() && !ZEOLITE_HAS(inner.array_bytes().bound.get(), decode);
  }

  /// Puts the pieces in the order of their bytes, and together what lies close together.
  std::vector<PieceRun> join(std::vector<const zeo_piece*>& pieces) const {
    std::sort(pieces.begin(), pieces.end(),
              [](const zeo_piece* a, const zeo_piece* b) { return a->range.offset < b->range.offset; });
    const auto gap = scope.context.options.merge_gap_bytes.value_or(source.merge_gap_bytes());
    std::vector<PieceRun> runs;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto range = pieces[i]->range;
      const auto end = range.offset + range.length;
      if (!runs.empty()) {
        auto& run = runs.back();
        const auto run_end = run.range.offset + run.range.length;
        const bool close = range.offset <= run_end || range.offset - run_end <= gap;
        const auto joined = std::max(run_end, end) - run.range.offset;
        if (close && joined <= max_joined_bytes) {
          run.range.length = joined;
          ++run.count;
          continue;
        }
      }
      runs.push_back({i, 1, range});
    }
    return runs;
  }
};

}  // namespace

const Chain& chain_of(const Chain::Link& link, const zeo_piece& piece) {
  const auto* const inner = Chain::from_abi(piece.codec);
  const std::span shape(piece.shape, link.decoded.ndim);
  const auto* const type = link.decoded.data_type->v->info(link.decoded.data_type);
  const bool fits =
      inner != nullptr && std::equal(inner->shape().begin(), inner->shape().end(), shape.begin(), shape.end());
  if (!fits || inner->item_bytes() != type->item_bytes || inner->variable() != (type->variable != 0)) {
    throw link.error(ErrorCode::internal, "the plan names a piece without a chain of the host's for its elements");
  }
  return *inner;
}

void check_piece(const Chain::Link& link, const zeo_piece& piece) {
  const std::span chunk(link.decoded.shape, link.decoded.ndim);
  bool inside = chunk.empty() || (piece.origin != nullptr && piece.shape != nullptr);
  for (std::size_t i = 0; inside && i < chunk.size(); ++i) {
    inside = piece.origin[i] < chunk[i] && piece.shape[i] != 0 && piece.shape[i] <= chunk[i] - piece.origin[i];
  }
  if (!inside) throw link.error(ErrorCode::internal, "the plan names a piece that is no part of the chunk");
  if (piece.kind < ZEO_PIECE_CODED || piece.kind > ZEO_PIECE_FILL) {
    throw link.error(ErrorCode::internal, fmt::format("the plan names a piece of unknown kind {}", piece.kind));
  }
  const bool variable = link.decoded.data_type->v->info(link.decoded.data_type)->variable != 0;
  if (variable && piece.kind == ZEO_PIECE_RAW) {
    throw link.error(ErrorCode::internal, "the plan takes stored bytes for the addresses of elements");
  }
}

Owned<zeo_plan> own_plan(const Chain::Link& link, zeo_plan* plan) {
  if (plan == nullptr || plan->v == nullptr || !ZEOLITE_HAS(plan, advance) || plan->v->object.release == nullptr) {
    throw link.error(ErrorCode::internal, "there is no plan, or one that cannot advance, although making it succeeded");
  }
  return Owned<zeo_plan>(plan);
}

std::vector<zeo_range> take_ranges(const Chain::Link& link, const zeo_wants& wants, unsigned round) {
  // Indexes of indexes are a few rounds; more ranges than these are better asked for as one.
  constexpr unsigned max_rounds = 32;
  constexpr std::uint64_t max_ranges = std::uint64_t{1} << 20;
  if (round > max_rounds) {
    throw link.error(ErrorCode::internal, fmt::format("the plan asks for bytes more than {} times", max_rounds));
  }
  if (wants.n == 0 || wants.n > max_ranges || wants.ranges == nullptr) {
    throw link.error(ErrorCode::internal, fmt::format("the plan asks for {} ranges, no host gives more than {} at once",
                                                      wants.ranges == nullptr ? 0 : wants.n, max_ranges));
  }
  return {wants.ranges, wants.ranges + wants.n};
}

std::vector<zeo_got> to_got(const Fetched& fetched) {
  std::vector<zeo_got> got;
  got.reserve(fetched.parts.size());
  for (const auto& part : fetched.parts) got.push_back({part, fetched.value_bytes, 1, 0});
  return got;
}

Owned<zeo_plan> make_read_plan(const Scope& scope, const Chain& chain, const Selection& selection) {
  const auto& link = chain.array_bytes();
  if (!ZEOLITE_HAS(link.bound.get(), read_plan)) return nullptr;
  auto call = scope.call();
  const auto box = selection.box();
  zeo_plan* plan = nullptr;
  const auto status = link.v().read_plan(link.bound.get(), &box, &plan, call);
  if (status == ZEO_UNSUPPORTED && ZEOLITE_HAS(link.bound.get(), decode)) return nullptr;
  link.check(call, status);
  return own_plan(link, plan);
}

namespace {

/// What the cache holds of these ranges, if it may be asked.
std::optional<Fetched> recall(const Scope& scope, const Source& source, std::span<const zeo_range> ranges) {
  if (scope.array_number == 0 || !source.is_value() || !source.version()->trusts_caches()) return std::nullopt;
  auto entry = scope.context.indexes.find(scope.array_number, source.key(), ranges);
  auto& counters = scope.operation.counters();
  (entry ? counters.indexes_kept : counters.indexes_asked).add(1);
  if (!entry) return std::nullopt;
  scope.operation.has_trusted_caches = true;
  source.version()->expect(entry->generation);
  Fetched fetched;
  fetched.present = true;
  fetched.value_bytes = entry->value_bytes;
  fetched.generation = entry->generation;
  fetched.offsets = entry->offsets;
  for (const auto& part : entry->parts) fetched.parts.push_back({part.data(), part.size()});
  fetched.entry = std::move(entry);
  return fetched;
}

/// Keeps what has led a plan to its pieces.
void keep(const Scope& scope, const Source& source, const Fetched& fetched, std::vector<zeo_range> ranges) {
  std::uint64_t bytes = 0;
  for (const auto& part : fetched.parts) bytes += part.size;
  if (bytes > RangeCache::max_entry_bytes || fetched.generation.empty() || fetched.entry != nullptr) return;
  if (scope.array_number == 0 || !source.is_value()) return;
  RangeCache::Entry entry{fetched.generation, fetched.value_bytes, std::move(ranges), {}, fetched.offsets};
  for (const auto& part : fetched.parts) entry.parts.emplace_back(part.data, part.data + part.size);
  scope.context.indexes.put(scope.array_number, source.key(), std::move(entry));
}

/// Whether pieces lie elsewhere than among the bytes the plan was given: then those have only led to them.
bool leads_on(const Reader& reader, const zeo_wants& wants, std::uint64_t left) {
  if (wants.pieces == nullptr || wants.n > left) return false;  // more pieces than elements: refused in a moment
  const std::span pieces(wants.pieces, wants.n);
  return std::none_of(pieces.begin(), pieces.end(), [&](const zeo_piece& piece) {
    return piece.kind != ZEO_PIECE_FILL && reader.find(piece.range).has_value();
  });
}

/// A plan on its way to its end.
class Follower {
 public:
  /// All outlive it.
  Follower(const Chain& chain, zeo_plan& plan, const Source& source, const Wanted& wanted)
      : chain_(chain), plan_(plan), source_(source), wanted_(wanted) {}

  Task<void> go(const Scope& scope) {
    for (;;) {
      const auto wants = advance(scope);
      if (wants.kind == ZEO_WANTS_DONE) {
        // Where there was nothing else to ask for, nobody has said yet whether what was cached still holds.
        if (source_.is_value() && source_.version()->is_hearsay()) co_await source_.confirm(scope.operation);
        if (left_ == 0) co_return;
        throw fail(fmt::format("the plan has named no piece for {} elements", left_));
      }
      if (wants.kind == ZEO_WANTS_PIECES) {
        const Reader reader{scope, chain_, source_, wanted_, held_};
        if (std::exchange(has_named_pieces_, true)) {
          co_await FromTheTop(scope.operation);
        } else if (leads_on(reader, wants, left_)) {
          for (std::size_t i = 0; i < held_.size(); ++i) keep(scope, source_, held_[i], std::move(asked_[i]));
        }
        co_await reader.read(wants, left_);
        continue;
      }
      if (wants.kind != ZEO_WANTS_RANGES) throw fail("the plan wants something that reading does not know");
      if (has_named_pieces_) throw fail("the plan asks for ranges after it has named pieces");
      auto ranges = take_ranges(link(), wants, ++rounds_);
      const auto bytes = scope.has_room ? 0 : bytes_of(ranges);
      if (bytes <= uncounted_bytes(scope)) {
        const bool present = co_await fetch(scope, std::move(ranges));
        if (!present) co_return;
        continue;
      }
      // Nothing is held so far; what follows has room from here to its end, and keeps to it: who holds such a share
      // must not wait for another.
      const auto window = window_after(scope, bytes);
      const auto roomy = scope.with_room(window);
      const auto rest = [&](std::uint64_t) { return fetch_and_go(roomy, std::move(ranges)); };
      co_await all(scope.operation, 1, rest, Start::together, Weight::of_one(bytes + window));
      co_return;
    }
  }

 private:
  /// Indexes are mostly no longer than this, and need not wait for room.
  static std::uint64_t uncounted_bytes(const Scope& scope) {
    return std::min<std::uint64_t>(std::uint64_t{256} << 10, scope.context.budget.limit_bytes() / 256);
  }

  const Chain::Link& link() const { return chain_.array_bytes(); }
  Error fail(std::string message) const { return link().error(ErrorCode::internal, std::move(message)); }

  zeo_wants advance(const Scope& scope) {
    zeo_wants wants{};
    wants.struct_size = sizeof(wants);
    auto call = scope.call();
    link().check(call, plan_.v->advance(&plan_, got_.data(), got_.size(), &wants, call));
    got_.clear();
    return wants;
  }

  /// About how many bytes the whole value has.
  std::uint64_t whole_bytes() const { return chain_.fetch_share_bytes(); }

  /// How much is to be under way at once of the pieces that so many bytes lead to. What is wanted of them is known only
  /// then, so this is guessed by the elements; of what lies among these bytes nothing is fetched.
  std::uint64_t window_after(const Scope& scope, std::uint64_t bytes) const {
    constexpr std::uint64_t least = std::uint64_t{1} << 20;
    const auto selected = checked_product(wanted_.bounds().shape(), 2 * chain_.item_bytes()).value_or(UINT64_MAX);
    const auto others = whole_bytes() - std::min(whole_bytes(), bytes);
    return std::min({std::max(selected, least), others, scope.context.budget.limit_bytes() / 4});
  }

  /// About how many bytes it takes to fetch these ranges, of which any may be absurd.
  std::uint64_t bytes_of(std::span<const zeo_range> ranges) const {
    const auto most = chain_.context().options.max_chunk_bytes;
    const auto whole = whole_bytes();
    std::uint64_t bytes = 0;
    for (const auto& range : ranges) {
      bytes += std::min(range.length == ZEOLITE_REST ? whole : range.length, most - std::min(bytes, most));
    }
    return bytes;
  }

  Task<void> fetch_and_go(const Scope& scope, std::vector<zeo_range> ranges) {
    const bool present = co_await fetch(scope, std::move(ranges));
    if (present) co_await go(scope);
  }

  /// False: there is no value, and all is filled.
  Task<bool> fetch(const Scope& scope, std::vector<zeo_range> ranges) {
    asked_.push_back(ranges);
    if (auto cached = recall(scope, source_, ranges)) {
      held_.push_back(std::move(*cached));
    } else {
      held_.push_back(
          co_await source_.fetch(scope.operation, std::move(ranges), scope.context.options.max_chunk_bytes));
    }
    if (held_.back().present) {
      got_ = to_got(held_.back());
      co_return true;
    }
    fill(chain_, wanted_);
    co_return false;
  }

  const Chain& chain_;
  zeo_plan& plan_;
  const Source& source_;
  const Wanted& wanted_;
  std::vector<Fetched> held_;
  std::vector<std::vector<zeo_range>> asked_;  // for what is held
  std::vector<zeo_got> got_;                   // what the plan is given next
  std::uint64_t left_ = checked_product(wanted_.bounds().shape()).value();
  unsigned rounds_ = 0;
  bool has_named_pieces_ = false;
};

}  // namespace

Task<void> read_by_plan(const Scope& scope, const Chain& chain, Owned<zeo_plan> plan, const Source& source,
                        const Wanted& wanted) {
  try {
    Follower follower(chain, *plan, source, wanted);
    co_await follower.go(scope);
  } catch (Error& error) {
    chain.array_bytes().blame(error);
    throw;
  }
}

}  // namespace zeolite
