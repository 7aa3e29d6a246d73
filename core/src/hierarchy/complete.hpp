// SPDX-License-Identifier: Apache-2.0
//
// From what the user asked for to a complete document: defaults filled in and spelled out by the extensions themselves.
#pragma once

#include <zeolite/array.hpp>
#include <zeolite/context.hpp>
#include <zeolite/metadata.hpp>
#include <zeolite/registry.hpp>

namespace zeolite {

/// Throws ErrorCode::invalid for a request that contradicts itself, and what the extensions report.
ArrayMetadata complete(const Context& context, const ArrayOptions& options);

/// The extension as its plugin writes it: canonical name, defaults spelled out. Left as it is when nobody provides it.
Extension canonical(const Context& context, Point point, const Extension& extension);

}  // namespace zeolite
