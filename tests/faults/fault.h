/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin with nothing wrong, in parts: each fault replaces one of them.
 */
#ifndef ZEOLITE_TESTS_FAULT_H
#define ZEOLITE_TESTS_FAULT_H

#include <string.h>
#include <zeolite/abi/plugin.h>

#ifdef __cplusplus
#define ZEOLITE_FAULT_SYMBOL extern "C" ZEOLITE_EXPORT
#else
#define ZEOLITE_FAULT_SYMBOL ZEOLITE_EXPORT
#endif

static inline zeo_status fault_fail(const zeo_call* call, zeo_status status, const char* why) {
  call->fail(call, status, why, strlen(why));
  return status;
}

/* A codec that can be created, described and released, and refuses to be bound. The one object is static. */
static inline void fault_release(zeo_object* self) { (void)self; }

static inline zeo_status fault_to_json(const zeo_object* self, zeo_out* out, const zeo_call* call) {
  (void)self;
  (void)call;
  if (out->capacity - out->size < 2) {
    const zeo_status status = out->reserve(out, out->size + 2);
    if (status != ZEO_OK) return status;
  }
  memcpy(out->data + out->size, "{}", 2);
  out->size += 2;
  return ZEO_OK;
}

static inline zeo_status fault_bind(const zeo_codec* self, const zeo_representation* decoded, zeo_bound_codec** out,
                                    const zeo_call* call) {
  (void)self;
  (void)decoded;
  *out = NULL;
  return fault_fail(call, ZEO_UNSUPPORTED, "this codec exists to be created, not to be used");
}

static const zeo_codec_vtable fault_codec_table = {
    {sizeof(zeo_codec_vtable), 0, &fault_release, NULL, &fault_to_json}, ZEO_BYTES_TO_BYTES, 0, &fault_bind};
static zeo_codec fault_codec = {&fault_codec_table};

static inline zeo_status fault_create(const zeo_factory* self, const zeo_host* host, zeo_str name,
                                      zeo_str configuration, zeo_object** out, const zeo_call* call) {
  (void)self;
  (void)host;
  (void)name;
  (void)configuration;
  (void)call;
  *out = (zeo_object*)&fault_codec;
  return ZEO_OK;
}

/* A factory of codec `name`; `create` makes its objects. */
#define ZEOLITE_FAULT_FACTORY(variable, name, create) \
  static const zeo_factory variable = {sizeof(zeo_factory), ZEO_POINT_CODEC, name, NULL, NULL, create, NULL};

/* The members of a zeo_plugin named "fault.<name>" with these factories. */
#define ZEOLITE_FAULT_PLUGIN(name, factories)                                                                  \
  sizeof(zeo_plugin), ZEO_ABI_MAJOR, ZEO_ABI_MINOR, sizeof(factories) / sizeof((factories)[0]), "fault." name, \
      "1.0.0", "Apache-2.0", NULL, factories

#endif
