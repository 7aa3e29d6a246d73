// SPDX-License-Identifier: Apache-2.0
#include "chunk_plan.hpp"

#include <algorithm>
#include <exception>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace zeolite {

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
  Selection selection(ndim);
  std::ranges::copy(box.origin, selection.origin().begin());
  std::ranges::copy(box.shape, selection.shape().begin());
  if (box.step.empty()) {
    std::ranges::fill(selection.step(), 1);
  } else {
    std::ranges::copy(box.step, selection.step().begin());
  }
  for (std::size_t i = 0; i < ndim; ++i) {
    if (selection.step()[i] == 0) fail(fmt::format("the box has step 0 along dimension {}", i));
    if (selection.shape()[i] == 0) continue;
    const auto origin = selection.origin()[i];
    const bool inside =
        origin < shape[i] && (selection.shape()[i] - 1) <= (shape[i] - 1 - origin) / selection.step()[i];
    if (!inside) {
      fail(
          fmt::format("the box reaches outside the array along dimension {}: {} elements from {} with step {}, the "
                      "array has {}",
                      i, selection.shape()[i], origin, selection.step()[i], shape[i]));
    }
  }
  if (!checked_product(selection.shape(), array.type_info().item_bytes)) fail("the box is larger than 2^63 bytes");
  selection.data = static_cast<std::byte*>(const_cast<void*>(memory));
  if (strides.empty()) {
    std::ranges::copy(c_strides(selection.shape(), array.type_info().item_bytes), selection.strides().begin());
  } else {
    std::ranges::copy(strides, selection.strides().begin());
  }
  return selection;
}

void Run::clear() {
  array_ = nullptr;
  ids_.clear();
  origins_.clear();
  shapes_.clear();
  keys_.clear();
  ends_.clear();
  selections_.clear();
  of_.clear();
}

bool ChunkPlan::next(Run& run) {
  run.clear();
  try {
    if (!fill(run)) return false;
    divisor_ = std::max<std::uint64_t>(1, divisor_ / 2);
    if (run.selections_.size() > 1) sort(run);
    locate(run);
    return true;
  } catch (...) {
    if (run.array_ == nullptr) throw;
    run.array_->rethrow(std::current_exception());
  }
}

bool ChunkPlan::fill(Run& run) {
  const auto take = [&](const Array::Impl& array, Selection selection) {
    if (run.array_ != &array) run.selections_.clear();
    run.array_ = &array;
    run.ndim_ = selection.ndim();
    run.selections_.push_back(std::move(selection));
    add_chunks(run, run_chunks / divisor_);
  };
  if (selection_) take(*requests_[next_request_ - 1].array, *selection_);
  while (!selection_ && next_request_ < requests_.size() && run.selections_.size() < run_chunks / divisor_) {
    const auto& request = requests_[next_request_];
    if (!run.of_.empty() && request.array != run.array_) break;
    ++next_request_;
    auto selection = select(*request.array, *request.box, request.memory, *request.strides);
    if (selection.empty()) continue;
    begin_request(*request.array, selection);
    take(*request.array, std::move(selection));
  }
  return !run.of_.empty();
}

void ChunkPlan::begin_request(const Array::Impl& array, const Selection& selection) {
  struct Naming {
    std::vector<std::uint64_t>& boxes;
    std::size_t ndim;
    std::exception_ptr exception;
  } naming{boxes_, selection.ndim(), nullptr};
  boxes_.clear();
  box_ = 0;
  index_.assign(selection.ndim(), 0);
  const auto box = selection.box();
  const auto& grid = array.grid();
  const auto status = grid.v->chunks_in(
      &grid, &box,
      [](void* environment, const zeo_box* chunks) -> zeo_status {
        auto& naming = *static_cast<Naming*>(environment);
        const std::span shape(chunks->shape, naming.ndim);
        if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return ZEO_OK;
        try {
          naming.boxes.insert(naming.boxes.end(), chunks->origin, chunks->origin + naming.ndim);
          naming.boxes.insert(naming.boxes.end(), shape.begin(), shape.end());
          // An array without dimensions has one chunk, which no number names.
          if (naming.ndim == 0) naming.boxes.push_back(0);
          return ZEO_OK;
        } catch (...) {
          naming.exception = std::current_exception();
          return ZEO_CANCELLED;
        }
      },
      &naming);
  if (naming.exception) std::rethrow_exception(naming.exception);
  if (status != ZEO_OK) {
    throw Error(ErrorCode::internal, "the chunk grid failed to enumerate chunks")
        .at("array", array.path)
        .at("store", array.store.location());
  }
}

void ChunkPlan::add_chunks(Run& run, std::uint64_t most) {
  const auto ndim = run.ndim_;
  const auto number = static_cast<std::uint32_t>(run.selections_.size() - 1);
  const auto box_size = std::max<std::size_t>(2 * ndim, 1);
  for (; box_ < boxes_.size(); box_ += box_size) {
    const std::span origin(boxes_.data() + box_, ndim);
    const std::span shape(boxes_.data() + box_ + ndim, ndim);
    do {
      if (run.of_.size() >= most) {
        selection_.emplace(run.selections_.back());
        return;
      }
      for (std::size_t i = 0; i < ndim; ++i) run.ids_.push_back(origin[i] + index_[i]);
      run.of_.push_back(number);
    } while (next_index(index_, shape));
  }
  selection_.reset();
}

void ChunkPlan::sort(Run& run) {
  std::vector<std::uint32_t> order(run.of_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto id_a = run.id(a), id_b = run.id(b);
    return std::lexicographical_compare(id_a.begin(), id_a.end(), id_b.begin(), id_b.end());
  });
  std::vector<std::uint64_t> ids;
  std::vector<std::uint32_t> of;
  ids.reserve(run.ids_.size());
  of.reserve(run.of_.size());
  for (const auto i : order) {
    const auto id = run.id(i);
    ids.insert(ids.end(), id.begin(), id.end());
    of.push_back(run.of_[i]);
  }
  run.ids_ = std::move(ids);
  run.of_ = std::move(of);
}

void ChunkPlan::locate(Run& run) {
  const auto n = run.of_.size();
  run.origins_.resize(n * run.ndim_);
  run.shapes_.resize(n * run.ndim_);
  run.ends_.resize(n);
  const auto& array = *run.array_;
  const auto& grid = array.grid();
  const auto& encoding = array.key_encoding();
  grid.v->chunk_boxes(&grid, run.ids_.data(), n, run.origins_.data(), run.shapes_.data());
  Call call(array.context().workers);
  call.check(encoding.v->encode(&encoding, static_cast<std::uint32_t>(run.ndim_), run.ids_.data(), n, run.keys_.abi(),
                                run.ends_.data(), call));
  if (!std::is_sorted(run.ends_.begin(), run.ends_.end()) || run.ends_.back() != run.keys_.size()) {
    throw Error(ErrorCode::internal, "the chunk key encoding says wrongly where its keys end");
  }
  if (!array.chunk_prefix().empty()) add_prefix(run, array.chunk_prefix());
}

void ChunkPlan::add_prefix(Run& run, std::string_view prefix) {
  Buffer keys;
  keys.resize(run.keys_.size() + run.ends_.size() * prefix.size());
  auto* to = keys.data();
  std::uint64_t begin = 0;
  for (auto& end : run.ends_) {
    to = std::copy(prefix.begin(), prefix.end(), to);
    to = std::copy(run.keys_.data() + begin, run.keys_.data() + end, to);
    begin = std::exchange(end, static_cast<std::uint64_t>(to - keys.data()));
  }
  run.keys_ = std::move(keys);
}

}  // namespace zeolite
