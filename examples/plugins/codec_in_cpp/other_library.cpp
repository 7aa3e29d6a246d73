// SPDX-License-Identifier: Apache-2.0
//
// The same plugin for a C++ standard library other than the host's: Boost.JSON and {fmt} as found installed are built
// for the host's, so they are compiled in instead.
#include <boost/json/src.hpp>

#include "run_length.cpp"
