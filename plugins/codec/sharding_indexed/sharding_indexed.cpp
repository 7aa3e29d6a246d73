// SPDX-License-Identifier: Apache-2.0
//
// The plugin library.
#include "sharding_indexed.hpp"

ZEOLITE_PLUGIN("zeolite.codec.sharding_indexed", "0.1.0", "Apache-2.0", zeolite::sharding_indexed::ShardingIndexed)
