/* SPDX-License-Identifier: Apache-2.0
 *
 * Data types: how an element looks in memory, and its fill value in metadata. The core knows none by name.
 * Source: Zarr v3.1 core specification, "Data types" and "Permitted fill values".
 */
#ifndef ZEOLITE_ABI_DATA_TYPE_H
#define ZEOLITE_ABI_DATA_TYPE_H

#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an element means, as far as codecs and callers that are not written for this one type need to know. */
enum {
  ZEO_CLASS_OTHER = 0,
  ZEO_CLASS_BOOL = 1,
  ZEO_CLASS_INT = 2, /* two's complement */
  ZEO_CLASS_UINT = 3,
  ZEO_CLASS_FLOAT = 4,   /* IEEE 754 binary16, 32, 64; other floats are ZEO_CLASS_OTHER */
  ZEO_CLASS_COMPLEX = 5, /* two such floats, real part first */
  ZEO_CLASS_RAW = 6,     /* bytes without meaning */
  ZEO_CLASS_STRING = 7,  /* variable length, UTF-8 */
  ZEO_CLASS_BYTES = 8    /* variable length */
};

/* A swap unit for elements whose parts differ (structs): use zeo_data_type_vtable.swap. */
#define ZEOLITE_SWAP_MIXED UINT32_MAX

typedef struct zeo_data_type_info {
  uint32_t struct_size;
  uint32_t type_class;  /* ZEO_CLASS_* */
  uint64_t item_bytes;  /* size of an element; for a variable-length type sizeof(zeo_str) */
  uint32_t align_bytes; /* natural alignment, a power of two */
  uint32_t bits;      /* significant bits of a component (half of the element for complex types); 0 = not applicable */
  uint32_t swap_unit; /* bytes reversed to change the byte order: 0 and 1 = none, ZEOLITE_SWAP_MIXED = ask `swap` */
  uint32_t variable;  /* 1: elements are zeo_str, 0: plain memory */
} zeo_data_type_info;

typedef struct zeo_data_type zeo_data_type;

typedef struct zeo_data_type_vtable {
  zeo_object_vtable object;

  /* Constant for the object's life. [thread-safe] */
  const zeo_data_type_info* (*info)(const zeo_data_type* self);

  /* Reads one element in the form fill values have in metadata. Writes exactly item_bytes bytes in the host's byte
   * order, or for a variable-length type the element's bytes themselves. [thread-safe] ZEO_OK, ZEO_INVALID,
   * ZEO_NO_MEMORY */
  zeo_status (*fill_from_json)(const zeo_data_type* self, zeo_str json, zeo_out* element, const zeo_call* call);

  /* The reverse, exact to the last bit (NaN payloads included). `element` is as fill_from_json writes it.
   * [thread-safe] ZEO_OK, ZEO_NO_MEMORY */
  zeo_status (*fill_to_json)(const zeo_data_type* self, zeo_bytes element, zeo_out* json, const zeo_call* call);

  /* The codec that turns arrays of this type into bytes when the user names none: a JSON object with "name" and
   * "configuration". [thread-safe] ZEO_OK, ZEO_NO_MEMORY */
  zeo_status (*default_codec)(const zeo_data_type* self, zeo_out* json, const zeo_call* call);

  /* Optional: the type in version 2 and NumPy form as JSON, little-endian where it matters: "<f4", "|b1".
   * NULL or ZEO_UNSUPPORTED: it has none. [thread-safe] */
  zeo_status (*to_v2)(const zeo_data_type* self, zeo_out* json, const zeo_call* call);

  /* Optional, required for ZEOLITE_SWAP_MIXED: reverses the byte order of `n` elements from `source` to `target`, which
   * are equal or do not overlap. [thread-safe] */
  void (*swap)(const zeo_data_type* self, const void* source, void* target, uint64_t n);
} zeo_data_type_vtable;

struct zeo_data_type {
  const zeo_data_type_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
