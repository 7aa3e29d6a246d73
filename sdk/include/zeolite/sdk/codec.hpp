// SPDX-License-Identifier: Apache-2.0
//
// Author classes for codecs of the three kinds. Source: Zarr v3.1 core specification, "Chunk encoding".
//
//   BytesCodec       bytes->bytes   compressors, checksums: encode() and decode() on bytes
//   ArrayBytesCodec  array->bytes   bind() makes a BoundArrayBytes for a chunk shape and data type
//   ArrayCodec       array->array   bind() makes a BoundArray, which may change shape, data type and fill value
//
// All functions but fields() and created() are called by any number of threads at once.
#pragma once

#include <zeolite/sdk/codec/array_array.hpp>
#include <zeolite/sdk/codec/array_bytes.hpp>
#include <zeolite/sdk/codec/bytes_bytes.hpp>
#include <zeolite/sdk/plugin.hpp>
