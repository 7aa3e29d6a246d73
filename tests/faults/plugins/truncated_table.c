/* SPDX-License-Identifier: Apache-2.0
 *
 * Its table ends before the factories.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "truncated_table", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {offsetof(zeo_plugin, license),
                                      ZEO_ABI_MAJOR,
                                      ZEO_ABI_MINOR,
                                      1,
                                      "fault.truncated_table",
                                      "1.0.0",
                                      "Apache-2.0",
                                      NULL,
                                      factories,
                                      NULL};
