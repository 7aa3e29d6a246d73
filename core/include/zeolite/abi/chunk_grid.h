/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunk grids: which chunk holds an element. Source: Zarr v3.1 core specification, "Chunk grids".
 *
 * A grid is created from its configuration and bound to an array's shape. Neither boxes nor chunks are ever
 * materialised: a grid answers in boxes of chunk coordinates, and gives the place of the chunks the host asks about.
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

/* Takes one box of chunk coordinates (no steps). Any status but ZEO_OK ends the enumeration and is passed on. */
typedef zeo_status (*zeo_emit_chunks)(void* environment, const zeo_box* chunks);

typedef struct zeo_bound_grid_vtable {
  zeo_object_vtable object;

  /* Writes the number of chunks along each axis to counts[ndim]. [thread-safe] */
  void (*counts)(const zeo_bound_grid* self, uint64_t* counts);

  /* For n chunks whose coordinates stand one after the other in ids[n * ndim], writes the first element and the shape
   * of each. A chunk may reach beyond the array. All ids are below `counts`. [thread-safe] */
  void (*chunk_boxes)(const zeo_bound_grid* self, const uint64_t* ids, uint64_t n, uint64_t* origins, uint64_t* shapes);

  /* Emits every chunk that holds an element of `box`, each once; those of the gaps between steps may come along.
   * [thread-safe] ZEO_OK, or what `emit` returned */
  zeo_status (*chunks_in)(const zeo_bound_grid* self, const zeo_box* box, zeo_emit_chunks emit, void* environment);
} zeo_bound_grid_vtable;

struct zeo_bound_grid {
  const zeo_bound_grid_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
