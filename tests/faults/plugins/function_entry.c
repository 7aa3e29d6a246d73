/* SPDX-License-Identifier: Apache-2.0
 *
 * Its symbol is a function, as in the plugins of other programs.
 */
#include "fault.h"

ZEOLITE_FAULT_SYMBOL const zeo_plugin* zeolite_plugin_v0(void);
const zeo_plugin* zeolite_plugin_v0(void) { return NULL; }
