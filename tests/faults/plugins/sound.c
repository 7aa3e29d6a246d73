/* SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is wrong with this one: it shows that the others are refused for their fault alone.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "sound", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("sound", factories), NULL};
