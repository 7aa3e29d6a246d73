/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans: how a codec tells the host which bytes of a value it needs and what they mean, without doing any input or
 * output.
 *
 * The host calls `advance` again and again. Each time the plan answers with what it wants next, and the host comes back
 * with it. One plan serves blocking and asynchronous stores alike, and a shard inside a shard is a piece whose codec
 * has plans of its own.
 *
 *   reading:  (RANGES -> got bytes)*  then  (PIECES)*  then  DONE
 *   writing:  (RANGES -> got bytes)*  then  PIECES -> got encoded pieces  then  SEGMENTS
 *
 * When the value to be read does not exist the host fills the box and advances nothing.
 *
 * The host checks what a plan says: up to 32 rounds of ranges, up to 2^20 of them at once; pieces inside the chunk;
 * when reading, pieces that hold at least one element of the box each and every element of it once.
 */
#ifndef ZEOLITE_ABI_PLAN_H
#define ZEOLITE_ABI_PLAN_H

#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zeo_bound_codec;

/* What a plan is handed: the answer to the range or piece at the same place in its last wants. */
typedef struct zeo_got {
  zeo_bytes bytes;      /* exactly the range wanted, or the encoded piece */
  uint64_t value_bytes; /* ranges: the size of the whole value */
  uint32_t present; /* ranges: 0 = the value does not exist; pieces: 0 = nothing but the fill value, stored as absent */
  uint32_t reserved;
} zeo_got;

enum {
  ZEO_PIECE_CODED = 1, /* `range` is coded by `codec` */
  ZEO_PIECE_RAW = 2,   /* reading only: `range` holds the elements in C order, as memory holds them */
  ZEO_PIECE_FILL = 3   /* reading only: the fill value; `range` is unused */
};
enum { ZEO_PIECE_SWAPPED = 1u << 0 }; /* RAW: in the byte order this host does not have */

/* A box of the chunk and the bytes that hold it. A piece may reach beyond the box asked for; the host takes what it
 * needs. */
typedef struct zeo_piece {
  uint32_t kind;  /* ZEO_PIECE_* */
  uint32_t flags; /* ZEO_PIECE_* */
  /* Reading: where its bytes lie in the encoded value; the plan has checked it against value_bytes.
   * Writing: where its present bytes lie, length 0 for none. The host reads them only if the box leaves elements of the
   * piece as they are. */
  zeo_range range;
  const struct zeo_bound_codec* codec; /* CODED: a chain from zeo_host.create_chain, bound to `shape` */
  const uint64_t* origin;              /* ndim: the piece's first element in the chunk */
  const uint64_t* shape;               /* ndim */
} zeo_piece;

enum {
  ZEO_SEGMENT_BYTES = 1, /* `bytes` */
  ZEO_SEGMENT_OLD = 2,   /* `range` of the present value, carried over as it is */
  ZEO_SEGMENT_PIECE = 3  /* the encoded piece number `piece` */
};

/* A part of the new value. */
typedef struct zeo_segment {
  uint32_t kind; /* ZEO_SEGMENT_* */
  uint32_t reserved;
  uint64_t piece;
  zeo_range range;
  zeo_bytes bytes;
} zeo_segment;

enum {
  ZEO_WANTS_DONE = 0,
  ZEO_WANTS_RANGES = 1,
  ZEO_WANTS_PIECES = 2,
  ZEO_WANTS_SEGMENTS = 3 /* writing: the new value is these, in order; none at all: the value is to be deleted */
};

/* The plan's answer. What it points to is the plan's and lives until the next advance or the plan's release. */
typedef struct zeo_wants {
  uint32_t struct_size; /* set by the host */
  uint32_t kind;        /* ZEO_WANTS_* */
  uint64_t n;
  const zeo_range* ranges;
  const zeo_piece* pieces;
  const zeo_segment* segments;
} zeo_wants;

typedef struct zeo_plan zeo_plan;

typedef struct zeo_plan_vtable {
  zeo_object_vtable object;

  /* Takes the answers to the last wants (none the first time, and none after pieces that were read) and says what is
   * wanted next. `got` lives until it returns. [exclusive] ZEO_OK, ZEO_CORRUPT, ZEO_NO_MEMORY */
  zeo_status (*advance)(zeo_plan* self, const zeo_got* got, uint64_t n_got, zeo_wants* wants, const zeo_call* call);
} zeo_plan_vtable;

struct zeo_plan {
  const zeo_plan_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
