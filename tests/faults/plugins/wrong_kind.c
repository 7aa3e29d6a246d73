/* SPDX-License-Identifier: Apache-2.0
 *
 * Its codecs are of a kind that does not exist.
 */
#include "fault.h"

static const zeo_codec_vtable object_table = {
    {sizeof(zeo_codec_vtable), 0, &fault_release, NULL, &fault_to_json}, 9, 0, &fault_bind};
static zeo_codec object = {&object_table};

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  const zeo_status status = fault_create(self, host, name, configuration, out, call);
  *out = (zeo_object*)&object;
  return status;
}

ZEOLITE_FAULT_FACTORY(factory, "wrong_kind", &create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("wrong_kind", factories), NULL};
