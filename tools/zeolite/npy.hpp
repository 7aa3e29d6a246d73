// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy files: the header before the elements. Format: https://numpy.org/doc/stable/reference/generated/
// numpy.lib.format.html, versions 1, 2 and 3.
#pragma once

#include <cstddef>
#include <string>

#include <boost/json/value.hpp>

#include <zeolite/array.hpp>

#include "stream.hpp"

namespace zeolite::tool {

struct NpyHeader {
  boost::json::value type;  ///< "<f4", or a list of fields, tuples as lists
  bool fortran_order = false;
  Shape shape;
};

/// The bytes before the elements; `type` is as Array::numpy_type gives it.
std::string npy_header(const NpyHeader& header);

/// Reads a header and leaves `input` at the first element. Throws Error (corrupt) for anything that is not one.
NpyHeader read_npy_header(Input& input);

/// Whether elements of `type`, as a file has it, are those of an array; returns the unit to be byte-swapped to make
/// them little-endian (swap_bytes; 1: none). Throws Error (invalid) when they are not.
std::size_t match_npy_type(const boost::json::value& type, const Array& array);

}  // namespace zeolite::tool
