// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing boxes, chunk by chunk.
#include "array_io.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "bundles.hpp"
#include "chunk_plan.hpp"
#include "decode.hpp"
#include "encode.hpp"
#include "group.hpp"
#include "heap.hpp"
#include "pause.hpp"

namespace zeolite {

namespace {

/// What all chunks of one call share.
struct Job {
  Operation& operation;
  Heap* heap = nullptr;
  bool store_fill_chunks = false;
};

/// A run of chunks under way.
struct Stage {
  Stage(Operation& operation, Failure& failure) : group(operation, failure, Group::Urgency::outer) {}

  Group group;
  Run run;
  Bundles bundles;
  std::shared_ptr<const Chain> first_chain;  ///< of the run's first chunk, and mostly of all

  /// Of the i-th chunk. Mostly it is that of the run, which the stage keeps: counting who else does would cost threads
  /// more than comparing shapes. Others are kept by `kept`.
  const Chain& chain(std::uint64_t i, std::shared_ptr<const Chain>& kept) const {
    const auto shape = run.shape(i);
    if (std::equal(shape.begin(), shape.end(), first_chain->shape().begin())) return *first_chain;
    kept = run.array().chain(shape);
    return *kept;
  }

  /// Plans the next run; false: there is none.
  bool plan(ChunkPlan& chunks) {
    if (!chunks.next(run)) return false;
    std::uint64_t chunk = 0;
    try {
      first_chain = run.array().chain(run.shape(0));
      std::shared_ptr<const Chain> kept;
      bundles.gather(run, [&](std::uint64_t i) -> std::optional<std::span<const std::uint64_t>> {
        chunk = i;
        const auto& shape = chain(i, kept).piece_shape();
        if (!shape) return std::nullopt;
        return std::span(shape->data(), shape->size());
      });
    } catch (Error& error) {
      throw blame(error, run.key(chunk));
    }
    return true;
  }

  /// What is wanted of a chunk, or of a piece of one, in coordinates of the chunk.
  Wanted wanted(std::uint64_t bundle) const {
    auto part = run.part(bundles.first(bundle));
    const auto others = bundles.others(bundle);
    if (others.empty()) return part;
    std::vector<Selection> parts{std::move(part)};
    for (const auto i : others) parts.push_back(run.part(i));
    return Wanted(std::move(parts));
  }

  zeo_chunk_context context(std::uint64_t i, std::string_view key) const {
    return {sizeof(zeo_chunk_context), static_cast<std::uint32_t>(run.ndim()), str(run.array().path), str(key),
            run.id(i).data()};
  }

