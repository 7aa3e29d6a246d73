/* SPDX-License-Identifier: Apache-2.0
 *
 * Its manifest promises a name that the library does not provide.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "honest_name", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("lying_manifest", factories), NULL};
