/* SPDX-License-Identifier: Apache-2.0
 *
 * Its create function reports success and gives no object.
 */
#include "fault.h"

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  (void)self;
  (void)host;
  (void)name;
  (void)configuration;
  (void)call;
  *out = NULL;
  return ZEO_OK;
}

ZEOLITE_FAULT_FACTORY(factory, "null_object", &create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("null_object", factories), NULL};
