/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of its objects lacks a function that every codec has.
 */
#include "fault.h"

static const zeo_codec_vtable object_table = {
    {sizeof(zeo_codec_vtable), 0, &fault_release, NULL, &fault_to_json}, ZEO_BYTES_TO_BYTES, 0, NULL};
static zeo_codec object = {&object_table};

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  const zeo_status status = fault_create(self, host, name, configuration, out, call);
  *out = (zeo_object*)&object;
  return status;
}

ZEOLITE_FAULT_FACTORY(factory, "no_bind", &create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("no_bind", factories), NULL};
