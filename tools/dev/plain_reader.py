#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a sharded Zarr array with nothing but Python's standard library, and none of Zeolite's code.

    plain_reader.py ARRAY   writes the elements to standard output, C order, little-endian

Knows what the main job writes: a regular grid, sharding_indexed with bytes (little-endian) and gzip inside, and an index
of bytes and crc32c at the end. See the specification of sharding_indexed, "Binary shard format".
"""
import gzip
import itertools
import json
import pathlib
import struct
import sys

path = pathlib.Path(sys.argv[1])
metadata = json.loads((path / "zarr.json").read_text())
shape = metadata["shape"]
shard = metadata["chunk_grid"]["configuration"]["chunk_shape"]
(codec,) = metadata["codecs"]
assert codec["name"] == "sharding_indexed", codec
inner = codec["configuration"]["chunk_shape"]
item = {"uint8": 1, "uint16": 2, "uint32": 4, "float32": 4, "float64": 8}[metadata["data_type"]]
assert metadata["fill_value"] == 0

strides = [item] * len(shape)
for axis in range(len(shape) - 2, -1, -1):
    strides[axis] = strides[axis + 1] * shape[axis + 1]
elements = bytearray(strides[0] * shape[0])
per_shard = [s // i for s, i in zip(shard, inner)]
entries = 1
for n in per_shard:
    entries *= n

for place in itertools.product(*(range(-(-n // s)) for n, s in zip(shape, shard))):
    file = path / "c" / "/".join(map(str, place))
    if not file.exists():
        continue
    value = file.read_bytes()
    index = struct.unpack(f"<{2 * entries}Q", value[-16 * entries - 4 : -4])
    for number, chunk in enumerate(itertools.product(*map(range, per_shard))):
        offset, length = index[2 * number : 2 * number + 2]
        if offset == 2**64 - 1:
            continue
        decoded = gzip.decompress(value[offset : offset + length])
        origin = [p * s + c * i for p, s, c, i in zip(place, shard, chunk, inner)]
        row_bytes = min(inner[-1], shape[-1] - origin[-1]) * item
        if row_bytes <= 0:
            continue
        for row, index_in_chunk in enumerate(itertools.product(*map(range, inner[:-1]))):
            at = [o + k for o, k in zip(origin, index_in_chunk)]
            if any(a >= n for a, n in zip(at, shape)):
                continue
            begin = sum(a * s for a, s in zip(at + [origin[-1]], strides))
            source = row * inner[-1] * item
            elements[begin : begin + row_bytes] = decoded[source : source + row_bytes]

sys.stdout.buffer.write(elements)
