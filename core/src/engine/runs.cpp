// SPDX-License-Identifier: Apache-2.0
#include "runs.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace zeolite {

namespace {

void locate(const Array::Impl& array, Run& run) {
  run.n = run.ndim == 0 ? 1 : run.ids.size() / run.ndim;
  run.origins.resize(run.n * run.ndim);
  run.shapes.resize(run.n * run.ndim);
  run.ends.resize(run.n);
  run.keys.abi()->size = 0;
  const auto& grid = array.grid();
  const auto& encoding = array.key_encoding();
  grid.v->chunk_boxes(&grid, run.ids.data(), run.n, run.origins.data(), run.shapes.data());
  Call call(array.context().executor);
  call.check(encoding.v->encode(&encoding, static_cast<std::uint32_t>(run.ndim), run.ids.data(), run.n, run.keys.abi(),
                                run.ends.data(), call));
}

/// Gathers the chunks a grid names into runs of bounded size and visits each run as soon as it is full.
class Runs {
 public:
  Runs(const Array::Impl& array, std::size_t ndim, const std::function<void(Run)>& visit)
      : array_(array), run_(ndim), visit_(visit) {}

  void add(const zeo_box& chunks) {
    const std::span<const std::uint64_t> origin(chunks.origin, run_.ndim);
    const Dims shape(chunks.shape, chunks.shape + run_.ndim);
    if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return;
    named_ = true;
    Dims index(run_.ndim, 0);
    do {
      for (std::size_t i = 0; i < run_.ndim; ++i) run_.ids.push_back(origin[i] + index[i]);
      if (run_.ids.size() == run_.ndim) look_at_first();
      if (run_.ndim != 0 && run_.ids.size() / run_.ndim >= room_) flush();
    } while (next_index(index, shape));
  }

  /// The last run, which may not be full.
  void finish() {
    if (run_.ndim == 0 ? named_ : !run_.ids.empty()) flush();
  }

 private:
  /// By the first chunk is judged how many may be worked on together.
  void look_at_first() {
    const auto& grid = array_.grid();
    Dims origin(run_.ndim), shape(run_.ndim);
    grid.v->chunk_boxes(&grid, run_.ids.data(), 1, origin.data(), shape.data());
    run_.chunk_bytes = checked_product(shape, array_.type_info().item_bytes).value_or(UINT64_MAX);
    room_ = std::clamp<std::uint64_t>(
        array_.context().options.batch_bytes / std::max<std::uint64_t>(run_.chunk_bytes, 1), 1, max_run_chunks);
  }

  void flush() {
    locate(array_, run_);
    visit_(std::exchange(run_, Run(run_.ndim)));
  }

  const Array::Impl& array_;
  Run run_;
  const std::function<void(Run)>& visit_;
  std::uint64_t room_ = 1;
  bool named_ = false;
};

}  // namespace

void each_run(const Array::Impl& array, const Selection& selection, const std::function<void(Run)>& visit) {
  struct Naming {
    Runs runs;
    std::exception_ptr exception;
  } naming{Runs(array, selection.ndim(), visit), nullptr};
  const auto box = selection.box();
  const auto& grid = array.grid();
  const auto status = grid.v->chunks_in(
      &grid, &box,
      [](void* environment, const zeo_box* chunks) -> zeo_status {
        auto& naming = *static_cast<Naming*>(environment);
        try {
          naming.runs.add(*chunks);
          return ZEO_OK;
        } catch (...) {
          naming.exception = std::current_exception();
          return ZEO_CANCELLED;
        }
      },
      &naming);
  if (naming.exception) std::rethrow_exception(naming.exception);
  if (status != ZEO_OK) throw Error(ErrorCode::internal, "the chunk grid failed to enumerate chunks");
  naming.runs.finish();
}

}  // namespace zeolite
