// SPDX-License-Identifier: Apache-2.0
//
// Codecs and a chunk key encoding of a plugin that lies: {"name": "liar.array", "configuration": {"lie": "..."}}.
// Without a lie they work: liar.array stores elements as they are, by plans or whole; liar.bytes and liar.view change
// nothing; liar.keys names chunks. Written against the bare contract, since the SDK would not let them lie.
#pragma once

#include <zeolite/abi/plugin.h>

namespace zeolite::test {

/// To be registered by hand.
const zeo_plugin& liar_plugin();

}  // namespace zeolite::test
