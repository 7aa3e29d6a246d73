/* SPDX-License-Identifier: Apache-2.0
 *
 * Its factory ends before the create function.
 */
#include "fault.h"

static const zeo_factory factory = {
    offsetof(zeo_factory, v2_ids), ZEO_POINT_CODEC, "truncated_factory", NULL, NULL, &fault_create, NULL};
static const zeo_factory* const factories[] = {&factory};
ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("truncated_factory", factories), NULL};
