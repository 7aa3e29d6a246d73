/* SPDX-License-Identifier: Apache-2.0
 *
 * Provides the same name as another plugin beside it.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "rival", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("rival_b", factories), NULL};
