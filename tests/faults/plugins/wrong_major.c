/* SPDX-License-Identifier: Apache-2.0
 *
 * Made for a later major version: its symbol has another name.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(factory, "wrong_major", &fault_create)
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v7;
const zeo_plugin zeolite_plugin_v7 = {ZEOLITE_FAULT_PLUGIN("wrong_major", factories), NULL};
