/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunk key encodings: under which key a chunk is stored. Source: Zarr v3.1 core specification, "Chunk key encodings".
 */
#ifndef ZEOLITE_ABI_CHUNK_KEY_ENCODING_H
#define ZEOLITE_ABI_CHUNK_KEY_ENCODING_H

#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct zeo_chunk_key_encoding zeo_chunk_key_encoding;

typedef struct zeo_chunk_key_encoding_vtable {
  zeo_object_vtable object;

  /* Appends the keys of n chunks, whose coordinates stand one after the other in ids[n * ndim], to `keys`, and writes
   * the end of key i within keys->data to ends[i]. Keys are relative to the array, without a leading slash, and differ
   * for different chunks. [thread-safe] ZEO_OK, ZEO_NO_MEMORY */
  zeo_status (*encode)(const zeo_chunk_key_encoding* self, uint32_t ndim, const uint64_t* ids, uint64_t n,
                       zeo_out* keys, uint64_t* ends, const zeo_call* call);

  /* Optional: the coordinates of the chunk with this key, to id[ndim]. [thread-safe] ZEO_OK; ZEO_NOT_FOUND: not the key
   * of a chunk (no message needed) */
  zeo_status (*decode)(const zeo_chunk_key_encoding* self, uint32_t ndim, zeo_str key, uint64_t* id,
                       const zeo_call* call);
} zeo_chunk_key_encoding_vtable;

struct zeo_chunk_key_encoding {
  const zeo_chunk_key_encoding_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