  Error& blame(Error& error, std::string_view key) const {
    const auto& array = run.array();
    return array.store.impl()->blame(error.at("chunk", key).at("array", array.path));
  }
};

/// A value that others replace between two requests for it is asked for anew.
constexpr unsigned attempts = 16;

/// Whether reading a chunk always takes the memory to fetch and decode all of it. Else it finds out on the way, and
/// takes what it needs then.
bool takes_all(const Chain& chain) { return !chain.bytes_bytes().empty(); }

/// What each bundle of the run takes, as the chain of its chunk says.
ShareOf shares_of(const Stage& stage, std::uint64_t (Chain::*bytes)() const) {
  return [&stage, bytes](std::uint64_t bundle) {
    std::shared_ptr<const Chain> kept;
    return (stage.chain(stage.bundles.first(bundle), kept).*bytes)();
  };
}

Weight weigh_reads(const Stage& stage) {
  const auto& run = stage.run;
  const auto wanted = run.selection(0).count_in(run.origin(0), run.shape(0));
  Weight weight{wanted * stage.first_chain->item_bytes(), {}};
  if (takes_all(*stage.first_chain)) weight.share = shares_of(stage, &Chain::read_share_bytes);
  return weight;
}

Weight weigh_writes(const Stage& stage) {
  return {stage.first_chain->write_share_bytes(), shares_of(stage, &Chain::write_share_bytes)};
}

Task<void> read_bundle(const Job& job, const Stage& stage, std::uint64_t bundle) {
  const auto& array = stage.run.array();
  const auto i = stage.bundles.first(bundle);
  const auto key = stage.run.key(i);
  const auto chunk = stage.context(i, key);
  const auto wanted = stage.wanted(bundle);
  if (wanted.empty()) co_return;
  std::optional<ChunkHeap> payload;
  if (job.heap != nullptr) payload.emplace(*job.heap, array.context().options.max_chunk_bytes);
  try {
    std::shared_ptr<const Chain> kept;
    const auto& chain = stage.chain(i, kept);
    auto* const heap = payload ? payload->abi() : nullptr;
    const Scope scope{array.context(), job.operation, &chunk, heap, false, array.number, takes_all(chain)};
    // Elements of chunks that are missing point to the chain's fill value.
    if (job.heap != nullptr) job.heap->keep(kept ? kept : stage.first_chain);
    for (unsigned attempt = 1;; ++attempt) {
      // What a cache has said is believed once only, and whatever goes wrong then is tried again without.
      Version version(attempt == 1);
      if (payload) payload->renew();
      try {
        co_await read_value(scope, chain, Source::value(array.chunk_store(), key, version), wanted);
        co_return;
      } catch (const Error& error) {
        const bool may_pass = error.code() == ErrorCode::conflict || version.has_trusted();
        if (!may_pass || attempt == attempts) throw;
      }
      co_await Pause(job.operation, attempt);
    }
  } catch (Error& error) {
    if (payload) payload->explain(error);
    stage.blame(error, key);
    throw;
  }
}

/// Stores a new value, or removes the old one. What others have put there since it was seen is not overwritten, as far
/// as the store can tell: then ErrorCode::conflict.
Task<void> store_value(Operation& operation, zeo_store* store, std::string_view key, const Encoded& encoded,
                       Version& version) {
  const auto seen = version.seen();
  if (seen && !seen->present && !encoded.present) co_return;
  const auto knows = store->v->properties(store)->flags;
  Request request(operation, store, encoded.present ? ZEO_OP_SET : ZEO_OP_DELETE, key);
  request.put(encoded.bytes(), encoded.kept);
  if (seen && seen->present && ((knows & ZEO_STORE_CONDITIONS) != 0 || !encoded.kept.empty())) {
    request.only_if(seen->generation);
  }
  if (seen && !seen->present && (knows & (ZEO_STORE_CONDITIONS | ZEO_STORE_CREATE_ONLY)) != 0) {
    request.only_if_absent();
  }
  co_await request;
}

Task<void> write_bundle(const Job& job, const Stage& stage, std::uint64_t bundle) {
  const auto& run = stage.run;
  const auto& array = run.array();
  const auto i = stage.bundles.first(bundle);  // the only part: whoever writes has one selection
  const auto given = run.part(i);
  if (given.empty()) co_return;
  const auto key = stage.run.key(i);
  const auto chunk = stage.context(i, key);
  // For the elements that were there, which nobody needs once the chunk is stored.
  Heap heap;
  ChunkHeap payload(heap, array.context().options.max_chunk_bytes);
  const Scope scope{array.context(), job.operation, &chunk, payload.abi(), job.store_fill_chunks, 0, true};
  try {
    std::shared_ptr<const Chain> kept;
    const auto& chain = stage.chain(i, kept);
    Dims valid(run.ndim());
    for (std::size_t axis = 0; axis < run.ndim(); ++axis) {
      const auto left = array.metadata.shape[axis] - run.origin(i)[axis];
      valid[axis] = std::min(run.shape(i)[axis], left);
    }
    const auto guard = co_await array.context().write_locks.acquire(job.operation, array.lock_name(key));
    auto* const store = array.chunk_store();
    for (unsigned attempt = 1;; ++attempt) {
      Version version;
      payload.renew();
      std::optional<Source> old;
      if (!given.covers(valid)) old = Source::value(store, key, version);
      try {
        const auto encoded = co_await encode_value(scope, chain, given, valid, std::move(old));
        co_await store_value(job.operation, store, key, encoded, version);
        co_return;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict || attempt == attempts) throw;
      }
      co_await Pause(job.operation, attempt);
    }
  } catch (Error& error) {
    payload.explain(error);
    stage.blame(error, key);
    throw;
  }
}

/// Works through all chunks of the requests, in order. While the chunks of one run come to an end, those of the next
/// are planned and begun.
template <class ChunkTask, class Weigh>
Task<void> work_through(Job job, std::span<const BoxRequest> requests, Start start, ChunkTask task, Weigh weigh) {
  auto& operation = job.operation;
  ChunkPlan plan(operation, requests);
  Failure failure;
  const auto plan_next = [&](Stage& stage) {
    try {
      return !operation.is_cancelled() && stage.plan(plan);
    } catch (...) {
      failure.add(std::current_exception());
      return false;
    }
  };
  Stage stages[] = {{operation, failure}, {operation, failure}};
  bool more = plan_next(stages[0]);
  for (unsigned turn = 0; more; turn ^= 1) {
    auto& stage = stages[turn];
    auto& next = stages[turn ^ 1];
    std::optional<Flow> started;
    try {
      started.emplace(
          stage.group, stage.bundles.size(), [&](std::uint64_t i) { return task(job, stage, i); }, start, weigh(stage));
    } catch (...) {
      failure.add(std::current_exception());
      break;
    }
    // Others begin with these chunks while this thread plans the next.
    auto& flow = *started;
    flow.launch();
    co_await next.group.wait();
    more = plan_next(next);
    co_await flow;
  }
  for (auto& stage : stages) co_await stage.group.wait();
  failure.rethrow();
  if (operation.is_cancelled()) throw Error(ErrorCode::cancelled, "cancelled");
}

void require_usable(const Array::Impl& array) {
  // Whatever is missing says so itself.
  (void)array.data_type();
  (void)array.fill_bytes();
  (void)array.grid();
  (void)array.key_encoding();
  (void)array.chunk_store();
}

}  // namespace

