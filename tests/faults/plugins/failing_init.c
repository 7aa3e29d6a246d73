/* SPDX-License-Identifier: Apache-2.0
 *
 * Its init function fails.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "failing_init", &fault_create)
static const zeo_factory* const factories[] = {&factory};

static zeo_status init(const zeo_call* call) {
  return fault_fail(call, ZEO_UNAVAILABLE, "the device it needs is not there");
}

ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("failing_init", factories), &init};
