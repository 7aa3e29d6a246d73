// SPDX-License-Identifier: Apache-2.0
#include "chunk_plan.hpp"

#include <algorithm>
#include <bit>
#include <exception>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "operation.hpp"

namespace zeolite {

Selection select(const Array::Impl& array, const Box& box, const void* memory, const Strides& strides) {
  const auto& shape = array.metadata.shape;
  const auto fail = [&](std::string message) {
    throw Error(ErrorCode::invalid, std::move(message)).at("array", array.path).at("store", array.store.location());
  };
  const auto ndim = shape.size();
  const auto require_ndim = [&](std::string_view what, std::size_t found) {
    if (found != ndim) fail(fmt::format("the box's {} has {} dimensions, the array {}", what, found, ndim));
  };
  require_ndim("origin", box.origin.size());
  require_ndim("shape", box.shape.size());
  if (!box.step.empty()) require_ndim("step", box.step.size());
  if (!strides.empty() && strides.size() != ndim) {
    fail(fmt::format("{} strides for {} dimensions", strides.size(), ndim));
  }
  Selection selection(ndim);
  for (std::size_t i = 0; i < ndim; ++i) {
    const auto origin = selection.origin()[i] = box.origin[i];
    const auto length = selection.shape()[i] = box.shape[i];
    const auto step = selection.step()[i] = box.step.empty() ? 1 : box.step[i];
    if (step == 0) fail(fmt::format("the box has step 0 along dimension {}", i));
    if (length == 0) continue;
    // Dividing takes longer than all else here.
    const auto reach = [&] { return step == 1 ? shape[i] - 1 - origin : (shape[i] - 1 - origin) / step; };
    if (origin >= shape[i] || length - 1 > reach()) {
      fail(
          fmt::format("the box reaches outside the array along dimension {}: {} elements from {} with step {}, the "
                      "array has {}",
                      i, length, origin, step, shape[i]));
    }
  }
  if (!checked_product(selection.shape(), array.type_info().item_bytes)) fail("the box is larger than 2^63 bytes");
  selection.data = static_cast<std::byte*>(const_cast<void*>(memory));
  if (strides.empty()) {
    put_c_strides(selection.shape(), array.type_info().item_bytes, selection.strides());
  } else {
    std::ranges::copy(strides, selection.strides().begin());
  }
  return selection;
}

namespace {

/// Makes a number of each of n coordinates, by which they stand in order, and which ends in its place among them; at(i,
/// axis) is a coordinate. Those of one array mostly differ in few bits: where they do not all fit, what lies close
/// together may come in any order.
template <class At>
void put_in_order(std::vector<std::uint64_t>& order, std::size_t n, std::size_t ndim, At at) {
  const auto place_bits = std::bit_width(n);
  auto room = 64 - place_bits;
  order.assign(n, 0);
  for (std::size_t axis = 0; axis < ndim; ++axis) {
    auto lowest = at(0, axis), highest = lowest;
    for (std::size_t i = 1; i < n; ++i) {
      const auto coordinate = at(i, axis);
      lowest = std::min(lowest, coordinate);
      highest = std::max(highest, coordinate);
    }
    const auto bits = std::bit_width(highest - lowest);
    const auto taken = std::min(bits, room);
    if (taken == 0) continue;
    room -= taken;
    for (std::size_t i = 0; i < n; ++i) order[i] = order[i] << taken | (at(i, axis) - lowest) >> (bits - taken);
  }
  for (std::size_t i = 0; i < n; ++i) order[i] = order[i] << place_bits | i;
  std::sort(order.begin(), order.end());
  const auto place = (std::uint64_t{1} << place_bits) - 1;
  for (auto& number : order) number &= place;
}

}  // namespace

ChunkPlan::ChunkPlan(const Operation& operation, std::span<const BoxRequest> requests)
    : operation_(operation), requests_(requests) {
  if (requests.size() <= most_chunks() || requests.size() > UINT32_MAX) return;
  places_.resize(requests.size());
  std::iota(places_.begin(), places_.end(), 0u);
  for (std::size_t begin = 0, end = 0; begin < requests.size(); begin = end) {
    while (end < requests.size() && requests[end].array == requests[begin].array) ++end;
    order_requests(begin, end);
  }
}

void ChunkPlan::order_requests(std::size_t begin, std::size_t end) {
  const auto& array = *requests_[begin].array;
  const auto& grid = array.grid();
  const auto ndim = array.metadata.shape.size();
  Dims first(ndim, 0), origin(ndim), chunk(ndim);
  grid.v->counts(&grid, chunk.data());
  if (std::find(chunk.begin(), chunk.end(), 0u) != chunk.end()) return;
  // The first chunk tells about how long the others are. Boxes are looked at only when their turn comes.
  grid.v->chunk_boxes(&grid, first.data(), 1, origin.data(), chunk.data());
  for (auto& length : chunk) length = std::max<std::uint64_t>(length, 1);
  // Of large chunks, what is decoded as a whole is to be wanted by one run, too.
  const auto& piece = array.chain(chunk)->piece_shape();
  const bool has_pieces = piece && *piece != chunk;
  const auto place_of = [&](std::size_t i, std::size_t axis) -> std::uint64_t {
    const auto& box = *requests_[begin + i].box;
    const bool inside = axis >= ndim;
    if (inside) axis -= ndim;
    if (axis >= box.origin.size()) return 0;
    return inside ? box.origin[axis] % chunk[axis] / (*piece)[axis] : box.origin[axis] / chunk[axis];
  };
  put_in_order(order_, end - begin, has_pieces ? 2 * ndim : ndim, place_of);
  for (std::size_t i = 0; i < end - begin; ++i) places_[begin + i] = static_cast<std::uint32_t>(begin + order_[i]);
}

void Run::clear() {
  array_ = nullptr;
  ids_.clear();
  origins_.clear();
  shapes_.clear();
  keys_.clear();
  ends_.clear();
  numbers_.clear();
  memory_.clear();
  of_.clear();
}

bool ChunkPlan::next(Run& run) {
  run.clear();
  try {
    if (!fill(run)) {
      if (!operation_.is_cancelled()) check_covered();
      return false;
    }
    divisor_ = std::max<std::uint64_t>(1, divisor_ / 2);
    if (run.memory_.size() > 1) sort(run);
    locate(run);
    const auto first = run.selection(0);  // mostly the only one
    for (std::size_t i = 0; i < run.of_.size(); ++i) {
      const auto at = run.origin(i), shape = run.shape(i);
      covered_ += run.of_[i] == run.of_[0] ? first.count_in(at, shape) : run.selection(i).count_in(at, shape);
    }
    return true;
  } catch (...) {
    if (run.array_ == nullptr) throw;
    run.array_->rethrow(std::current_exception());
  }
}

bool ChunkPlan::fill(Run& run) {
  const auto take = [&](const Array::Impl& array, const Selection& selection) {
    if (run.array_ != &array) {
      run.numbers_.clear();
      run.memory_.clear();
    }
    run.array_ = &array;
    run.ndim_ = selection.ndim();
    run.numbers_.insert(run.numbers_.end(), selection.numbers().begin(), selection.numbers().end());
    run.memory_.push_back(selection.data);
    if (add_chunks(run, selection)) {
      selection_.reset();
    } else if (!selection_) {
      selection_ = selection;
    }
  };
  if (selection_) take(*request(next_request_ - 1).array, *selection_);
  while (!selection_ && next_request_ < requests_.size() && run.memory_.size() < most_chunks()) {
    const auto& next = request(next_request_);
    fetch_ahead();
    if (!run.of_.empty() && next.array != run.array_) break;
    ++next_request_;
    const auto selection = select_next(next);
    if (selection.empty()) continue;
    // No run has chunks of two arrays, so that all of the one before have been counted.
    if (next.array != array_) check_covered();
    array_ = next.array;
    begin_request(selection);
    take(*next.array, selection);
  }
  return !run.of_.empty();
}

Selection ChunkPlan::select_next(const BoxRequest& next) const {
  try {
    auto selection = select(*next.array, *next.box, next.memory, *next.strides);
    if (next.memory == nullptr && !selection.empty()) {
      throw Error(ErrorCode::invalid, "no memory is given for the box's elements").at("array", next.array->path);
    }
    return selection;
  } catch (Error& error) {
    if (requests_.size() > 1) error.at("request", std::to_string(&next - requests_.data()));
    throw;
  }
}

void ChunkPlan::check_covered() {
  const auto wanted = std::exchange(wanted_, 0), covered = std::exchange(covered_, 0);
  if (array_ == nullptr) return;
  const auto& type = array_->type_info();
  if (type.variable == 0) operation_.counters().element_bytes.add(wanted * type.item_bytes);
  if (wanted == covered) return;
  Error error(ErrorCode::internal, fmt::format("a defect of the plugin: its grid names chunks that hold {} elements "
                                               "where {} are wanted",
                                               covered, wanted));
  throw array_->blame_grid(error);
}

void ChunkPlan::fetch_ahead() const {
  // Far enough for each step to find what the one before it has fetched.
  constexpr std::size_t step = 4;
  const auto at = [&](std::size_t steps) { return next_request_ + steps * step; };
  if (places_.empty() || at(3) >= places_.size()) return;
  __builtin_prefetch(&request(at(3)));
  const auto* const box = request(at(2)).box;
  __builtin_prefetch(box);
  __builtin_prefetch(&box->step);
  __builtin_prefetch(request(at(1)).box->origin.data());
  __builtin_prefetch(request(at(1)).box->shape.data());
}

void ChunkPlan::begin_request(const Selection& selection) {
  boxes_.clear();
  box_ = 0;
  index_.assign(selection.ndim(), 0);
  cursor_.assign(std::max<std::size_t>(selection.ndim(), 1), 0);
  boxes_left_ = checked_product(selection.shape()).value();
  wanted_ += boxes_left_;
  all_named_ = false;
}

struct ChunkPlan::Naming {
  /// What the grid passes on when it has emitted enough.
  static constexpr zeo_status enough = ZEO_CANCELLED;

