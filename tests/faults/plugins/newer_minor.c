/* SPDX-License-Identifier: Apache-2.0
 *
 * Needs a later minor version than any host has; its manifest says so.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "newer_minor", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {sizeof(zeo_plugin), ZEO_ABI_MAJOR, 99,        1,   "fault.newer_minor", "1.0.0",
                                      "Apache-2.0",       NULL,          factories, NULL};
