/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin may ask of the host. There is one host a context, not one a process: keep the pointer with the objects
 * made through it, never in a global.
 */
#ifndef ZEOLITE_ABI_HOST_H
#define ZEOLITE_ABI_HOST_H

#include "codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The extension points. */
enum {
  ZEO_POINT_STORE = 1,
  ZEO_POINT_CODEC = 2,
  ZEO_POINT_DATA_TYPE = 3,
  ZEO_POINT_CHUNK_GRID = 4,
  ZEO_POINT_CHUNK_KEY_ENCODING = 5,
  ZEO_POINT_STORAGE_TRANSFORMER = 6
};

enum { ZEO_LOG_ERROR = 1, ZEO_LOG_WARNING = 2, ZEO_LOG_INFO = 3, ZEO_LOG_DEBUG = 4 };

typedef struct zeo_host zeo_host;

/* Outlives every object created through it. */
struct zeo_host {
  uint32_t struct_size;
  uint32_t abi_minor; /* ZEO_ABI_MINOR of the host */

  /* One line for whoever listens to the context's log. Copied before it returns. [thread-safe] */
  void (*log)(const zeo_host* self, int32_t level, zeo_str topic, zeo_str message);

  /* Creates the extension named by `json` (a short-hand name or an object with "name" and "configuration") at this
   * point. The caller releases it. [thread-safe] ZEO_OK, ZEO_NOT_FOUND (nobody provides the name), ZEO_INVALID */
  zeo_status (*create)(const zeo_host* self, uint32_t point, zeo_str json, zeo_object** out, const zeo_call* call);

  /* Creates the codecs in the JSON array `codecs_json` and binds them, one after the other, to `decoded`. The result is
   * an array->bytes codec with encode and decode; pieces of plans are coded by such chains. The caller releases it, and
   * keeps what `decoded` points to alive until then. [thread-safe] ZEO_OK, ZEO_NOT_FOUND, ZEO_INVALID */
  zeo_status (*create_chain)(const zeo_host* self, zeo_str codecs_json, const zeo_representation* decoded,
                             zeo_bound_codec** out, const zeo_call* call);

  /* A table known under `id` ("org.name/1"), for experiments; NULL for an id the host does not know. [thread-safe] */
  const void* (*get_extension)(const zeo_host* self, zeo_str id);
};

#ifdef __cplusplus
}
#endif
#endif
