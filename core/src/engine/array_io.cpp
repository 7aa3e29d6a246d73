// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing boxes, chunk by chunk.
#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "array_impl.hpp"
#include "decode.hpp"
#include "encode.hpp"
#include "heap.hpp"
#include "runs.hpp"

namespace zeolite {

namespace {

/// Chunks of one array, and what is to be read from them or written to them.
struct Part {
  const Array::Impl& array;
  const Selection& selection;
  Heap* heap;
  bool store_fill_chunks;
  Run run;
  std::shared_ptr<const Chain> first_chain;  ///< of the run's first chunk, and mostly of all

  std::shared_ptr<const Chain> chain(std::uint64_t i) const {
    const auto shape = run.shape(i);
    return std::equal(shape.begin(), shape.end(), first_chain->shape().begin()) ? first_chain : array.chain(shape);
  }

  zeo_chunk_context context(std::uint64_t i, std::string_view key) const {
    return {sizeof(zeo_chunk_context), static_cast<std::uint32_t>(run.ndim), str(array.path), str(key),
            run.id(i).data()};
  }

  std::string key(std::uint64_t i) const { return array.chunk_prefix() + std::string(run.key(i)); }

  Error& blame(Error& error, std::string_view key) const {
    return error.at("chunk", key).at("array", array.path).at("store", array.store.location());
  }
};

Task<void> read_chunk(Operation& operation, const Part& part, std::uint64_t i) {
  const auto& array = part.array;
  auto wanted = part.selection.cut(part.run.origin(i), part.run.shape(i));
  if (wanted.empty()) co_return;
  const auto key = part.key(i);
  const auto chunk = part.context(i, key);
  const Scope scope{array.context(), operation,   &chunk, part.heap == nullptr ? nullptr : part.heap->abi(),
                    false,           array.number};
  try {
    const auto chain = part.chain(i);
    // Elements of chunks that are missing point to the chain's fill value.
    if (part.heap != nullptr) part.heap->keep(chain);
    Version version;
    co_await read_value(scope, *chain, Source::value(array.chunk_store(), key, version), std::move(wanted));
  } catch (Error& error) {
    part.blame(error, key);
    throw;
  }
}

Task<void> write_chunk(Operation& operation, const Part& part, std::uint64_t i) {
  const auto& array = part.array;
  const auto& run = part.run;
  auto given = part.selection.cut(run.origin(i), run.shape(i));
  if (given.empty()) co_return;
  const auto key = part.key(i);
  const auto chunk = part.context(i, key);
  const Scope scope{array.context(), operation, &chunk, part.heap->abi(), part.store_fill_chunks};
  try {
    const auto chain = part.chain(i);
    Dims valid(run.ndim);
    for (std::size_t axis = 0; axis < run.ndim; ++axis) {
      const auto left = array.metadata.shape[axis] - run.origin(i)[axis];
      valid[axis] = std::min(run.shape(i)[axis], left);
    }
    const auto guard = co_await array.context().write_locks.acquire(operation, array.lock_name(key));
    auto* const store = array.chunk_store();
    Version version;
    std::optional<Source> old;
    if (!given.covers(valid)) old = Source::value(store, key, version);
    const auto encoded = co_await encode_value(scope, *chain, std::move(given), std::move(valid), std::move(old));
    if (encoded.present) {
      Request set(operation, store, ZEO_OP_SET, key);
      set.put(encoded.bytes());
      co_await set;
    } else {
      Request remove(operation, store, ZEO_OP_DELETE, key);
      co_await remove;
    }
  } catch (Error& error) {
    part.blame(error, key);
    throw;
  }
}

/// Works on the chunks of one or more arrays, as many at once as the context's limits allow.
class Batch {
 public:
  using ChunkTask = Task<void> (*)(Operation&, const Part&, std::uint64_t);

  Batch(Context::Impl& context, ChunkTask task, Start start, unsigned attempts)
      : context_(context), task_(task), start_(start), attempts_(attempts) {}

  void add(Part part) {
    chunks_ += part.run.n;
    auto bytes = std::min(part.run.n * part.run.chunk_bytes, context_.options.batch_bytes);
    // Of chunks that can be read in part no more is read than is wanted.
    if (part.first_chain->bytes_bytes().empty()) {
      bytes = std::min(bytes, checked_product(part.selection.shape, part.array.type_info().item_bytes).value_or(bytes));
    }
    bytes_ += bytes;
    parts_.push_back(std::move(part));
    if (chunks_ >= max_run_chunks || bytes_ >= context_.options.batch_bytes) flush();
  }

  /// What is left. A value that is replaced between two requests for parts of it is asked for anew.
  void flush() {
    if (parts_.empty()) return;
    for (unsigned attempt = 1;; ++attempt) {
      Operation operation(context_.resources());
      // What a cache has said is believed once only, and whatever goes wrong then is tried again without.
      operation.trusts_caches = attempt == 1;
      try {
        run(operation);
        return clear();
      } catch (const Error& error) {
        const bool may_pass = error.code() == ErrorCode::conflict || operation.has_trusted;
        if (attempt == attempts_ || !may_pass) throw;
      }
    }
  }

 private:
  void run(Operation& operation) const {
    if (parts_.size() == 1) {
      const auto& part = parts_.front();
      const auto make = [&](std::uint64_t i) { return task_(operation, part, i); };
      operation.run(all(operation, part.run.n, make, start_));
      return;
    }
    // Parts of one value next to each other, so that they are asked for together.
    struct Place {
      const Part* part;
      std::uint64_t i;
    };
    std::vector<Place> places;
    places.reserve(chunks_);
    for (const auto& part : parts_) {
      for (std::uint64_t i = 0; i < part.run.n; ++i) places.push_back({&part, i});
    }
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      if (&a.part->array != &b.part->array) return std::less<>()(&a.part->array, &b.part->array);
      return a.part->run.key(a.i) < b.part->run.key(b.i);
    });
    const auto make = [&](std::uint64_t k) { return task_(operation, *places[k].part, places[k].i); };
    operation.run(all(operation, places.size(), make, start_));
  }

