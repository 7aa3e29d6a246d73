# SPDX-License-Identifier: Apache-2.0
"""Arrays of version 2, which Zeolite reads and does not write: one direction."""

import itertools

import numpy as np

from cases import COMPLEX, FLOATS, INTEGERS, elements_of, numpy_type
from peers import clean

SHAPE, CHUNKS = (7, 10), (3, 4)
BLOSC = {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1, "blocksize": 0}


def compressors():
    yield "none", None
    yield "gzip", {"id": "gzip", "level": 1}
    yield "zstd", {"id": "zstd", "level": 1}
    for cname, shuffle in itertools.product(["lz4", "blosclz", "zstd"], [-1, 0, 1, 2]):
        yield f"blosc {cname} {shuffle}", {**BLOSC, "cname": cname, "shuffle": shuffle}


def cases():
    for name in ["bool", *INTEGERS, *FLOATS, *COMPLEX]:
        for order in "<>" if numpy_type(name).itemsize > 1 else "<":
            yield f"v2 {name} {order}", name, order, "C", ".", BLOSC
    for label, compressor in compressors():
        yield f"v2 {label}", "int16", "<", "C", ".", compressor
    yield "v2 order F", "int32", "<", "F", ".", None
    yield "v2 order F big-endian gzip", "int32", ">", "F", ".", {"id": "gzip", "level": 1}
    yield "v2 slashes", "int32", "<", "C", "/", None


def write(peer, path, array, order, separator, compressor):
    if peer.name == "tensorstore":
        metadata = {
            "shape": list(SHAPE),
            "chunks": list(CHUNKS),
            "dtype": array.dtype.str,
            "order": order,
            "fill_value": None,
            "filters": None,
            "compressor": compressor,
            "dimension_separator": separator,
        }
        return peer.write_v2(path, metadata, array)
    import numcodecs

    options = {
        "chunks": CHUNKS,
        "order": order,
        "filters": None,
        "compressors": None if compressor is None else numcodecs.get_codec(dict(compressor)),
        "chunk_key_encoding": {"name": "v2", "separator": separator},
    }
    return peer.write_v2(path, options, array)


def run_version_2(tally, zeolite, peers, work, only, difference, outcome):
    for number, (name, data_type, byte_order, order, separator, compressor) in enumerate(cases()):
        if only not in name:
            continue
        expected = elements_of(data_type, SHAPE)
        array = np.frombuffer(expected, numpy_type(data_type)).reshape(SHAPE)
        array = array.astype(array.dtype.newbyteorder(byte_order))
        for peer in peers:
            path = work / f"v2.{number}.{peer.name}.zarr"
            clean(path)
            problem = outcome(lambda: write(peer, path, array, order, separator, compressor))
            if problem is not None:
                tally.not_supported(peer.name, name, problem, 1)
                continue
            found = outcome(lambda: difference(expected, zeolite.run("cat", path)))
            tally.cell(f"zeolite reads {peer.name}: {name}", found)
            clean(path)
