// SPDX-License-Identifier: Apache-2.0
//
// The public interface, but for async.hpp, which needs Boost.Asio, and json.hpp (parse and print JSON values).
#pragma once

#include <zeolite/array.hpp>
#include <zeolite/box.hpp>
#include <zeolite/context.hpp>
#include <zeolite/elements.hpp>
#include <zeolite/error.hpp>
#include <zeolite/hierarchy.hpp>
#include <zeolite/metadata.hpp>
#include <zeolite/registry.hpp>
#include <zeolite/store.hpp>
