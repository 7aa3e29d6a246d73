/* SPDX-License-Identifier: Apache-2.0
 *
 * Provides one name twice.
 */
#include "fault.h"

ZEOLITE_FAULT_FACTORY(first, "duplicate_name", &fault_create)
ZEOLITE_FAULT_FACTORY(second, "duplicate_name", &fault_create)
static const zeo_factory* const factories[] = {&first, &second};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("duplicate_name", factories), NULL};
