/* SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is wrong with this one: it lists its names in another order than its manifest does.
 */
#include "fault.h"

static zeo_status create(const zeo_factory* self, const zeo_host* host, zeo_str name, zeo_str configuration,
                         zeo_object** out, const zeo_call* call) {
  (void)host;
  (void)name;
  (void)configuration;
  (void)out;
  return fault_fail(call, ZEO_UNAVAILABLE, self->name);
}

ZEOLITE_FAULT_FACTORY(first, "reordered.first", &create)
ZEOLITE_FAULT_FACTORY(second, "reordered.second", &create)
static const zeo_factory* const factories[] = {&first, &second};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("reordered", factories), NULL};
