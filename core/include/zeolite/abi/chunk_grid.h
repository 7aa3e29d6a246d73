/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunk grids: which chunk holds an element. Source: Zarr v3.1 core specification, "Chunk grids".
 *
 * A grid is created from its configuration and bound to an array's shape. Its chunks tile the array: every element lies
 * in exactly one, and none is empty; only the last ones along an axis may reach beyond the array. Neither boxes nor
 * chunks are ever materialised: a grid answers in boxes of chunk coordinates, and gives the place of the chunks the
 * host asks about.
 */
#ifndef ZEOLITE_ABI_CHUNK_GRID_H
#define ZEOLITE_ABI_CHUNK_GRID_H

#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct zeo_chunk_grid zeo_chunk_grid;
typedef struct zeo_bound_grid zeo_bound_grid;

typedef struct zeo_chunk_grid_vtable {
  zeo_object_vtable object;

  /* Binds the grid to an array of this shape; lengths of zero are legal.
   * [thread-safe] ZEO_OK, ZEO_INVALID (wrong rank, edges that do not cover the shape) */
  zeo_status (*bind)(const zeo_chunk_grid* self, uint32_t ndim, const uint64_t* shape, zeo_bound_grid** out,
                     const zeo_call* call);
} zeo_chunk_grid_vtable;

struct zeo_chunk_grid {
  const zeo_chunk_grid_vtable* v;
};

/* Takes one box of chunk coordinates (no steps), or refuses it by any status but ZEO_OK. */
typedef zeo_status (*zeo_emit_chunks)(void* environment, const zeo_box* chunks);

typedef struct zeo_bound_grid_vtable {
  zeo_object_vtable object;

  /* Writes the number of chunks along each axis to counts[ndim]. [thread-safe] */
  void (*counts)(const zeo_bound_grid* self, uint64_t* counts);

  /* For n chunks whose coordinates stand one after the other in ids[n * ndim], writes the first element and the shape
   * of each. A chunk may reach beyond the array. All ids are below `counts`. [thread-safe] */
  void (*chunk_boxes)(const zeo_bound_grid* self, const uint64_t* ids, uint64_t n, uint64_t* origins, uint64_t* shapes);

  /* Emits every chunk that holds an element of `box`, each once. Chunks of the gaps between steps may come along, but
   * each emitted box holds an element of `box`: there are never more of them than elements, and none for an empty one.
   *
   * When `emit` refuses a box the enumeration ends: nothing more is emitted, and the status of `emit` is returned.
   * `cursor`, max(ndim, 1) numbers whose meaning is the grid's own, then says where to go on: given back unchanged,
   * with the same `box`, it makes the box that was refused the first one. All zero stands for the beginning. The
   * numbers of two refused boxes differ. After ZEO_OK or an error of the grid's own they mean nothing.
   *
   * The host takes as many boxes as it has room for and asks for more when it has used them up, so the boxes are those
   * of one list wherever it is cut. A grid that works long without emitting looks at `call->cancelled`.
   * [thread-safe] ZEO_OK, what `emit` returned, ZEO_NO_MEMORY, ZEO_CANCELLED, ZEO_INTERNAL */
  zeo_status (*chunks_in)(const zeo_bound_grid* self, const zeo_box* box, uint64_t* cursor, zeo_emit_chunks emit,
                          void* environment, const zeo_call* call);
} zeo_bound_grid_vtable;

struct zeo_bound_grid {
  const zeo_bound_grid_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
