/* SPDX-License-Identifier: Apache-2.0
 *
 * Nobody creates anything of this plugin: it is only opened, which takes the sanitizer's runtime. */
#include <zeolite/abi/plugin.h>

ZEOLITE_EXPORT extern const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {
    .struct_size = sizeof(zeo_plugin), .abi_major = ZEO_ABI_MAJOR, .name = "sanitized", .version = "1.0.0"};
