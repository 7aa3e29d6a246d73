/* SPDX-License-Identifier: Apache-2.0
 *
 * What accompanies every call across the boundary: where errors go, scratch memory, helpers for parallel work, and
 * which chunk the call is about.
 */
#ifndef ZEOLITE_ABI_CALL_H
#define ZEOLITE_ABI_CALL_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which chunk is being coded. Everything in it is borrowed and lives until the call returns. */
typedef struct zeo_chunk_context {
  uint32_t struct_size;
  uint32_t ndim;
  zeo_str array_path;          /* "/group/array"; "/" for a root array */
  zeo_str chunk_key;           /* the key in the store, "group/array/c/0/1" */
  const uint64_t* coordinates; /* ndim: the chunk's place in its grid */
} zeo_chunk_context;

typedef struct zeo_call zeo_call;

/* One item of parallel work. Returns a status; the first that is not ZEO_OK stops the loop. */
typedef zeo_status (*zeo_body)(void* environment, uint64_t index, const zeo_call* call);

/* Made by the host for one call and valid until that call returns. One thread uses it at a time; `parallel_for` gives
 * each body a call of its own. */
struct zeo_call {
  uint32_t struct_size;
  uint32_t concurrency; /* how many threads the host would like this call to use; 1 means: stay on this one */
  /* Nonzero once the result is no longer wanted; read it (relaxed) now and then. May be NULL. */
  const uint32_t* cancelled;

  /* Records why the call is about to return `status`. The message is copied before it returns; the last one counts.
   * Say what was wrong and where; the host adds array, chunk, codec and plugin. */
  void (*fail)(const zeo_call* self, zeo_status status, const char* message, uint64_t message_bytes);

  /* Memory freed when the call returns; NULL when there is no more. `align` is a power of two, at most 4096. */
  void* (*scratch)(const zeo_call* self, uint64_t bytes, uint64_t align);

  /* Runs body(environment, i) for all i in [0, n), on this thread and idle ones; returns when all have ended. While it
   * waits this thread may do other work of the host's, calls of the same object included: hold no lock and nothing
   * bound to the thread meanwhile. */
  zeo_status (*parallel_for)(const zeo_call* self, uint64_t n, zeo_body body, void* environment);

  const zeo_chunk_context* chunk; /* NULL when the call is about no chunk */
  void* host;                     /* the host's own */
};

#ifdef __cplusplus
}
#endif
#endif
