// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "resources.hpp"

namespace zeolite {

/// Submits a batch, in which reads of one value that follow each other become one with several ranges: a store finds
/// and opens the value once for all of them, and may read neighbouring ranges together. Plans put the chunks of several
/// boxes in order, so that they do follow each other. Values that many are read of are still split, so that
/// `concurrency` threads have work. Where one of them may have asked for
/// what there is not, they are told that they failed with others (Asker). `alone`: none is joined.
void submit_merged(const Resources& resources, zeo_store* store, std::span<zeo_store_op* const> operations,
                   bool alone, unsigned concurrency, const zeo_call* call) noexcept;

}  // namespace zeolite
