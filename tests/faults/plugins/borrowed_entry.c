/* SPDX-License-Identifier: Apache-2.0
 *
 * No plugin itself, but linked to a library that is one: the symbol is found, and is not its own.
 */
#include "fault.h"

extern const zeo_plugin zeolite_plugin_v0;

ZEOLITE_EXPORT const zeo_plugin* fault_borrowed(void);
const zeo_plugin* fault_borrowed(void) { return &zeolite_plugin_v0; }
