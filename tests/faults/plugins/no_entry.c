/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that is no plugin.
 */
#include "fault.h"

ZEOLITE_FAULT_SYMBOL int something_else;
int something_else = 1;
