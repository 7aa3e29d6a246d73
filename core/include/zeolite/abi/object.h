/* SPDX-License-Identifier: Apache-2.0
 *
 * What all plugin objects have in common: the head of every table.
 */
#ifndef ZEOLITE_ABI_OBJECT_H
#define ZEOLITE_ABI_OBJECT_H

#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct zeo_object zeo_object;

/* Every object is a struct whose first member points to its table, and every table begins with this head. The head
 * itself is frozen; a concept's table grows at its end, and `struct_size` is the size of the whole table. */
typedef struct zeo_object_vtable {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */

  /* Ends the object's life. Called once, after all that was made from it (bound codecs, plans) has been released. */
  void (*release)(zeo_object* self);

  /* Optional: a table known under `id` ("org.name/1"), for experiments that the contract does not cover yet; NULL for
   * an id it does not know. The table lives as long as the object. [thread-safe] */
  const void* (*get_extension)(const zeo_object* self, zeo_str id);

  /* Writes the object's configuration as a JSON object, in the form its specification gives, with defaults spelled out;
   * `{}` when there is none. Given back to the factory it makes an equal object. Bound objects and plans leave it NULL.
   * [thread-safe] ZEO_OK, ZEO_NO_MEMORY */
  zeo_status (*to_json)(const zeo_object* self, zeo_out* configuration, const zeo_call* call);
} zeo_object_vtable;

/* Objects are immutable and [thread-safe] unless their header says otherwise. */
struct zeo_object {
  const zeo_object_vtable* v;
};

#ifdef __cplusplus
}
#endif
#endif