  void clear() {
    parts_.clear();
    chunks_ = 0;
    bytes_ = 0;
  }

  Context::Impl& context_;
  const ChunkTask task_;
  const Start start_;
  const unsigned attempts_;
  std::vector<Part> parts_;
  std::uint64_t chunks_ = 0;
  std::uint64_t bytes_ = 0;
};

constexpr unsigned read_attempts = 16;

Selection select(const Array::Impl& array, const Box& box, const void* memory, const Strides& strides) {
  const auto& shape = array.metadata.shape;
  const auto fail = [&](std::string message) {
    throw Error(ErrorCode::invalid, std::move(message)).at("array", array.path).at("store", array.store.location());
  };
  const auto ndim = shape.size();
  if (box.origin.size() != ndim || box.shape.size() != ndim || (!box.step.empty() && box.step.size() != ndim)) {
    fail(fmt::format("the box has {} dimensions, the array {}", box.shape.size(), ndim));
  }
  if (!strides.empty() && strides.size() != ndim) {
    fail(fmt::format("{} strides for {} dimensions", strides.size(), ndim));
  }
  Selection selection;
  selection.origin = to_dims(box.origin);
  selection.shape = to_dims(box.shape);
  selection.step = box.step.empty() ? Dims(ndim, 1) : to_dims(box.step);
  for (std::size_t i = 0; i < ndim; ++i) {
    if (selection.step[i] == 0) fail(fmt::format("the box has step 0 along dimension {}", i));
    if (selection.shape[i] == 0) continue;
    const auto origin = selection.origin[i];
    const bool inside = origin < shape[i] && (selection.shape[i] - 1) <= (shape[i] - 1 - origin) / selection.step[i];
    if (!inside) {
      fail(
          fmt::format("the box reaches outside the array along dimension {}: {} elements from {} with step {}, the "
                      "array has {}",
                      i, selection.shape[i], origin, selection.step[i], shape[i]));
    }
  }
  if (!checked_product(selection.shape, array.type_info().item_bytes)) fail("the box is larger than 2^63 bytes");
  selection.data = static_cast<std::byte*>(const_cast<void*>(memory));
  selection.strides = strides.empty() ? c_strides(selection.shape, array.type_info().item_bytes)
                                      : ByteStrides(strides.begin(), strides.end());
  return selection;
}

void require_usable(const Array::Impl& array) {
  // Whatever is missing says so itself.
  (void)array.data_type();
  (void)array.fill_bytes();
  (void)array.grid();
  (void)array.key_encoding();
  (void)array.chunk_store();
}

/// Names the chunks that hold selected elements and hands them to the batch.
void add_chunks(Batch& batch, const Array::Impl& array, const Selection& selection, Heap* heap,
                bool store_fill_chunks) {
  if (selection.empty()) return;
  each_run(array, selection, [&](Run run) {
    auto chain = array.chain(run.shape(0));
    batch.add({array, selection, heap, store_fill_chunks, std::move(run), std::move(chain)});
  });
}

}  // namespace

void check_box(const Array::Impl& array, const Box& box) { (void)select(array, box, nullptr, {}); }

void read_box(const Array::Impl& array, const Box& box, void* memory, const Strides& strides, Heap* heap) {
  require_usable(array);
  const auto selection = select(array, box, memory, strides);
  try {
    Batch batch(array.context(), &read_chunk, Start::together, read_attempts);
    add_chunks(batch, array, selection, heap, false);
    batch.flush();
  } catch (...) {
    array.rethrow(std::current_exception());
  }
}

void read_boxes(std::span<const ReadRequest> requests) {
  if (requests.empty()) return;
  const auto& first = *requests.front().array.impl();
  std::vector<Selection> selections;
  selections.reserve(requests.size());
  for (const auto& request : requests) {
    const auto& array = *request.array.impl();
    require_usable(array);
    if (&array.context() != &first.context()) {
      throw Error(ErrorCode::invalid, "arrays that are read together must share a context").at("array", array.path);
    }
    selections.push_back(select(array, request.box, request.output, request.strides));
  }
  Batch batch(first.context(), &read_chunk, Start::together, read_attempts);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& array = *requests[i].array.impl();
    try {
      add_chunks(batch, array, selections[i], nullptr, false);
    } catch (...) {
      array.rethrow(std::current_exception());
    }
  }
  try {
    batch.flush();
  } catch (...) {
    first.rethrow(std::current_exception());
  }
}

void write_box(const Array::Impl& array, const Box& box, const void* memory, const Strides& strides,
               const WriteOptions& options) {
  require_usable(array);
  const auto selection = select(array, box, memory, strides);
  Heap heap(array.context().options.max_chunk_bytes);
  // A store that cannot delete cannot make room for the fill value either: there, what is written is stored.
  auto* const store = array.chunk_store();
  const bool deletable = (store->v->properties(store)->flags & ZEO_STORE_DELETABLE) != 0;
  const bool store_fill_chunks = options.store_fill_chunks || !deletable || !array.metadata.fill_is_defined;
  try {
    Batch batch(array.context(), &write_chunk, Start::spread, 1);
    add_chunks(batch, array, selection, &heap, store_fill_chunks);
    batch.flush();
  } catch (...) {
    array.rethrow(std::current_exception());
  }
}

}  // namespace zeolite
