// SPDX-License-Identifier: Apache-2.0
//
// Its create function lets a C++ exception out.
#include "fault.h"

#include <stdexcept>
#include <string>

namespace {

zeo_status create(const zeo_factory*, const zeo_host*, zeo_str, zeo_str configuration, zeo_object**, const zeo_call*) {
  if (std::string(configuration.data, configuration.size) == "{}") throw std::runtime_error("nobody caught this");
  throw 42;
}

const zeo_factory factory = {sizeof(zeo_factory), ZEO_POINT_CODEC, "throwing", nullptr, nullptr, &create, nullptr};
const zeo_factory* const factories[] = {&factory};

}  // namespace

ZEOLITE_FAULT_SYMBOL const zeo_plugin zeolite_plugin_v0;
const zeo_plugin zeolite_plugin_v0 = {ZEOLITE_FAULT_PLUGIN("throwing", factories), nullptr};
