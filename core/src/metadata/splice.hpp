// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zeolite {

/// `document`, the text of a JSON object, with one member's value replaced by the JSON text `value`: at its place, or
/// at the end where there was no such member; no value removes the member. All else stays byte for byte, so that what a
/// parser would lose (numbers of more digits, NaN as others write it, spacing) is kept. Throws ErrorCode::corrupt when
/// the text is no JSON object.
std::string with_member(std::string_view document, std::string_view member, std::optional<std::string_view> value);

}  // namespace zeolite
