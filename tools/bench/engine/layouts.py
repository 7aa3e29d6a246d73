# SPDX-License-Identifier: Apache-2.0
"""Layouts of the benchmark's arrays: zarr.json documents for the three sizes of the data sets. Nothing is made here."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Size:
    """How large everything is. `power` is the number of chunks of the transposed arrays, as a power of two."""

    name: str
    field: tuple  # shape of the three-dimensional arrays
    chunk: int  # edge of their large chunks and shards
    power: int
    tall: int  # rows of the two-dimensional array
    boxes: int  # random inner chunks
    lines: int  # random rows
    lookups: int
    groups: int
    tiny_divisor: int  # of the numbers of chunks of the rows tiny_*
    edges: int  # chunks of the missing and of the rectilinear array
    in_memory: int  # chunks in the memory store, as a power of ten
    slow_chunks: tuple  # shapes of the arrays in the slow store
    slow_shards: tuple
    latencies: tuple  # of the slow store, in milliseconds
    planes: tuple  # of the array that is read in slabs, and of the one that is read at once
    plane: int  # edge of a plane of these
    slab: int  # planes
    budget: int  # bytes to read them with


SIZES = {
    "full": Size("full", (1024, 512, 1024), 256, 8, 262144, 10000, 100000, 100000, 100, 1, 1000000, 6,
                 (320, 320, 320), (640, 640, 64), (20, 50), (4096, 1024), 1024, 64, 256 << 20),
    "quick": Size("quick", (512, 256, 512), 256, 6, 32768, 2000, 20000, 10000, 10, 1, 100000, 5,
                  (320, 320, 96), (640, 640, 64), (20, 50), (512, 256), 1024, 64, 64 << 20),
    "tiny": Size("tiny", (128, 128, 128), 64, 2, 2048, 50, 200, 50, 2, 100, 1000, 5,
                 (160, 128, 32), (320, 256, 64), (5,), (64, 32), 128, 16, 1 << 20),
}

INNER = 32  # edge of the inner chunks
WIDE = 2048  # elements of a row of the two-dimensional array
TINY = 64  # bytes of a tiny chunk
NEAR = 16  # edge of the inner chunks of the shards in the slow store


@dataclasses.dataclass(frozen=True)
class Data:
    """A data set: the name of its folder, the function of data.py that makes it, and what that one needs."""

    name: str
    maker: str
    document: dict | None = None
    more: dict = dataclasses.field(default_factory=dict)

    @property
    def chunks(self):
        grid = self.document["chunk_grid"]["configuration"]["chunk_shape"]
        return math.prod(-(-n // c) for n, c in zip(self.document["shape"], grid))


def bytes_codec(data_type, endian="little"):
    return {"name": "bytes", "configuration": {"endian": endian}} if data_type != "uint8" else {"name": "bytes"}


ZSTD = {"name": "zstd", "configuration": {"level": 3, "checksum": False}}
GZIP = {"name": "gzip", "configuration": {"level": 5}}
BLOSC = {
    "name": "blosc",
    "configuration": {"cname": "blosclz", "clevel": 9, "shuffle": "bitshuffle", "typesize": 2, "blocksize": 0},
}


def sharding(inner, codecs):
    index = [bytes_codec("uint64"), {"name": "crc32c"}]
    configuration = {"chunk_shape": inner, "codecs": codecs, "index_codecs": index, "index_location": "end"}
    return {"name": "sharding_indexed", "configuration": configuration}


def document(shape, data_type, grid, codecs):
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": data_type,
        "chunk_grid": grid,
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": codecs,
        "attributes": {},
    }


def regular(chunk):
    return {"name": "regular", "configuration": {"chunk_shape": list(chunk)}}


def field(name, size, chunk=None, compressors=(), inner=None, shape=None):
    """A three-dimensional array of uint16 that holds the smooth field."""
    chunk = chunk or (size.chunk,) * 3
    codecs = [bytes_codec("uint16"), *compressors]
    if inner:
        codecs = [sharding([inner] * 3, codecs)]
    return Data(name, "field", document(shape or size.field, "uint16", regular(chunk), codecs))


def raw(size):
    return field("raw", size)


def blosc(size):
    return field("blosc", size, compressors=[BLOSC])


def zstd(size):
    return field("zstd", size, compressors=[ZSTD])


def zstd_small(size):
    return field("zstd_64", size, chunk=(64,) * 3, compressors=[ZSTD])


def gzip(size):
    return field("gzip", size, chunk=(64, 64, 128), compressors=[GZIP])  # exactly 1 MiB


def sharded(size):
    return field("sharded", size, compressors=[ZSTD], inner=INNER)


def one_shard(size):
    """A single large shard whose inner chunks are not compressed."""
    edge = 256 if size.name != "tiny" else 128
    return field("one_shard", size, chunk=(edge,) * 3, inner=INNER, shape=(edge,) * 3)


def tall(size):
    grid = regular((1024, WIDE))
    return Data("tall", "field", document((size.tall, WIDE), "uint16", grid, [bytes_codec("uint16")]))


def transposed(rank):
    """Axes reversed, then big-endian. Chunks of 1 MiB; their number is dealt out to the axes in turn."""

    def make(size):
        chunk = {2: (512, 512), 3: (64, 64, 64), 4: (16, 16, 32, 32), 8: (4,) * 7 + (16,)}[rank]
        shape = list(chunk)
        for i in range(size.power):
            shape[i % rank] *= 2
        order = {"name": "transpose", "configuration": {"order": list(reversed(range(rank)))}}
        codecs = [order, bytes_codec("uint32", "big")]
        return Data(f"transposed_{rank}", "field", document(shape, "uint32", regular(chunk), codecs))

    return make


def line_of_chunks(name, maker, count):
    return Data(name, maker, document((count * TINY,), "uint8", regular((TINY,)), [bytes_codec("uint8")]))


def tiny(exponent):
    return lambda size: line_of_chunks(f"tiny_1e{exponent}", "field", 10**exponent // size.tiny_divisor)


def tiny_squares(size):
    """100,000 chunks of 64 bytes that are no run of the result."""
    edge, shrink = math.isqrt(TINY), math.isqrt(size.tiny_divisor)
    shape = (edge * 250 // shrink, edge * 400 // shrink)
    return Data("tiny_squares", "field", document(shape, "uint8", regular((edge, edge)), [bytes_codec("uint8")]))


def in_memory(size):
    return tiny(size.in_memory)(size)


def slow_chunks(size):
    return field("slow_chunks", size, chunk=(32,) * 3, shape=size.slow_chunks)  # of 64 KiB


def slow_shards(size):
    return field("slow_shards", size, chunk=(4 * NEAR,) * 3, compressors=[ZSTD], inner=NEAR, shape=size.slow_shards)


def large(number):
    """An array of which memory holds but a part: elements that compress to next to nothing, so that disks do."""

    def make(size):
        shape = (size.planes[number], size.plane, size.plane)
        grid = regular((size.slab, size.plane // 4, size.plane // 4))
        return Data(f"large_{number}", "large", document(shape, "uint16", grid, [bytes_codec("uint16"), ZSTD]))

    return make


def missing(size):
    return line_of_chunks("missing", "nothing", size.edges)


def rectilinear(size):
    """The maker fills in the edges, which would only make this description long."""
    grid = {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": []}}
    base = document((0,), "uint8", grid, [bytes_codec("uint8")])
    return Data("rectilinear", "rectilinear", base, {"edges": size.edges, "stored": min(30000, size.edges // 4)})


def hierarchy(size):
    return Data("hierarchy", "hierarchy", None, {"groups": size.groups, "arrays": 99})
