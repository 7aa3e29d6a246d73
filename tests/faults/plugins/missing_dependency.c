/* SPDX-License-Identifier: Apache-2.0
 *
 * Needs a library that is not there when it is opened.
 */
#include "fault.h"

int fault_dependency(void);

ZEOLITE_FAULT_FACTORY(factory, "missing_dependency", &fault_create)
static const zeo_factory* const factories[] = {&factory};

static zeo_status init(const zeo_call* call) {
  (void)call;
  return fault_dependency() == 0 ? ZEO_OK : ZEO_INTERNAL;
}

ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("missing_dependency", factories), &init};
