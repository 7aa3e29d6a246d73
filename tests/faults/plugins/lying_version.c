/* SPDX-License-Identifier: Apache-2.0
 *
 * Its manifest states another version than the library.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "lying_version", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("lying_version", factories), NULL};
