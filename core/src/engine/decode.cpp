// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "group.hpp"
#include "pieces.hpp"
#include "slabs.hpp"
#include "strided.hpp"

namespace zeolite {

namespace {

/// Uninitialised memory for a whole array of this representation.
Buffer scratch_for(const Scope& scope, const Chain& chain, const zeo_representation& array) {
  const auto* const type = array.data_type->v->info(array.data_type);
  const auto bytes = checked_product(std::span(array.shape, array.ndim), type->item_bytes);
  const auto limit = chain.context().options.max_chunk_bytes;
  if (!bytes || *bytes > limit) {
    throw Error(ErrorCode::no_memory,
                fmt::format("a chunk must be decoded whole and is larger than {} bytes (max_chunk_bytes)", limit));
  }
  Buffer buffer(*bytes, &scope.operation.memory());
  buffer.resize(*bytes);
  // Elements that point to memory must point nowhere until they are written.
  if (type->variable != 0 && *bytes != 0) std::memset(buffer.data(), 0, *bytes);
  return buffer;
}

/// Undoes the bytes->bytes codecs, of which there is at least one; the last result goes to `result`.
void undo_bytes(const Scope& scope, const Chain& chain, zeo_bytes encoded, Buffer& result) {
  auto call = scope.call();
  const auto& links = chain.bytes_bytes();
  Buffer between;
  for (std::size_t i = links.size(); i-- > 0;) {
    const auto& link = links[i];
    const auto fail = [&](std::string message) {
      return Error(ErrorCode::corrupt, std::move(message))
          .at("codec", link.codec->name)
          .at("plugin", link.codec->plugin);
    };
    Buffer next(chain.decoded_limit(i), &scope.operation.memory());
    Buffer& decoded = i == 0 ? result : next;
    if (link.decoded.exact != 0) decoded.reserve(std::min(link.decoded.max_bytes, decoded.limit()));
    Timing timing(scope.operation.counters(), scope.operation.counters().decode_ns);
    const auto status = link.v().decode_bytes(link.bound.get(), encoded, decoded.abi(), call);
    timing.stop();
    if (status != ZEO_OK && decoded.refused()) {
      throw fail(fmt::format("decodes to more than the {} bytes allowed", decoded.limit()));
    }
    link.check(call, status);
    if (decoded.overrun()) throw link.error(ErrorCode::internal, "claims to have decoded more than it had room for");
    if (link.decoded.exact != 0 && decoded.size() != link.decoded.max_bytes) {
      throw fail(fmt::format("decodes to {} bytes, {} expected", decoded.size(), link.decoded.max_bytes));
    }
    scope.operation.counters().decoded_bytes.add(decoded.size());
    if (i == 0) return;
    between = std::move(next);
    encoded = between.bytes();
  }
}

/// Where the selected elements lie among the bytes of an array in C order, when they are one run of it, and one run of
/// the caller's memory.
std::optional<zeo_range> run_of(const Selection& selection, std::span<const std::uint64_t> shape,
                                std::uint64_t item_bytes) {
  if (!selection.contiguous(item_bytes)) return std::nullopt;
  std::uint64_t offset = 0;
  std::uint64_t stride = item_bytes;
  bool dense = true;  // all axes behind are selected as a whole
  for (auto i = selection.ndim(); i-- > 0; stride *= shape[i]) {
    const bool one = selection.shape()[i] == 1;
    if (!one && (!dense || selection.step()[i] != 1)) return std::nullopt;
    dense = dense && selection.shape()[i] == shape[i];
    offset += selection.origin()[i] * stride;
  }
  return zeo_range{offset, checked_product(selection.shape(), item_bytes).value()};
}

/// Whether the last step of decoding can write right to the selected elements: they are the whole chunk, in C order,
/// and the array->bytes codec leaves them as they are.
bool is_direct(const Chain& chain, const Wanted& mapped) {
  const auto& link = chain.array_bytes();
  const auto* const only = mapped.only();
  return link.has(ZEO_CODEC_IDENTITY) && only != nullptr &&
         only->covers(std::span(link.decoded.shape, link.decoded.ndim)) && only->contiguous(chain.item_bytes());
}

/// Copies what is wanted of an array of this shape in C order.
void take(const Wanted& wanted, std::span<const std::uint64_t> shape, const void* elements, std::uint64_t item_bytes,
          std::uint32_t swap_unit = 0) {
  for (const auto& selection : wanted.all()) {
    take_elements(selection, shape, static_cast<const std::byte*>(elements), item_bytes, swap_unit);
  }
}

std::uint64_t selected_bytes(const Chain& chain, const Selection& selection) {
  std::uint64_t bytes = chain.item_bytes();
  for (const auto length : selection.shape()) bytes *= length;
  return bytes;
}

void decode(const Scope& scope, const Chain::Link& link, zeo_bytes encoded, zeo_array& array, Call& call) {
  const Timing timing(scope.operation.counters(), scope.operation.counters().decode_ns);
  link.check(call, link.v().decode(link.bound.get(), encoded, &array, call));
}

/// The array->bytes codec alone: `encoded` is its output, `wanted` is in terms of its input.
Task<void> decode_array_bytes(const Scope& scope, const Chain& chain, zeo_bytes encoded, const Wanted& wanted) {
  const auto& link = chain.array_bytes();
  const auto* const type = link.decoded.data_type->v->info(link.decoded.data_type);
  const std::span shape(link.decoded.shape, link.decoded.ndim);
  if (link.moves_elements()) {
    const auto expected = checked_product(shape, type->item_bytes);
    if (encoded.size != expected) {
      throw Error(ErrorCode::corrupt, fmt::format("{} bytes found, {} expected", encoded.size, expected.value_or(0)))
          .at("codec", link.codec->name)
          .at("plugin", link.codec->plugin);
    }
    take(wanted, shape, encoded.data, type->item_bytes, link.swap_unit());
    co_return;
  }
  if (!ZEOLITE_HAS(link.bound.get(), decode)) {
    co_await read_by_plan(scope, chain, make_read_plan(scope, chain, wanted.bounds()), Source::memory(encoded), wanted);
    co_return;
  }
  auto call = scope.call();
  const auto* const only = wanted.only();
  const bool whole = only != nullptr && only->covers(shape);
  if (whole && (link.has(ZEO_CODEC_STRIDED) || only->contiguous(type->item_bytes))) {
    auto array = make_array(shape, only->strides(), only->data, scope.heap);
    decode(scope, link, encoded, array, call);
    co_return;
  }
  auto scratch = scratch_for(scope, chain, link.decoded);
  const auto strides = c_strides(shape, type->item_bytes);
  auto array = make_array(shape, strides, scratch.data(), scope.heap);
  decode(scope, link, encoded, array, call);
  take(wanted, shape, scratch.data(), type->item_bytes);
}

/// All array codecs of a chain with one that changes elements: the whole chunk is decoded, step by step.
Task<void> decode_stepwise(const Scope& scope, const Chain& chain, zeo_bytes encoded, const Wanted& wanted) {
  const auto& links = chain.array_array();
  auto current = scratch_for(scope, chain, chain.array_bytes().decoded);
  {
    const auto& representation = chain.array_bytes().decoded;
    const auto* const type = representation.data_type->v->info(representation.data_type);
    const Dims shape(representation.shape, representation.shape + representation.ndim);
    const Wanted all = Selection::whole(shape, current.data(), type->item_bytes);
    co_await decode_array_bytes(scope, chain, encoded, all);
  }
  auto call = scope.call();
  for (std::size_t i = links.size(); i-- > 0;) {
    const auto& link = links[i];
    auto decoded = scratch_for(scope, chain, link.decoded);
    const std::span from_shape(link.encoded.shape, link.encoded.ndim);
    const std::span to_shape(link.decoded.shape, link.decoded.ndim);
    const auto* const from_type = link.encoded.data_type->v->info(link.encoded.data_type);
    const auto* const to_type = link.decoded.data_type->v->info(link.decoded.data_type);
    const auto from_strides = c_strides(from_shape, from_type->item_bytes);
    const auto to_strides = c_strides(to_shape, to_type->item_bytes);
    const auto from = make_array(from_shape, from_strides, current.data());
    auto to = make_array(to_shape, to_strides, decoded.data(), scope.heap);
    if (ZEOLITE_HAS(link.bound.get(), decode_array)) {
      const Timing timing(scope.operation.counters(), scope.operation.counters().decode_ns);
      link.check(call, link.v().decode_array(link.bound.get(), &from, &to, call));
    } else {
      std::array<std::uint64_t, ZEO_MAX_NDIM> shape{};
      std::array<std::int64_t, ZEO_MAX_NDIM> strides{};
      auto seen = make_array(shape, strides, nullptr);
      link.check(call, link.v().view(link.bound.get(), &to, &seen, call));
      copy_elements(from_shape, {static_cast<std::byte*>(seen.data), std::span(strides).first(from_shape.size())},
                    {reinterpret_cast<std::byte*>(current.data()), from_strides}, from_type->item_bytes);
    }
    current = std::move(decoded);
  }
  take(wanted, chain.shape(), current.data(), chain.item_bytes());
}

}  // namespace

void fill(const Chain& chain, const Wanted& wanted) {
  for (const auto& selection : wanted.all()) {
    fill_elements(selection.shape(), {selection.data, selection.strides()}, chain.fill_element(), chain.item_bytes());
  }
}

namespace {

/// Fetches all of the value and decodes it. `mapped` is what is wanted in terms of the array->bytes codec's input; null
/// when that cannot be said.
Task<void> read_whole(const Scope& scope, const Chain& chain, const Source& source, const Wanted* mapped,
                      const Wanted& wanted) {
  Fetched fetched;
  try {
    fetched = co_await source.fetch_all(scope.operation, chain.stored_limit());
  } catch (Error& error) {
    chain.outermost().blame(error);
    throw;
  }
  if (!fetched.present) {
    fill(chain, wanted);
    co_return;
  }
  auto bytes = fetched.parts[0];
  // The innermost compressor writes right to the selected elements when they can take its output as it is.
  const bool direct = !chain.bytes_bytes().empty() && mapped != nullptr && is_direct(chain, *mapped);
  Buffer decoded = direct ? Buffer(mapped->only()->data, selected_bytes(chain, *mapped->only())) : Buffer();
  if (!chain.bytes_bytes().empty()) {
    if (!direct) decoded = Buffer(chain.decoded_limit(0), &scope.operation.memory());
    undo_bytes(scope, chain, bytes, decoded);
    bytes = decoded.bytes();
  }
  if (direct) co_return;
  if (mapped != nullptr) {
    co_await decode_array_bytes(scope, chain, bytes, *mapped);
  } else {
    co_await decode_stepwise(scope, chain, bytes, wanted);
  }
}

/// What is wanted in terms of the array->bytes codec's input; nothing when that cannot be said.
std::optional<Wanted> map(const Scope& scope, const Chain& chain, const Wanted& wanted) {
  auto call = scope.call();
  std::vector<Selection> mapped;
  for (const auto& selection : wanted.all()) {
    auto moved = chain.map(call, selection);
    if (!moved) return std::nullopt;
    mapped.push_back(std::move(*moved));
  }
  return Wanted(std::move(mapped));
}

}  // namespace

Task<void> read_value(const Scope& scope, const Chain& chain, const Source& source, const Wanted& wanted) {
  const Wanted* mapped = &wanted;
  std::optional<Wanted> moved;
  if (!chain.array_array().empty()) {
    moved = map(scope, chain, wanted);
    mapped = moved ? &*moved : nullptr;
  }
  const bool may_read_parts = mapped != nullptr && chain.bytes_bytes().empty();
  const auto* const only = may_read_parts ? mapped->only() : nullptr;
  if (only != nullptr && chain.array_bytes().has(ZEO_CODEC_IDENTITY)) {
    const auto& link = chain.array_bytes();
    const std::span stored_shape(link.decoded.shape, link.decoded.ndim);
    if (const auto run = run_of(*only, stored_shape, chain.item_bytes())) {
      try {
        const auto whole_bytes = checked_product(stored_shape, chain.item_bytes()).value();
        if (!co_await source.fetch_into(scope.operation, only->data, *run, whole_bytes)) fill(chain, wanted);
      } catch (Error& error) {
        chain.outermost().blame(error);
        throw;
      }
      co_return;
    }
  }
  if (may_read_parts) {
    if (auto plan = make_read_plan(scope, chain, mapped->bounds())) {
      co_await read_by_plan(scope, chain, std::move(plan), source, *mapped);
      co_return;
    }
  }
  if (only != nullptr && comes_in_slabs(chain, source, *only)) {
    try {
      if (!co_await read_slabs(scope, chain, source, *only)) fill(chain, wanted);
    } catch (Error& error) {
      chain.outermost().blame(error);
      throw;
    }
    co_return;
  }
  if (scope.has_room) {
    co_await read_whole(scope, chain, source, mapped, wanted);
    co_return;
  }
  const auto share = chain.fetch_share_bytes() + chain.decode_share_bytes(mapped == nullptr);
  const auto roomy = scope.with_room();
  const auto read = [&](std::uint64_t) { return read_whole(roomy, chain, source, mapped, wanted); };
  co_await all(scope.operation, 1, read, Start::together, Weight::of_one(share));
}

}  // namespace zeolite
