/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of its objects is that of another point: too short for a codec.
 */
#include "fault.h"

static const zeo_object_vtable object_table = {sizeof(zeo_object_vtable), 0, &fault_release, NULL, &fault_to_json};
static zeo_object object = {&object_table};

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  const zeo_status status = fault_create(self, host, name, configuration, out, call);
  *out = (zeo_object*)&object;
  return status;
}

ZEOLITE_FAULT_FACTORY(factory, "short_table", &create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("short_table", factories), NULL};
