# SPDX-License-Identifier: Apache-2.0
"""Makes the data sets, each once: a folder is kept as long as its description stays what it was."""

import dataclasses
import functools
import json
import math
import os
import pathlib
import shutil
import sys

import numpy
import tensorstore

import layouts

VERSION = 1  # raise when elements change, so that kept data sets are made again
SEED = 20260
# Not what is measured: how the files were written does not matter, so nothing waits for a disk.
CONTEXT = tensorstore.Context({"file_io_sync": False, "file_io_locking": {"mode": "none"}})


@functools.lru_cache(maxsize=1)  # data sets made one after the other share elements
def smooth(shape, data_type):
    """A smooth field plus noise of four bits: compresses neither like constants nor like random numbers."""
    random = numpy.random.default_rng(SEED)
    if data_type == "uint8":
        ramp = (numpy.arange(math.prod(shape)) // 100 % 251).astype("uint8")
        return (ramp + random.integers(0, 4, ramp.size, dtype="uint8")).reshape(shape)
    waves = [
        numpy.sin(numpy.arange(n, dtype="float32") * ((2.5 + axis) / n)).reshape([-1] + [1] * (len(shape) - axis - 1))
        for axis, n in enumerate(shape)
    ]
    rest = sum(3000 * wave[None] if wave.ndim < len(shape) - 1 else 3000 * wave for wave in waves[1:])
    rest = numpy.broadcast_to(rest, shape[1:])
    out = numpy.empty(shape, data_type)
    for i in range(shape[0]):  # in slabs, to need little memory
        out[i] = 20000 + 6000 * waves[0].flat[i] + rest
        out[i] += random.integers(0, 16, shape[1:], dtype=data_type)
    return out


def elements(document):
    return smooth(tuple(document["shape"]), document["data_type"])


def opened(path, document=None):
    """Opens an array, or makes it when there is a document."""
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path) + "/"}}
    if document is None:
        return tensorstore.open(spec, read=True, context=CONTEXT).result()
    spec |= {"metadata": {key: value for key, value in document.items() if key != "attributes"}}
    spec |= {"store_data_equal_to_fill_value": True}
    return tensorstore.open(spec, create=True, context=CONTEXT).result()


def put(path, document):
    path.mkdir(parents=True, exist_ok=True)
    (path / "zarr.json").write_text(json.dumps(document, separators=(",", ":")))


def make_field(data, path):
    store, values = opened(path, data.document), elements(data.document)
    for start in range(0, values.shape[0], step := max(1, values.shape[0] // 4)):
        store[start : start + step].write(values[start : start + step]).result()
    put(path, data.document)  # as described, without what the writer adds


def make_nothing(data, path):
    put(path, data.document)


def make_large(data, path):
    """Every row repeats the one before, but no two chunks are the same."""
    store = opened(path, data.document)
    planes, rows, columns = data.document["shape"]
    depth, edge, _ = data.document["chunk_grid"]["configuration"]["chunk_shape"]
    row = numpy.random.default_rng(SEED).integers(0, 1 << 15, columns, dtype="uint16")
    for start in range(0, planes, depth):
        slab = row + (1 + start // depth + 1000 * (numpy.arange(rows) // edge)).astype("uint16")[:, None]
        store[start : start + depth].write(numpy.broadcast_to(slab, (depth, rows, columns))).result()
    put(path, data.document)


def make_rectilinear(data, path):
    """By hand: no peer writes this grid. Edges differ, so that no run of equal ones shortens the document."""
    random = numpy.random.default_rng(SEED)
    edges = random.integers(48, 81, data.more["edges"])
    chosen = numpy.sort(random.choice(len(edges), data.more["stored"], replace=False))
    document = dict(data.document, shape=[int(edges.sum())])
    document["chunk_grid"] = {
        "name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [edges.tolist()]},
    }
    put(path, document)
    (path / "c").mkdir()
    for index in chosen.tolist():
        (path / "c" / str(index)).write_bytes(random.integers(1, 256, edges[index], dtype="uint8").tobytes())


def make_hierarchy(data, path):
    group = {"zarr_format": 3, "node_type": "group", "attributes": {}}
    grid, codecs = layouts.regular((100, 100)), [layouts.bytes_codec("float32")]
    array = layouts.document((1000, 1000), "float32", grid, codecs)
    put(path, group)
    for i in range(data.more["groups"]):
        put(path / f"group_{i:03}", group)
        for j in range(data.more["arrays"]):
            put(path / f"group_{i:03}" / f"array_{j:02}", array)


def choose_inner(data, n, shape, random):
    grid = [extent // edge for extent, edge in zip(data.document["shape"], shape)]
    return numpy.stack([random.integers(0, count, n) * edge for count, edge in zip(grid, shape)], axis=1)


def choose_rows(data, n, shape, random):
    return numpy.stack([random.integers(0, data.document["shape"][0], n), numpy.zeros(n, "int64")], axis=1)


def choose_each(data, n, shape, random):
    """One inner chunk of every shard."""
    shard = data.document["chunk_grid"]["configuration"]["chunk_shape"]
    grid = [extent // edge for extent, edge in zip(data.document["shape"], shard)]
    shards = numpy.stack(numpy.unravel_index(numpy.arange(n), grid), axis=1) * shard
    return shards + random.integers(0, [edge // part for edge, part in zip(shard, shape)], (n, 3)) * shape


def choose_stored(data, n, shape, random, path):
    """Elements of stored chunks: looking up what is not stored would touch no file."""
    document = json.loads((path / "zarr.json").read_text())
    edges = numpy.array(document["chunk_grid"]["configuration"]["chunk_shapes"][0])
    starts = numpy.concatenate([[0], numpy.cumsum(edges)])
    chunks = random.choice(sorted(int(name) for name in os.listdir(path / "c")), n)
    return (starts[chunks] + random.integers(0, 1 << 30, n) % edges[chunks])[:, None]


class Library:
    """The folder of data sets of one size."""

    def __init__(self, folder, size):
        self.folder = pathlib.Path(folder).resolve() / size.name
        self.folder.mkdir(parents=True, exist_ok=True)

    def once(self, name, wanted, make):
        """Calls make(path) unless it was done before for the same description."""
        path, stamp = self.folder / name, self.folder / (name + ".made-for")
        wanted = json.dumps([VERSION, wanted], sort_keys=True)
        if not stamp.exists() or stamp.read_text() != wanted:
            print(f"making {name}", file=sys.stderr, flush=True)
            stamp.unlink(missing_ok=True)
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            make(path)
            stamp.write_text(wanted)
        return path

    def array(self, data):
        return self.once(data.name, dataclasses.asdict(data), lambda path: globals()["make_" + data.maker](data, path))

    def source(self, data):
        """The elements of a data set as one file, for the rows that write."""
        shape = "x".join(map(str, data.document["shape"]))
        name = f"source_{shape}_{data.document['data_type']}"
        return self.once(name, name, lambda path: elements(data.document).tofile(path))

    def document(self, data):
        """The zarr.json of an array that is to be written; a file, not a folder."""
        return self.once(f"to_write_{data.name}.json", data.document,
                         lambda path: path.write_text(json.dumps(data.document)))

    def origins(self, data, choose, n, shape):
        def make(path):
            random = numpy.random.default_rng(SEED)
            more = [self.array(data)] if choose == "stored" else []
            globals()["choose_" + choose](data, n, shape, random, *more).astype("<u8").tofile(path)

        wanted = [dataclasses.asdict(data), choose, n, shape]
        return self.once(f"origins_{data.name}_{choose}_{n}", wanted, make)
