/* SPDX-License-Identifier: Apache-2.0
 *
 * Stores: values under keys. Source: Zarr v3.1 core specification, "Abstract store interface".
 *
 * A store is asked in batches and answers each operation once, in any order, on any thread, before or after `submit`
 * returns: one interface for memory, disks and networks.
 *
 * Keys are UTF-8, relative, with "/" between their parts; no part is empty, "." or "..", and no key holds NUL: the host
 * has checked that. A prefix is "" or ends in "/".
 */
#ifndef ZEOLITE_ABI_STORE_H
#define ZEOLITE_ABI_STORE_H

#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ZEO_OP_GET = 1,          /* a value, or ranges of it */
  ZEO_OP_HEAD = 2,         /* does it exist, how long is it, which generation */
  ZEO_OP_SET = 3,          /* replace or create a value */
  ZEO_OP_SET_RANGE = 4,    /* overwrite bytes of a value that exists */
  ZEO_OP_DELETE = 5,       /* remove a value; one that is not there is ZEO_OK */
  ZEO_OP_DELETE_PREFIX = 6 /* remove all values whose key starts with `key`, here a prefix */
};

/* What became of an operation. Valid during the completion only. */
typedef struct zeo_store_result {
  uint32_t struct_size;
  zeo_status status;
  zeo_str message;      /* why it failed; empty when it did not */
  uint64_t value_bytes; /* GET, HEAD: size of the whole value; UINT64_MAX: not known */
  zeo_str generation;   /* GET, HEAD, SET: names this version of the value (an etag, say); empty: not known */
} zeo_store_result;

typedef struct zeo_store_op zeo_store_op;

/* One operation. The host owns it, keeps it and everything it points to alive until `done` has been called, and does
 * not touch it before. */
struct zeo_store_op {
  uint32_t struct_size;
  uint32_t kind; /* ZEO_OP_* */
  zeo_str key;

  /* GET: n_ranges ranges, outs[i] receiving range i; n_ranges == 0: the whole value into outs[0].
   * A range past the end of the value is ZEO_CORRUPT, one cut short by it too. A suffix longer than the value gives the
   * whole value. */
  const zeo_range* ranges;
  uint32_t n_ranges;
  uint32_t n_values;
  zeo_out* outs;

  /* SET: the value is values[0..n_values) joined. SET_RANGE: values[0] goes to ranges[0].offset.
   * SET to a store with least_kept_bytes may have n_ranges == n_values, else n_ranges is 0: then part i is, where
   * ranges[i] has a length, that range of the value that is being replaced, and values[i] is empty. All of them are to
   * be of the generation that `if_match` names, which is not empty then, whatever conditions the store knows else: if
   * the value is another, ZEO_CONFLICT. A range that reaches past its end is ZEO_CORRUPT; nothing is changed then. */
  const zeo_bytes* values;

  /* SET, DELETE: conditions; both empty: none. Unmet: ZEO_CONFLICT, and nothing is changed. */
  zeo_str if_match;      /* only if the value has this generation */
  zeo_str if_none_match; /* only if it has not; "*": only if there is no value */

  /* Nonzero: no longer wanted; end early with ZEO_CANCELLED. Whoever waits looks at it at least every 100 ms, since the
   * host waits for the answer all the same. May be NULL. */
  const uint32_t* cancelled;

  /* Called once, on any thread, possibly before submit returns. The host may go on with its work in it, and submit to
   * the same store: hold no lock while calling it. */
  void (*done)(zeo_store_op* self, const zeo_store_result* result);
  void* host; /* the host's own */

  /* GET with ranges from a store with ZEO_STORE_PROGRESSIVE, else unused; may be NULL: all of range number `range` is
   * in its out. Called for one range after the other, from the first on, before `done`, on whatever thread reads. The
   * host takes the bytes at once; several outs may share their memory. */
  void (*range_done)(zeo_store_op* self, uint32_t range);
};

