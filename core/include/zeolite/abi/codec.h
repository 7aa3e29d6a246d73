/* SPDX-License-Identifier: Apache-2.0
 *
 * Codecs of the three kinds. Source: Zarr v3.1 core specification, "Chunk encoding".
 *
 * A codec is created from its configuration, then bound to what it will decode to: "arrays of float32 shaped [32, 32]"
 * or "at most 4096 bytes". Binding is where wrong combinations are refused; a bound codec only fails on wrong data.
 *
 * Codecs never do input or output. An array->bytes codec whose encoded form has parts worth fetching alone (a shard, an
 * uncompressed chunk) offers plans (plan.h) and the host fetches what a plan asks for.
 *
 * Rationale: one table for all three kinds, because a codec fills two or three members of it, and because a chain of
 * codecs, which the host makes, is itself an array->bytes codec that a plugin can hold and call.
 */
#ifndef ZEOLITE_ABI_CODEC_H
#define ZEOLITE_ABI_CODEC_H

#include "data_type.h"
#include "plan.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ZEO_ARRAY_TO_ARRAY = 1, ZEO_ARRAY_TO_BYTES = 2, ZEO_BYTES_TO_BYTES = 3 };

enum { ZEO_REPRESENTATION_ARRAY = 1, ZEO_REPRESENTATION_BYTES = 2 };

/* What stands on one side of a codec. Everything pointed to is owned by whoever filled it in and outlives every codec
 * bound to it. Whoever copies it sets struct_size to the size of the copy: the original may be longer. */
typedef struct zeo_representation {
  uint32_t struct_size;
  uint32_t kind; /* ZEO_REPRESENTATION_* */

  /* ARRAY */
  uint32_t ndim;         /* <= ZEO_MAX_NDIM */
  uint32_t exact;        /* BYTES: 1 when the size is always max_bytes */
  const uint64_t* shape; /* ndim; all >= 1; the product of shape and item size is below 2^63 */
  const zeo_data_type* data_type;
  zeo_bytes fill_value; /* one element, as zeo_data_type_vtable.fill_from_json writes it */

  /* BYTES */
  uint64_t max_bytes; /* no value is longer; UINT64_MAX: not known */
} zeo_representation;

/* Properties of a bound codec, in zeo_bound_info.flags. */
enum {
  /* array->bytes: decode and encode accept any strides; without it they are given C-contiguous arrays only. */
  ZEO_CODEC_STRIDED = 1u << 0,
  /* array->bytes: the encoded bytes are the elements in C order as they lie in this host's memory. */
  ZEO_CODEC_IDENTITY = 1u << 1,
  /* array->array: each output element depends on the input element at the same place only: boxes can be coded alone. */
  ZEO_CODEC_ELEMENTWISE = 1u << 2,
  /* array->bytes: as ZEO_CODEC_IDENTITY, with the bytes of every swap unit of the data type in reverse order. Not for
   * data types whose swap unit is ZEOLITE_SWAP_MIXED. */
  ZEO_CODEC_SWAPPED = 1u << 3,
  /* array->array: view refuses no array and map_box no box, so that parts are always found without coding the rest.
   * Without it the host reckons with memory, and with time, for decoding chunks as a whole. */
  ZEO_CODEC_MAPS_BOXES = 1u << 4
};

typedef struct zeo_bound_info {
  uint32_t struct_size;
  uint32_t flags;                    /* ZEO_CODEC_* */
  uint32_t concurrency;              /* threads one call can make use of; 1 for most */
  uint32_t reserved;                 /* 0 */
  const zeo_representation* encoded; /* what it encodes to; the codec's own, lives as long as the bound codec */
  /* array->bytes with read_plan: ndim numbers, the shape of the smallest boxes of which a part is read by decoding the
   * whole; they begin at its multiples, and it divides the bound shape. What is wanted of one such box at several
   * places is then read by one plan. NULL: there are none, or they differ. The codec's own, as `encoded` is. */
  const uint64_t* piece_shape;
} zeo_bound_info;

typedef struct zeo_codec zeo_codec;
typedef struct zeo_bound_codec zeo_bound_codec;

typedef struct zeo_codec_vtable {
  zeo_object_vtable object;
  uint32_t kind; /* ZEO_ARRAY_TO_ARRAY, ... */
  uint32_t reserved;

  /* Makes *out for values of the given decoded representation. Its `encoded.max_bytes` is a promise: the host verifies
   * it after each encode and refuses the result when it is broken.
   * [thread-safe] ZEO_OK, ZEO_INVALID, ZEO_UNSUPPORTED, ZEO_NO_MEMORY */
  zeo_status (*bind)(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                     const zeo_call* call);
} zeo_codec_vtable;

