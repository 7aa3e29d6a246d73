// SPDX-License-Identifier: Apache-2.0
//
// A chain as plugins see it: an array->bytes codec that codes values in memory.
#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "chain.hpp"
#include "decode.hpp"
#include "encode.hpp"
#include "heap.hpp"

namespace zeolite {

namespace {

const Chain& chain_behind(const zeo_bound_codec* self) { return *Chain::from_abi(self); }

Scope make_scope(const Chain& chain, Operation& operation, const zeo_call* call, zeo_heap* heap) {
  // Whoever called the plugin may hold a share of the memory budget, so nothing here may wait for one.
  return {chain.context(), operation, call == nullptr ? nullptr : call->chunk, heap, false, 0, true};
}

void describe(const zeo_bound_codec* self, zeo_bound_info* info) {
  const auto& chain = chain_behind(self);
  info->flags = ZEO_CODEC_STRIDED;
  info->concurrency = 1;
  info->encoded = &chain.encoded();
  if (info->struct_size >= offsetof(zeo_bound_info, piece_shape) + sizeof(info->piece_shape)) {
    info->piece_shape = chain.piece_shape() ? chain.piece_shape()->data() : nullptr;
  }
}

Selection whole_of(const Chain& chain, const zeo_array& array) {
  if (array.ndim != chain.shape().size()) {
    throw Error(ErrorCode::internal, fmt::format("a codec passes on {} dimensions where its chain was bound to {}",
                                                 array.ndim, chain.shape().size()));
  }
  auto whole = Selection::whole(chain.shape(), array.data, chain.item_bytes());
  std::copy_n(array.strides_bytes, array.ndim, whole.strides().begin());
  return whole;
}

zeo_status encode(const zeo_bound_codec* self, const zeo_array* decoded, zeo_out* out, const zeo_call* call) {
  return guard(call, [&] {
    const auto& chain = chain_behind(self);
    const auto operation = Operation::make(chain.context().resources());
    Heap heap;
    ChunkHeap payload(heap, chain.context().options.max_chunk_bytes);
    auto scope = make_scope(chain, *operation, call, payload.abi());
    scope.store_fill_chunks = true;
    const auto encoded =
        operation->run(encode_value(scope, chain, whole_of(chain, *decoded), chain.shape(), std::nullopt));
    for (const auto& part : encoded.bytes()) {
      if (out->capacity - out->size < part.size && out->reserve(out, out->size + part.size) != ZEO_OK) {
        throw Error(ErrorCode::no_memory, "out of memory");
      }
      std::copy_n(part.data, part.size, out->data + out->size);
      out->size += part.size;
    }
  });
}

zeo_status decode(const zeo_bound_codec* self, zeo_bytes encoded, zeo_array* decoded, const zeo_call* call) {
  return guard(call, [&] {
    const auto& chain = chain_behind(self);
    const auto operation = Operation::make(chain.context().resources());
    const auto scope = make_scope(chain, *operation, call, decoded->heap);
    operation->run(read_value(scope, chain, Source::memory(encoded), whole_of(chain, *decoded)));
  });
}

void release(zeo_object* self) {
  delete const_cast<Chain*>(Chain::from_abi(reinterpret_cast<const zeo_bound_codec*>(self)));
}

}  // namespace

const zeo_bound_codec_vtable Chain::face_table_ = {{sizeof(zeo_bound_codec_vtable), 0, &release, nullptr, nullptr},
                                                   ZEO_ARRAY_TO_BYTES,
                                                   0,
                                                   &describe,
                                                   nullptr,
                                                   nullptr,
                                                   nullptr,
                                                   nullptr,
                                                   &encode,
                                                   &decode,
                                                   nullptr,
                                                   nullptr,
                                                   nullptr,
                                                   nullptr};

}  // namespace zeolite
