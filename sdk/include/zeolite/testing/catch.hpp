// SPDX-License-Identifier: Apache-2.0
//
// Catch2, whichever of its major versions is there. Matchers are used through the namespace `Catch::Matchers`.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