enum {
  ZEO_STORE_READABLE = 1u << 0,
  ZEO_STORE_WRITABLE = 1u << 1,
  ZEO_STORE_LISTABLE = 1u << 2,
  ZEO_STORE_DELETABLE = 1u << 3,
  ZEO_STORE_ATOMIC_SET = 1u << 4, /* readers see the old value or the new one, never a mixture */
  ZEO_STORE_RANGED_SET = 1u << 5, /* ZEO_OP_SET_RANGE works */
  ZEO_STORE_CONDITIONS = 1u << 6, /* if_match and if_none_match work */
  ZEO_STORE_BLOCKING = 1u << 7, /* submit answers on the calling thread (and those of parallel_for) before it returns */
  ZEO_STORE_CREATE_ONLY = 1u << 8, /* of the conditions, if_none_match "*" of ZEO_OP_SET works */
  /* The ranges of a GET are read one after the other in their order, none is touched before the one before it is done
   * with, and zeo_store_op.range_done is called after each. Not for stores that hand operations on to others. */
  ZEO_STORE_PROGRESSIVE = 1u << 9
};

/* By these the host chooses how to ask. */
typedef struct zeo_store_properties {
  uint32_t struct_size;
  uint32_t flags;      /* ZEO_STORE_* */
  uint64_t latency_ns; /* of one small request, roughly: 0 for memory, 20'000 for files, 20'000'000 for a network */
  uint64_t merge_gap_bytes; /* two ranges of a value closer than this are better read as one */
  /* Longer ranges of a GET are asked for in parts, by operations of their own and at the same time; generations tell
   * whether all are of one value. Not ranges whose end is not known before, nor those with range_done. 0: no limit. */
  uint64_t max_range_bytes;
  /* Operations that are useful at once; 0: any number. More of them wait in the host. A store with ZEO_STORE_BLOCKING
   * is asked by as many threads as there are, and if it is slow by no more than these. Both numbers are heeded for the
   * store that a location begins with, not for those in front of it. */
  uint32_t concurrency;
  /* SET can keep ranges of the present value, of this length or more, for less than it costs the host to read them and
   * to pass them back; 0: it cannot. */
  uint32_t least_kept_bytes;
} zeo_store_properties;

typedef struct zeo_list_entry {
  zeo_str key;          /* the full key; a prefix ends in "/" */
  uint64_t value_bytes; /* UINT64_MAX: not known, or a prefix */
} zeo_list_entry;

typedef struct zeo_list_request zeo_list_request;

/* One listing. The host keeps it alive until `done` has been called. */
struct zeo_list_request {
  uint32_t struct_size;
  uint32_t directory; /* 1: one level only, deeper keys folded into prefixes; 0: all keys below the prefix */
  zeo_str prefix;
  /* One page of entries, which live until it returns. Pages come one after the other; order is not defined. A status
   * other than ZEO_OK ends the listing, and `done` gets it. */
  zeo_status (*page)(zeo_list_request* self, const zeo_list_entry* entries, uint64_t n);
  void (*done)(zeo_list_request* self, const zeo_store_result* result);
  void* host;
};

typedef struct zeo_store zeo_store;

typedef struct zeo_store_vtable {
  zeo_object_vtable object; /* to_json: a configuration with which another process opens the same store */

  /* Constant for the object's life. [thread-safe] */
  const zeo_store_properties* (*properties)(const zeo_store* self);

  /* Takes n operations and sees to it that each one's `done` is called. `call` lives until submit returns, the
   * operations until they are done. Errors go to `done`, never to `call->fail`. [thread-safe] */
  void (*submit)(zeo_store* self, zeo_store_op* const* operations, uint64_t n, const zeo_call* call);

  /* Optional (ZEO_STORE_LISTABLE). What `call->cancelled` points to may be read until `done`. [thread-safe] */
  void (*list)(zeo_store* self, zeo_list_request* request, const zeo_call* call);

  /* Optional: writes a name of where the value of `key` lies, the same through every store object that leads to it,
   * whatever its options and its root. A longer key has a longer name that starts with it: by such names the host keeps
   * writers of one value apart. NULL or ZEO_UNSUPPORTED: stores with the same to_json are taken for the same.
   * [thread-safe] ZEO_OK, ZEO_UNSUPPORTED, ZEO_NO_MEMORY */
  zeo_status (*place)(const zeo_store* self, zeo_str key, zeo_out* out, const zeo_call* call);
} zeo_store_vtable;

/* Released only after every operation and listing is done and no other thread is in a call: perhaps inside of the last
 * `done`, whose caller touches the store no more. */
struct zeo_store {
  const zeo_store_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