void require_fixed(const Array::Impl& array, bool fixed) {
  const bool variable = array.type_info().variable != 0;
  if (variable != fixed) return;
  throw Error(ErrorCode::invalid, fmt::format("elements of data type {} have {} length: use {}",
                                              array.metadata.data_type.name, variable ? "variable" : "fixed",
                                              variable ? "read_strings and write_strings" : "read and write"))
      .at("array", array.path);
}

std::vector<BoxRequest> borrow_boxes(std::span<const ReadRequest> requests) {
  std::vector<BoxRequest> boxes;
  boxes.reserve(requests.size());
  const Array::Impl* checked = nullptr;
  for (const auto& request : requests) {
    const auto* const array = request.array.impl().get();
    if (std::exchange(checked, array) != array) require_fixed(*array, true);
    boxes.push_back({array, &request.box, request.output, &request.strides});
  }
  return boxes;
}

StringRead::StringRead(const Array& array, const Box& box)
    : request_{array.impl().get(), &box, nullptr, &strides_} {
  require_fixed(*array.impl(), false);
  views_ = array.make_room<zeo_str>(box);
  // Elements that point to memory must point nowhere until they are written.
  std::fill(views_.begin(), views_.end(), zeo_str{});
  request_.memory = views_.data();
}

std::vector<std::string> StringRead::take() const {
  std::vector<std::string> strings;
  strings.reserve(views_.size());
  for (const auto& text : views_) strings.emplace_back(view(text));
  return strings;
}

void check_box(const Array::Impl& array, const Box& box) { (void)select(array, box, nullptr, {}); }

Task<void> read_boxes(Operation& operation, std::span<const BoxRequest> requests, Heap* heap) {
  const Array::Impl* checked = nullptr;
  for (const auto& request : requests) {
    if (std::exchange(checked, request.array) == request.array) continue;
    require_usable(*request.array);
    if (&request.array->context() != &requests.front().array->context()) {
      throw Error(ErrorCode::invalid, "arrays that are read together must share a context")
          .at("array", request.array->path);
    }
  }
  co_await work_through(Job{operation, heap, false}, requests, Start::together, read_bundle, weigh_reads);
}

Task<void> write_box(Operation& operation, BoxRequest request, const WriteOptions& options) {
  const auto& array = *request.array;
  require_usable(array);
  // A store that cannot delete cannot make room for the fill value either: there, what is written is stored.
  auto* const store = array.chunk_store();
  const bool deletable = (store->v->properties(store)->flags & ZEO_STORE_DELETABLE) != 0;
  const bool store_fill_chunks = options.store_fill_chunks || !deletable || !array.metadata.fill_is_defined;
  const std::span<const BoxRequest> one(&request, 1);
  co_await work_through(Job{operation, nullptr, store_fill_chunks}, one, Start::spread, write_bundle, weigh_writes);
}

}  // namespace zeolite
