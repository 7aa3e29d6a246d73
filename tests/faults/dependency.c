/* SPDX-License-Identifier: Apache-2.0
 *
 * The library that missing_dependency.c links and then does not find.
 */
int fault_dependency(void);
int fault_dependency(void) { return 0; }