  ChunkPlan& plan;
  const std::size_t ndim;
  std::uint64_t room;
  bool refused = false;
  std::string_view fault = {};  ///< what no grid may do
  std::exception_ptr exception = nullptr;

  zeo_status take(const zeo_box& chunks) noexcept {
    if (refused) fault = "goes on when a box of chunks was refused";
    if (refused || room == 0 || plan.operation_.is_cancelled()) return refuse();
    if (plan.boxes_left_ == 0) {
      fault = "names more boxes of chunks than there are elements wanted";
      return refuse();
    }
    --plan.boxes_left_;
    const std::span shape(chunks.shape, ndim);
    if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return ZEO_OK;
    try {
      auto& boxes = plan.boxes_;
      boxes.insert(boxes.end(), chunks.origin, chunks.origin + ndim);
      boxes.insert(boxes.end(), shape.begin(), shape.end());
      // An array without dimensions has one chunk, which no number names.
      if (ndim == 0) boxes.push_back(0);
    } catch (...) {
      exception = std::current_exception();
      return refuse();
    }
    --room;
    return ZEO_OK;
  }

  zeo_status refuse() {
    refused = true;
    return enough;
  }
};

bool ChunkPlan::name_chunks(const Array::Impl& array, const Selection& selection) {
  boxes_.clear();
  box_ = 0;
  last_cursor_ = cursor_;
  Naming naming{*this, selection.ndim(), most_chunks()};
  const auto box = selection.box();
  const auto& grid = array.grid();
  Call call(operation_.workers(), nullptr, operation_.cancelled());
  const auto status = grid.v->chunks_in(
      &grid, &box, cursor_.data(),
      [](void* environment, const zeo_box* chunks) { return static_cast<Naming*>(environment)->take(*chunks); },
      &naming, call);
  if (operation_.is_cancelled()) return false;
  if (naming.exception) std::rethrow_exception(naming.exception);
  all_named_ = status == ZEO_OK;
  if (all_named_ && !naming.refused) return true;
  auto& fault = naming.fault;
  if (fault.empty() && naming.refused) {
    if (all_named_) fault = "reports success although a box of chunks was refused";
    if (status == Naming::enough && cursor_ == last_cursor_) fault = "names chunks but does not move its cursor";
    if (fault.empty() && status == Naming::enough) return true;
  }
  auto error = fault.empty() ? call.error(status)
                             : Error(ErrorCode::internal, fmt::format("a defect of the plugin: its grid {}", fault));
  throw array.blame_grid(error);
}

bool ChunkPlan::add_chunks(Run& run, const Selection& selection) {
  const auto ndim = run.ndim_;
  const auto number = static_cast<std::uint32_t>(run.memory_.size() - 1);
  const auto box_size = std::max<std::size_t>(2 * ndim, 1);
  for (;;) {
    for (; box_ < boxes_.size(); box_ += box_size) {
      const std::span origin(boxes_.data() + box_, ndim);
      const std::span shape(boxes_.data() + box_ + ndim, ndim);
      do {
        if (run.of_.size() >= most_chunks()) return false;
        for (std::size_t i = 0; i < ndim; ++i) run.ids_.push_back(origin[i] + index_[i]);
        run.of_.push_back(number);
      } while (next_index(index_, shape));
    }
    if (all_named_) return true;
    if (run.of_.size() >= most_chunks() || !name_chunks(*run.array_, selection)) return false;
  }
}

void ChunkPlan::sort(Run& run) {
  put_in_order(order_, run.of_.size(), run.ndim_,
               [&](std::size_t i, std::size_t axis) { return run.ids_[i * run.ndim_ + axis]; });
  sorted_ids_.clear();
  sorted_of_.clear();
  for (const auto place : order_) {
    const auto id = run.id(place);
    for (const auto coordinate : id) sorted_ids_.push_back(coordinate);
    sorted_of_.push_back(run.of_[place]);
  }
  run.ids_.swap(sorted_ids_);
  run.of_.swap(sorted_of_);
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
