/* SPDX-License-Identifier: Apache-2.0
 *
 * Its objects have no table.
 */
#include "fault.h"

static zeo_codec object = {NULL};

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  const zeo_status status = fault_create(self, host, name, configuration, out, call);
  *out = (zeo_object*)&object;
  return status;
}

ZEOLITE_FAULT_FACTORY(factory, "no_table", &create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("no_table", factories), NULL};
