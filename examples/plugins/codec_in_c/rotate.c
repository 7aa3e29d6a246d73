// SPDX-License-Identifier: Apache-2.0
//
// A codec in plain C, against the contract alone: every byte is rotated left by three bits. It has no configuration and
// keeps no state, so that one static object serves all.
#include <zeolite/abi/plugin.h>

#include <stdlib.h>
#include <string.h>

static void release_nothing(zeo_object* self) { (void)self; }

static zeo_status append(zeo_bytes in, zeo_out* out, int left) {
  if (out->capacity - out->size < in.size) {
    zeo_status status = out->reserve(out, out->size + in.size);
    if (status != ZEO_OK) return status;  // the host knows why
  }
  for (uint64_t i = 0; i < in.size; ++i) {
    out->data[out->size + i] = (uint8_t)(in.data[i] << left | in.data[i] >> (8 - left));
  }
  out->size += in.size;
  return ZEO_OK;
}

static zeo_status encode(const zeo_bound_codec* self, zeo_bytes decoded, zeo_out* encoded, const zeo_call* call) {
  (void)self, (void)call;
  return append(decoded, encoded, 3);
}

static zeo_status decode(const zeo_bound_codec* self, zeo_bytes encoded, zeo_out* decoded, const zeo_call* call) {
  (void)self, (void)call;
  return append(encoded, decoded, 5);
}

/* A bound codec says how long its output can be, so it needs to know how long its input can be. */
typedef struct bound {
  zeo_bound_codec codec;
  zeo_representation encoded;
} bound;

static void describe(const zeo_bound_codec* self, zeo_bound_info* info) {
  info->flags = 0;
  info->concurrency = 1;
  info->encoded = &((const bound*)self)->encoded;
}

static void release_bound(zeo_object* self) { free(self); }

// [bound]
static const zeo_bound_codec_vtable bound_table = {
    .object = {.struct_size = sizeof bound_table, .release = release_bound},
    .kind = ZEO_BYTES_TO_BYTES,
    .describe = describe,
    .encode_bytes = encode,
    .decode_bytes = decode};
// [/bound]

static zeo_status bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                       const zeo_call* call) {
  (void)self;
  bound* made = malloc(sizeof *made);
  if (made == NULL) {
    call->fail(call, ZEO_NO_MEMORY, "out of memory", 13);
    return ZEO_NO_MEMORY;
  }
  made->codec.v = &bound_table;
  made->encoded = *decoded; /* as long as what goes in */
  made->encoded.struct_size = sizeof made->encoded;
  *out = &made->codec;
  return ZEO_OK;
}

static zeo_status to_json(const zeo_object* self, zeo_out* out, const zeo_call* call) {
  (void)self, (void)call;
  zeo_status status = out->reserve(out, out->size + 2);
  if (status != ZEO_OK) return status;
  memcpy(out->data + out->size, "{}", 2);
  out->size += 2;
  return ZEO_OK;
}

static const zeo_codec_vtable codec_table = {
    .object = {.struct_size = sizeof codec_table, .release = release_nothing, .to_json = to_json},
    .kind = ZEO_BYTES_TO_BYTES,
    .bind = bind};

static zeo_codec codec = {&codec_table};

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  (void)self, (void)host, (void)name;
  if (configuration.size != 2) { /* "{}" */
    const char message[] = "it takes no configuration";
    call->fail(call, ZEO_INVALID, message, sizeof message - 1);
    return ZEO_INVALID;
  }
  *out = (zeo_object*)&codec;
  return ZEO_OK;
}

// [export]
static const zeo_factory factory = {
    .struct_size = sizeof factory, .point = ZEO_POINT_CODEC, .name = "example.rotate", .create = create};
static const zeo_factory* const factories[] = {&factory};

ZEOLITE_EXPORT const zeo_plugin zeolite_plugin_v0 = {.struct_size = sizeof zeolite_plugin_v0,
                                                     .abi_major = ZEO_ABI_MAJOR,
                                                     .abi_minor_required = ZEO_ABI_MINOR,
                                                     .n_factories = 1,
                                                     .name = "example.rotate",
                                                     .version = "1.0.0",
                                                     .license = "Apache-2.0",
                                                     .factories = factories};
// [/export]
