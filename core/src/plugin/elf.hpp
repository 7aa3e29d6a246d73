// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace zeolite::plugin {

/// Whether a library lacks bytes that its own headers speak of, as after an interrupted copy. The dynamic linker does
/// not look: it maps what should be there, and the process ends with SIGBUS. False for files of any other kind.
bool is_cut_short(const std::filesystem::path& library);

}  // namespace zeolite::plugin
