/* SPDX-License-Identifier: Apache-2.0
 *
 * Storage transformers: a store in front of a store. Source: Zarr v3.1 core specification, "Storage transformers".
 *
 * Named in an array's metadata it sees keys relative to that array; chained to a location ("file:x|name:y") it sees all
 * keys of the store.
 */
#ifndef ZEOLITE_ABI_STORAGE_TRANSFORMER_H
#define ZEOLITE_ABI_STORAGE_TRANSFORMER_H

#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct zeo_storage_transformer zeo_storage_transformer;

typedef struct zeo_storage_transformer_vtable {
  zeo_object_vtable object;

  /* Makes *out, a store that answers from `inner`. `inner` is borrowed and outlives *out; the transformer outlives both
   * uses. One that changes values has 0 for least_kept_bytes in the properties of *out.
   * [thread-safe] ZEO_OK, ZEO_INVALID, ZEO_UNSUPPORTED */
  zeo_status (*wrap)(const zeo_storage_transformer* self, zeo_store* inner, zeo_store** out, const zeo_call* call);
} zeo_storage_transformer_vtable;

struct zeo_storage_transformer {
  const zeo_storage_transformer_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
