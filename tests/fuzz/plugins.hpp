// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

namespace zeolite::fuzz {

/// Uses the plugins of the build, unless the environment names others.
inline void find_plugins() { ::setenv("ZEOLITE_PLUGIN_PATH", ZEOLITE_FUZZ_PLUGINS, 0); }

}  // namespace zeolite::fuzz
