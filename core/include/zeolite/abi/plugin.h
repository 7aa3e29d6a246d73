/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin library exports: one data symbol, `zeolite_plugin_v0`, of type zeo_plugin.
 */
#ifndef ZEOLITE_ABI_PLUGIN_H
#define ZEOLITE_ABI_PLUGIN_H

#include "chunk_grid.h"
#include "chunk_key_encoding.h"
#include "codec.h"
#include "data_type.h"
#include "host.h"
#include "storage_transformer.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The symbol's name carries the major version, so that a host never reads a table it does not know. */
#define ZEOLITE_PLUGIN_SYMBOL "zeolite_plugin_v0"

/* Makes objects of one extension name. Static: lives as long as the library, which is never unloaded. */
typedef struct zeo_factory {
  uint32_t struct_size;
  uint32_t point; /* ZEO_POINT_* */

  /* The name metadata uses; a store's is the scheme of its URLs. It may end in "*", which stands for decimal digits
   * ("r*" provides r8, r16, ...). */
  const char* name;

  /* NULL-ended, or NULL: other names that are read but never written. Those that start with "@" are roles, by which the
   * host asks for "whoever does this" without knowing a name; they never occur in metadata:
   *   @default  chunk grid, given {"chunk_shape": [...]}, or chunk key encoding, for arrays created without one
   *   @shard    codec that stores many chunks as one value, given {"chunk_shape": [...], "codecs": [...]}
   *   @path     store of locations without a scheme
   *   @elements  codec that stores elements one after the other, given {"endian": "little" | "big"}, or {} for data
   *     types without byte order; for version 2 arrays
   *   @transpose  codec that stores the axes in another order, given {"order": [...]}; for version 2 arrays
   *   @v2  chunk key encoding of version 2 arrays, given {"separator": "." | "/"}
   * A factory called by a role completes the configuration with its own defaults. */
  const char* const* aliases;

  /* NULL-ended, or NULL: what version 2 metadata calls it: a codec's "id"; a data type's dtype without byte order
   * ("f4"), or only its letter ("S") to take any size, "[]" for a list of fields, "O/" and a filter's id for objects
   * that this filter turns into bytes. */
  const char* const* v2_ids;

  /* Makes an object from its configuration, the JSON text of an object ("{}" when the metadata has none); for a store
   * {"url": "..."} and what options the user set. `name` is the one that was asked for: canonical, alias or role.
   * `host` outlives the object. [thread-safe] ZEO_OK, ZEO_INVALID (say which member and what would be right),
   * ZEO_NOT_FOUND, ZEO_DENIED, ZEO_UNSUPPORTED */
  zeo_status (*create)(const struct zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration_json,
                       zeo_object** out, const zeo_call* call);

  /* Optional: writes the version 3 form of a version 2 codec or dtype.
   *   codec: `v2_json` is {"codec": {"id": ..., ...}, "dtype": ...}; writes an object with "name" and "configuration".
   *   data type: `v2_json` is the dtype's JSON ("<f4"); writes {"name": ..., "configuration": ..., "endian": "little" |
   *     "big" | null}.
   * [thread-safe] ZEO_OK, ZEO_INVALID, ZEO_UNSUPPORTED */
  zeo_status (*from_v2)(const struct zeo_factory* self, zeo_str v2_json, zeo_out* v3_json, const zeo_call* call);
} zeo_factory;

typedef struct zeo_plugin {
  uint32_t struct_size;
  uint32_t abi_major;          /* ZEO_ABI_MAJOR it was compiled against */
  uint32_t abi_minor_required; /* the minor version it needs, not the one of its headers; of a draft, just that */
  uint32_t n_factories;
  const char* name;    /* of the plugin: letters, digits, '-', '_', '.' */
  const char* version; /* of the plugin, free text */
  const char* license; /* an SPDX expression */
  const char* build;   /* compiler and such, for people; NULL is fine; never compared */
  const zeo_factory* const* factories;

  /* Optional. [main] A failure refuses the plugin. */
  zeo_status (*init)(const zeo_call* call);
} zeo_plugin;

/* Placed before the definition of the symbol. */
#if defined(_WIN32)
#define ZEOLITE_EXPORT __declspec(dllexport)
#else
#define ZEOLITE_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
}
#endif
#endif
