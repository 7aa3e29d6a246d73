/* SPDX-License-Identifier: Apache-2.0
 *
 * How sanitizers behave in programs of this repository, unless ASAN_OPTIONS and TSAN_OPTIONS say otherwise.
 *
 * The address sanitizer would look into the thread-local memory of plugins, which is made when they are loaded, and mistakes what it finds
 * there for addresses: the leak check then ends with a fault of its own.
 */
const char* __asan_default_options(void);
const char* __asan_default_options(void) { return "intercept_tls_get_addr=0"; }

/* The thread sanitizer does not see how libstdc++, which is not built for it, counts who holds an exception: to it, the
 * last one frees what others still read. */
const char* __tsan_default_suppressions(void);
const char* __tsan_default_suppressions(void) { return "race:std::__exception_ptr::exception_ptr::_M_release\n"; }
