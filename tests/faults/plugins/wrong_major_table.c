/* SPDX-License-Identifier: Apache-2.0
 *
 * Its symbol has the right name, its table states another major version.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "wrong_major_table", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {sizeof(zeo_plugin), 3,    0,         1,   "fault.wrong_major_table", "1.0.0",
                                      "Apache-2.0",       NULL, factories, NULL};
