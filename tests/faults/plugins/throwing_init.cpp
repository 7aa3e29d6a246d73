// SPDX-License-Identifier: Apache-2.0
//
// Its init function lets a C++ exception out.
#include "fault.h"

#include <stdexcept>

namespace {

zeo_status init(const zeo_call*) { throw std::runtime_error("nobody caught this"); }

ZEOLITE_FAULT_FACTORY(factory, "throwing_init", &fault_create)
const zeo_factory* const factories[] = {&factory};

}  // namespace

ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("throwing_init", factories), &init};
