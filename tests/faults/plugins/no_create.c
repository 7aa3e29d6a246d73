/* SPDX-License-Identifier: Apache-2.0
 *
 * Its factory has no create function.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "no_create", NULL)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("no_create", factories), NULL};
