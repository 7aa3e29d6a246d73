/* SPDX-License-Identifier: Apache-2.0
 *
 * How the address sanitizer behaves in programs of this repository, unless ASAN_OPTIONS says otherwise.
 *
 * It would look into the thread-local memory of plugins, which is made when they are loaded, and mistakes what it finds
 * there for addresses: the leak check then ends with a fault of its own.
 */
const char* __asan_default_options(void);
const char* __asan_default_options(void) { return "intercept_tls_get_addr=0"; }
