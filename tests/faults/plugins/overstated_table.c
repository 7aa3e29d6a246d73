/* SPDX-License-Identifier: Apache-2.0
 *
 * Its table claims more bytes than the library holds.
 */
#include "fault.h"

ZEOLITE_FAULT_SYMBOL const uint32_t zeolite_plugin_v0[4];
const uint32_t zeolite_plugin_v0[4] = {sizeof(zeo_plugin), ZEO_ABI_MAJOR, ZEO_ABI_MINOR, 1};
