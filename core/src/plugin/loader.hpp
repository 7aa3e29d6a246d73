// SPDX-License-Identifier: Apache-2.0
//
// Opens plugin libraries. What is opened stays open for as long as the process lives: objects, threads and tables of a
// plugin may be anywhere, and nobody could say when the last one is gone.
#pragma once

#include <filesystem>

#include "table.hpp"

namespace zeolite::plugin {

/// Opens a library and reads its table; runs nothing of it but its static initialisers. Throws an Error that names the
/// file, what was found and what was wanted: io (it cannot be opened), unsupported (a version), invalid (its table is
/// wrong).
Table open_library(const std::filesystem::path& library);

/// Runs the plugin's init function, once in the life of the process, however many contexts use it. Throws what it
/// reported, to each of them.
void initialize(const Table& table);

}  // namespace zeolite::plugin