struct zeo_codec {
  const zeo_codec_vtable* v;
};

/* Decoding functions read untrusted bytes: they return ZEO_CORRUPT, write nothing outside their output, and allocate in
 * proportion to what they were given or to what the decoded representation allows. All functions are [thread-safe]; all
 * may return ZEO_NO_MEMORY, ZEO_CANCELLED and ZEO_INTERNAL beside what is named. */
typedef struct zeo_bound_codec_vtable {
  zeo_object_vtable object;
  uint32_t kind; /* as the codec's */
  uint32_t reserved;

  /* Fills in *info, whose struct_size the host has set. Never fails. */
  void (*describe)(const zeo_bound_codec* self, zeo_bound_info* info);

  /* --- array->array --------------------------------------------------------------------------------------------- */

  /* Optional, for codecs that only permute or regroup elements: describes the encoded array as another view of the
   * memory of `decoded`. `encoded` has room for ZEO_MAX_NDIM in shape and strides (cast away const to fill them);
   * data is set too. A codec that has it needs no encode_array and decode_array. ZEO_OK, ZEO_UNSUPPORTED */
  zeo_status (*view)(const zeo_bound_codec* self, const zeo_array* decoded, zeo_array* encoded, const zeo_call* call);

  /* Optional: the box of the encoded array that holds the elements of the box `decoded`, in view order: applying `view`
   * to an array of the decoded box's shape gives one of the encoded box's shape. `encoded` has room for ZEO_MAX_NDIM in
   * each of its members. ZEO_OK; ZEO_UNSUPPORTED: no such box, code the whole chunk. */
  zeo_status (*map_box)(const zeo_bound_codec* self, const zeo_box* decoded, zeo_box* encoded, const zeo_call* call);

  /* Both arrays are C-contiguous, do not overlap, and have the bound shape; with ZEO_CODEC_ELEMENTWISE any one shape.
   * ZEO_OK, ZEO_INVALID (a value that cannot be encoded), ZEO_CORRUPT (decoding) */
  zeo_status (*encode_array)(const zeo_bound_codec* self, const zeo_array* decoded, zeo_array* encoded,
                             const zeo_call* call);
  zeo_status (*decode_array)(const zeo_bound_codec* self, const zeo_array* encoded, zeo_array* decoded,
                             const zeo_call* call);

  /* --- array->bytes: encode and decode, or both plans, or all four ---------------------------------------------- */

  /* Appends the encoded form of `decoded`, which has the bound shape. ZEO_OK, ZEO_INVALID */
  zeo_status (*encode)(const zeo_bound_codec* self, const zeo_array* decoded, zeo_out* encoded, const zeo_call* call);
  /* Writes every element of `decoded`. ZEO_OK, ZEO_CORRUPT */
  zeo_status (*decode)(const zeo_bound_codec* self, zeo_bytes encoded, zeo_array* decoded, const zeo_call* call);

  /* Optional: a plan for reading the elements of `box`, which lies inside the bound shape. ZEO_OK; ZEO_UNSUPPORTED:
   * this box is not worth a plan, decode the whole value. */
  zeo_status (*read_plan)(const zeo_bound_codec* self, const zeo_box* box, zeo_plan** out, const zeo_call* call);
  /* Optional: a plan for replacing the elements of `box` in a value that may already exist. The box may have steps:
   * then the elements between them stay, and so it covers no piece completely. */
  zeo_status (*write_plan)(const zeo_bound_codec* self, const zeo_box* box, zeo_plan** out, const zeo_call* call);

  /* --- bytes->bytes --------------------------------------------------------------------------------------------- */

  /* Appends the encoded form. ZEO_OK, ZEO_INVALID */
  zeo_status (*encode_bytes)(const zeo_bound_codec* self, zeo_bytes decoded, zeo_out* encoded, const zeo_call* call);
  /* Appends the decoded form. When the decoded size is known, `decoded->capacity` is exactly that size, and asking for
   * more is refused: a longer value is corrupt. ZEO_OK, ZEO_CORRUPT */
  zeo_status (*decode_bytes)(const zeo_bound_codec* self, zeo_bytes encoded, zeo_out* decoded, const zeo_call* call);
} zeo_bound_codec_vtable;

struct zeo_bound_codec {
  const zeo_bound_codec_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
