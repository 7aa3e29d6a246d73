// SPDX-License-Identifier: Apache-2.0
#include "encode.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "decode.hpp"
#include "strided.hpp"
#include "write_plan.hpp"

namespace zeolite {

std::uint64_t Encoded::size_bytes() const {
  std::uint64_t size = 0;
  for (const auto& part : parts) size += part.size();
  return size;
}

std::vector<zeo_bytes> Encoded::bytes() const {
  std::vector<zeo_bytes> bytes;
  bytes.reserve(parts.size());
  for (const auto& part : parts) bytes.push_back(part.bytes());
  return bytes;
}

void Encoded::join() {
  if (parts.size() == 1) return;
  Buffer joined;
  joined.resize(size_bytes());
  std::uint64_t at = 0;
  for (const auto& part : parts) {
    if (part.size() != 0) std::memcpy(joined.data() + at, part.data(), part.size());
    at += part.size();
  }
  parts.clear();
  parts.push_back(std::move(joined));
}

namespace {

Encoded single(Buffer buffer) {
  Encoded encoded;
  encoded.present = true;
  encoded.parts.push_back(std::move(buffer));
  return encoded;
}

bool holds_only_fill(const Chain& chain, const Selection& whole) {
  const Strided in{whole.data, whole.strides()};
  if (!chain.variable()) return all_equal(whole.shape(), in, chain.fill_element(), chain.item_bytes());
  const auto fill_text = view(*reinterpret_cast<const zeo_str*>(chain.fill_element()));
  Dims index(whole.ndim(), 0);
  do {
    const std::byte* element = whole.data;
    for (std::size_t i = 0; i < index.size(); ++i) element += static_cast<std::int64_t>(index[i]) * whole.strides()[i];
    zeo_str text;
    std::memcpy(&text, element, sizeof(text));
    if (view(text) != fill_text) return false;
  } while (next_index(index, whole.shape()));
  return true;
}

/// Checks what a codec has promised about its output.
void check_promise(const Chain::Link& link, const Buffer& output) {
  const auto& promised = link.encoded;
  const auto size = output.size();
  if (output.overrun()) throw link.error(ErrorCode::internal, "claims to have encoded more than it had room for");
  if (size <= promised.max_bytes && (promised.exact == 0 || size == promised.max_bytes)) return;
  throw Error(ErrorCode::internal, fmt::format("encoded to {} bytes although it promises {} {}", size,
                                               promised.exact != 0 ? "exactly" : "at most", promised.max_bytes))
      .at("codec", link.codec->name)
      .at("plugin", link.codec->plugin);
}

Buffer pooled(const Scope& scope) { return Buffer(UINT64_MAX, &scope.operation.memory()); }

/// A selection that covers its array, as a contiguous one: itself, or a copy in `scratch`.
Selection make_contiguous(const Scope& scope, const Selection& selection, std::uint64_t item_bytes, Buffer& scratch) {
  if (selection.contiguous(item_bytes)) return selection;
  const auto bytes = checked_product(selection.shape(), item_bytes);
  scratch = pooled(scope);
  scratch.resize(bytes.value());
  auto copy = Selection::whole(selection.shape(), scratch.data(), item_bytes);
  copy_elements(selection.shape(), {copy.data, copy.strides()}, {selection.data, selection.strides()}, item_bytes);
  return copy;
}

const zeo_data_type_info* type_of(const zeo_representation& representation) {
  return representation.data_type->v->info(representation.data_type);
}

/// The array->array codecs, forwards. `whole` covers the chunk; the result may lie in `scratch` or in the same memory.
Selection apply_array_codecs(const Scope& scope, const Chain& chain, Selection whole, Buffer& scratch) {
  auto call = scope.call();
  for (const auto& link : chain.array_array()) {
    const std::span shape(link.encoded.shape, link.encoded.ndim);
    if (ZEOLITE_HAS(link.bound.get(), view)) {
      std::array<std::uint64_t, ZEO_MAX_NDIM> view_shape{};
      std::array<std::int64_t, ZEO_MAX_NDIM> strides{};
      const auto before = make_array(whole.shape(), whole.strides(), whole.data);
      auto after = make_array(view_shape, strides, nullptr);
      const auto status = link.v().view(link.bound.get(), &before, &after, call);
      if (status == ZEO_OK) {
        whole = Selection::whole(shape, after.data, 1);
        std::copy_n(strides.begin(), shape.size(), whole.strides().begin());
        continue;
      }
      if (status != ZEO_UNSUPPORTED || !ZEOLITE_HAS(link.bound.get(), encode_array)) link.check(call, status);
    }
    Buffer copied;
    const auto from = make_contiguous(scope, whole, type_of(link.decoded)->item_bytes, copied);
    const auto item_bytes = type_of(link.encoded)->item_bytes;
    auto output = pooled(scope);
    output.resize(checked_product(shape, item_bytes).value());
    auto to = Selection::whole(shape, output.data(), item_bytes);
    const auto decoded = make_array(from.shape(), from.strides(), from.data);
    auto encoded = make_array(to.shape(), to.strides(), to.data, scope.heap);
    link.check(call, link.v().encode_array(link.bound.get(), &decoded, &encoded, call));
    scratch = std::move(output);
    whole = std::move(to);
  }
  return whole;
}

Buffer apply_bytes_codecs(const Scope& scope, const Chain& chain, Buffer bytes) {
  auto call = scope.call();
  for (const auto& link : chain.bytes_bytes()) {
    auto encoded = pooled(scope);
    const auto bound = link.encoded.max_bytes;
    // Room for all there may be, so that it need not grow on the way.
    if (bound <= scope.context.options.max_chunk_bytes) encoded.reserve(bound);
    link.check(call, link.v().encode_bytes(link.bound.get(), bytes.bytes(), encoded.abi(), call));
    check_promise(link, encoded);
    bytes = std::move(encoded);
  }
  return bytes;
}

/// Encodes a whole chunk that lies in memory.
Task<Encoded> encode_whole(const Scope& scope, const Chain& chain, Selection whole) {
  Buffer scratch;
  whole = apply_array_codecs(scope, chain, std::move(whole), scratch);
  const auto& link = chain.array_bytes();
  if (!ZEOLITE_HAS(link.bound.get(), encode)) {
    auto shape = to_dims(whole.shape());
    auto encoded = co_await encode_by_plan(scope, chain, std::move(whole), std::move(shape), std::nullopt);
    if (!encoded.present) co_return encoded;
    if (chain.bytes_bytes().empty()) co_return encoded;
    encoded.join();
    co_return single(apply_bytes_codecs(scope, chain, std::move(encoded.parts[0])));
  }
  auto encoded = pooled(scope);
  const auto* const type = type_of(link.decoded);
  if (link.moves_elements()) {
    encoded.resize(checked_product(whole.shape(), type->item_bytes).value());
    const auto strides = c_strides(whole.shape(), type->item_bytes);
    copy_elements(whole.shape(), {reinterpret_cast<std::byte*>(encoded.data()), strides}, {whole.data, whole.strides()},
                  type->item_bytes, link.swap_unit());
  } else {
    auto call = scope.call();
    Buffer copied;
    if (!link.has(ZEO_CODEC_STRIDED)) whole = make_contiguous(scope, whole, type->item_bytes, copied);
    const auto array = make_array(whole.shape(), whole.strides(), whole.data);
    const auto promised = link.encoded.max_bytes;
    if (link.encoded.exact != 0 && promised <= scope.context.options.max_chunk_bytes) encoded.reserve(promised);
    link.check(call, link.v().encode(link.bound.get(), &array, encoded.abi(), call));
  }
  check_promise(link, encoded);
  co_return single(apply_bytes_codecs(scope, chain, std::move(encoded)));
}

}  // namespace

Task<Encoded> encode_value(const Scope& scope, const Chain& chain, const Selection& selection, const Dims& valid,
                           std::optional<Source> old) {
  // Beyond the array there is nothing to store, not even for those who store fill values.
  if (std::find(valid.begin(), valid.end(), 0u) != valid.end()) co_return Encoded{};
  const bool complete = selection.covers(valid);
  if (complete) old.reset();
  if (chain.bytes_bytes().empty() && ZEOLITE_HAS(chain.array_bytes().bound.get(), write_plan)) {
    std::optional<Selection> mapped;
    std::optional<Selection> mapped_valid;
    {
      auto call = scope.call();
      mapped = chain.map(call, selection);
      mapped_valid = chain.map(call, Selection::whole(valid, nullptr, 0));
    }
    // Where what is valid does not begin at the beginning any more, inner chunks cannot be left out by it.
    if (mapped && mapped_valid && mapped_valid->covers(mapped_valid->shape())) {
      co_return co_await encode_by_plan(scope, chain, std::move(*mapped), to_dims(mapped_valid->shape()),
                                        std::move(old));
    }
  }
  Buffer scratch;
  Selection whole = selection;
  if (!selection.covers(chain.shape())) {
    const auto bytes = checked_product(chain.shape(), chain.item_bytes());
    const auto limit = scope.context.options.max_chunk_bytes;
    if (!bytes || *bytes > limit) {
      throw Error(
          ErrorCode::no_memory,
          fmt::format("a chunk must be held in memory whole and is larger than {} bytes (max_chunk_bytes)", limit));
    }
    scratch = pooled(scope);
    scratch.resize(*bytes);
    // Elements that point to memory must point nowhere until they are written.
    if (chain.variable()) std::memset(scratch.data(), 0, *bytes);
    whole = Selection::whole(chain.shape(), scratch.data(), chain.item_bytes());
    if (old) {
      co_await read_value(scope, chain, *old, whole);
    } else {
      fill(chain, whole);
    }
    auto target = whole;
    for (std::size_t i = 0; i < selection.ndim(); ++i) {
      target.data += static_cast<std::int64_t>(selection.origin()[i]) * whole.strides()[i];
      target.strides()[i] = whole.strides()[i] * static_cast<std::int64_t>(selection.step()[i]);
    }
    copy_elements(selection.shape(), {target.data, target.strides()}, {selection.data, selection.strides()},
                  chain.item_bytes());
  }
  if (!scope.store_fill_chunks && holds_only_fill(chain, whole)) co_return Encoded{};
  co_return co_await encode_whole(scope, chain, std::move(whole));
}

}  // namespace zeolite
