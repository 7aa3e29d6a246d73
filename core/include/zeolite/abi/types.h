/* SPDX-License-Identifier: Apache-2.0
 *
 * The words both sides of the plugin boundary speak: statuses, strings, byte runs, output buffers, arrays, boxes.
 *
 * Rules that hold for every header of the contract:
 *   - C11 only; every header also compiles alone, as C and as C++.
 *   - A table or struct that begins with `struct_size` only ever grows at its end. Whoever fills it stores the size it
 * was compiled with; whoever reads it treats members past that size as absent. Structs without `struct_size` are
 * frozen.
 *   - A NULL function pointer means "not supported" and is legal only where its comment says "optional".
 *   - Strings are UTF-8, given by pointer and length, never relied on to end in NUL (`const char*` members are
 * NUL-ended).
 *   - Whoever allocates releases, through its own table. No allocator is shared.
 *   - Sizes and counts come from files and cannot be trusted: check before you multiply, check before you allocate.
 *
 * Threading tags on functions:
 *   [main]         called once, by the thread that loads the plugin, before any other function of it
 *   [thread-safe]  may be called by any number of threads at once on the same object
 *   [exclusive]    called by one thread at a time on the same object, not always the same thread
 */
#ifndef ZEOLITE_ABI_TYPES_H
#define ZEOLITE_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The contract's version. A plugin states the minor version it needs; a host refuses one that needs more than it has.
 * Major 0 is the draft, which may change in place with its minor version, so that a host refuses plugins of any other:
 * it is replaced by 1, and frozen, once two plugins outside this project use it. */
enum { ZEO_ABI_MAJOR = 0, ZEO_ABI_MINOR = 3 };

/* No array that crosses the boundary has more dimensions, so a plugin may keep coordinates on its stack. */
enum { ZEO_MAX_NDIM = 64 };

/* What became of a call. Any value but ZEO_OK comes with a message handed to `zeo_call.fail` (call.h). */
typedef int32_t zeo_status;
enum {
  ZEO_OK = 0,
  ZEO_INVALID = 1,        /* the request or a configuration is wrong */
  ZEO_NOT_FOUND = 2,      /* no such key, node, name */
  ZEO_ALREADY_EXISTS = 3, /* it is there, and replacing it was not asked for */
  ZEO_CORRUPT = 4,        /* stored bytes contradict their format or their checksum */
  ZEO_UNSUPPORTED = 5,    /* well-formed, but this implementation cannot do it */
  ZEO_IO = 6,             /* the operating system or the network failed */
  ZEO_DENIED = 7,         /* permission is missing */
  ZEO_NO_MEMORY = 8,      /* out of memory, or past a limit that the host set */
  ZEO_CANCELLED = 9,      /* the caller asked to stop */
  ZEO_CONFLICT = 10,      /* a condition (if-match, if-none-match) did not hold */
  ZEO_UNAVAILABLE = 11,   /* a passing fault; the same call may succeed later */
  ZEO_INTERNAL = 12       /* a defect: an exception nobody expected, a broken promise */
};

typedef struct zeo_str {
  const char* data; /* UTF-8; may be NULL when size is 0 */
  uint64_t size;    /* bytes */
} zeo_str;

typedef struct zeo_bytes {
  const uint8_t* data; /* borrowed; may be NULL when size is 0 */
  uint64_t size;       /* bytes */
} zeo_bytes;

/* Where a call writes bytes of a size the caller may not know beforehand.
 *
 * The host makes it and presets `data` and `capacity`, often to the very place the bytes are wanted, so that a plugin
 * that finds enough capacity copies nothing. Write at data[size..capacity), then raise `size`. When capacity is short,
 * call `reserve`, which may move `data` and keeps the first `size` bytes. The buffer is used by one thread at a time.
 */
typedef struct zeo_out {
  uint8_t* data;
  uint64_t size;     /* bytes written so far */
  uint64_t capacity; /* bytes that fit at `data` */
  /* Makes capacity >= `capacity`; grows in proportion, so that many small steps cost no more than a few large ones.
   * ZEO_OK, or ZEO_NO_MEMORY when the host allows no more: then stop and pass it on; the host has already recorded why.
   */
  zeo_status (*reserve)(struct zeo_out* self, uint64_t capacity);
  void* host; /* the host's own */
} zeo_out;

/* Memory that lives as long as the array it belongs to: the payload of variable-length elements. */
typedef struct zeo_heap {
  /* `bytes` bytes, aligned to 16, or NULL past the host's limit. Never freed by the plugin. [thread-safe] */
  void* (*allocate)(struct zeo_heap* self, uint64_t bytes);
  void* host; /* the host's own */
} zeo_heap;

/* A strided array in memory.
 *
 * An element lies at data + sum(index[i] * strides_bytes[i]). Elements have the host's byte order and may be unaligned.
 * For a data type of variable length an element is a `zeo_str` (16 bytes: pointer, size), whose bytes are borrowed from
 * `heap` or from memory that outlives the array: strings are thus strided, transposed and copied like any other type.
 * Strides may be negative, and zero in an array that is only read. */
typedef struct zeo_array {
  uint32_t struct_size;
  uint32_t ndim;
  const uint64_t* shape;        /* ndim counts of elements */
  const int64_t* strides_bytes; /* ndim */
  void* data;                   /* element [0, ..., 0] */
  zeo_heap* heap;               /* variable-length destinations only, else NULL */
  const uint8_t* validity;      /* reserved for optional data types: NULL */
  int32_t device_type;          /* as DLPack numbers devices; 1 is main memory, the only one used so far */
  int32_t device_id;
} zeo_array;

/* A run of bytes inside a value: [offset, offset + length). */
typedef struct zeo_range {
  uint64_t offset; /* ZEOLITE_SUFFIX: the last `length` bytes of the value */
  uint64_t length; /* ZEOLITE_REST: all from `offset` to the end */
} zeo_range;
#define ZEOLITE_SUFFIX UINT64_MAX
#define ZEOLITE_REST UINT64_MAX

/* A box of elements: along axis i, the indices origin[i] + k * step[i] for k in [0, shape[i]). */
typedef struct zeo_box {
  const uint64_t* origin;
  const uint64_t* shape; /* counts of elements taken, not of elements spanned */
  const uint64_t* step;  /* all >= 1; NULL means all 1 */
} zeo_box;

#ifdef __cplusplus
}
#endif
#endif
