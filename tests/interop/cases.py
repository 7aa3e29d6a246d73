# SPDX-License-Identifier: Apache-2.0
"""The cells of the matrix: arrays as version 3 documents, each with its elements."""

import dataclasses
import itertools
import json

import numpy as np

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
COMPLEX = {"complex64": "<c8", "complex128": "<c16"}
VARIABLE = ["string", "bytes"]
WORDS = ["", "a", "zéolite", "世界", "line\nbreak", 'quote " and \\', "🚀" * 5, "x" * 300]


@dataclasses.dataclass
class Case:
    name: str
    document: dict
    # Elements as little-endian bytes in C order; a list for types of variable length. None: nothing is ever written.
    elements: object
    # Documents only a peer writes, because their spelling is not Zeolite's.
    peer_only: bool = False


def numpy_type(name):
    """How the elements of a data type of fixed size look as little-endian bytes."""
    if name == "bool":
        return np.dtype("|b1")
    if name in COMPLEX:
        return np.dtype(COMPLEX[name])
    if name[0] == "r" and name[1:].isdigit():
        return np.dtype(f"|V{int(name[1:]) // 8}")
    return np.dtype(name).newbyteorder("<")


def bytes_codec(data_type, endian="little"):
    one_byte = data_type in ("bool", "int8", "uint8") or data_type[0] == "r"
    return {"name": "bytes"} if one_byte else {"name": "bytes", "configuration": {"endian": endian}}


def serializer(data_type, endian="little"):
    names = {"string": "vlen-utf8", "bytes": "vlen-bytes", "variable_length_bytes": "vlen-bytes"}
    return {"name": names[data_type]} if data_type in names else bytes_codec(data_type, endian)


def zero(data_type):
    if data_type == "bool":
        return False
    if data_type in COMPLEX:
        return [0.0, 0.0]
    if data_type == "string":
        return ""
    if data_type in ("bytes", "variable_length_bytes"):
        return ""
    if data_type[0] == "r":
        return [0] * (int(data_type[1:]) // 8)
    return 0.0 if data_type in FLOATS else 0


def elements_of(data_type, shape, fill_bytes=None):
    """Random bits, so that floats come with all their NaNs, and in part the fill value, so that whole chunks hold it."""
    count = int(np.prod(shape, dtype=np.int64))
    random = np.random.default_rng(len(data_type) * 1000 + count)
    if data_type == "string":
        return [WORDS[i] for i in random.integers(0, len(WORDS), count)]
    if data_type in ("bytes", "variable_length_bytes"):
        return [WORDS[i].encode()[::-1] for i in random.integers(0, len(WORDS), count)]
    dtype = numpy_type(data_type)
    raw = np.frombuffer(random.bytes(count * dtype.itemsize), np.uint8).reshape(count, dtype.itemsize).copy()
    if data_type == "bool":
        raw &= 1
    # Signalling NaNs are quieted by mere copies in some peers' languages; quiet ones keep their payloads.
    for name, quiet in (("float16", 0x02), ("float32", 0x40), ("float64", 0x08)):
        size = {"float16": 2, "float32": 4, "float64": 8}[name]
        if data_type == name or (data_type in COMPLEX and dtype.itemsize == 2 * size):
            parts = raw.reshape(-1, size)
            nans = np.isnan(parts.copy().view(np.dtype(name).newbyteorder("<")).reshape(-1))
            parts[nans, size - 2] |= quiet
    element = np.zeros(dtype.itemsize, np.uint8) if fill_bytes is None else np.frombuffer(fill_bytes, np.uint8)
    raw[: count // 3] = element
    return raw.tobytes()


def regular(chunk_shape):
    return {"name": "regular", "configuration": {"chunk_shape": list(chunk_shape)}}


def make(name, data_type, shape, chunks, codecs=None, fill=None, grid=None, keys=None, fill_bytes=None, written=True):
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": data_type,
        "chunk_grid": grid or regular(chunks),
        "chunk_key_encoding": keys or {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": zero(data_type) if fill is None else fill,
        "codecs": codecs or [serializer(data_type)],
        "attributes": {"case": name},
    }
    elements = elements_of(data_type, shape, fill_bytes) if written else None
    return Case(name, document, elements)


def named(name, **configuration):
    return {"name": name, "configuration": configuration} if configuration else {"name": name}


def shard(chunks, codecs, index=None, location=None):
    configuration = {"chunk_shape": list(chunks), "codecs": codecs}
    little = named("bytes", endian="little")
    configuration["index_codecs"] = [little, named("crc32c")] if index is None else index
    if location:
        configuration["index_location"] = location
    return {"name": "sharding_indexed", "configuration": configuration}


def data_types():
    raw = ["r8", "r16", "r24", "r64", "r128"]
    for data_type in ["bool", *INTEGERS, *FLOATS, *COMPLEX, *raw, *VARIABLE]:
        orders = ["little"] if serializer(data_type) == serializer(data_type, "big") else ["little", "big"]
        for endian in orders:
            codec = serializer(data_type, endian)
            yield make(f"type {data_type} {endian}", data_type, [7, 10], [3, 4], [codec])
            yield make(f"type {data_type} {endian} gzip", data_type, [7, 10], [3, 4], [codec, named("gzip", level=5)])
        inner = [serializer(data_type, orders[-1]), named("zstd", level=1, checksum=False)]
        yield make(f"type {data_type} sharded", data_type, [7, 10], [4, 6], [shard([2, 3], inner)])


def compressors():
    yield "none", []
    for level in (0, 1, 9):
        yield f"gzip {level}", [named("gzip", level=level)]
    for level, checksum in ((0, False), (3, True), (19, False), (-7, False)):
        yield f"zstd {level} {checksum}", [named("zstd", level=level, checksum=checksum)]
    for cname, shuffle in itertools.product(
        ["lz4", "lz4hc", "blosclz", "snappy", "zlib", "zstd"], ["noshuffle", "shuffle", "bitshuffle"]
    ):
        yield f"blosc {cname} {shuffle}", [("blosc", cname, shuffle)]
    yield "crc32c", [named("crc32c")]
    yield "gzip crc32c", [named("gzip", level=1), named("crc32c")]
    yield "crc32c zstd", [named("crc32c"), named("zstd", level=1, checksum=False)]
    yield "zstd gzip", [named("zstd", level=1, checksum=False), named("gzip", level=1)]


def codecs():
    for data_type in ("uint8", "int16", "float32", "float64"):
        for name, chain in compressors():
            size = numpy_type(data_type).itemsize
            chain = [
                (
                    named("blosc", cname=c[1], clevel=5, shuffle=c[2], typesize=size, blocksize=0)
                    if isinstance(c, tuple)
                    else c
                )
                for c in chain
            ]
            yield make(f"codec {name} {data_type}", data_type, [33, 21], [10, 8], [bytes_codec(data_type), *chain])
    for order in itertools.permutations(range(3)):
        chain = [named("transpose", order=list(order)), bytes_codec("int32", "big"), named("gzip", level=1)]
        yield make(f"codec transpose {order}", "int32", [5, 6, 7], [2, 3, 4], chain)
    twice = [named("transpose", order=[1, 2, 0]), named("transpose", order=[0, 2, 1]), bytes_codec("uint16")]
    yield make("codec transpose twice", "uint16", [5, 6, 7], [2, 3, 4], twice)


def shards():
    zstd = named("zstd", level=1, checksum=False)
    little, big, crc = named("bytes", endian="little"), named("bytes", endian="big"), named("crc32c")
    for location in ("start", "end", None):
        for index_name, index in (("crc", [little, crc]), ("bare", [little]), ("big", [big, crc]), ("big bare", [big])):
            codec = shard([2, 5], [little, zstd], index, location)
            yield make(f"shard {location} {index_name}", "float32", [13, 17], [6, 10], [codec])
    yield make("shard of one chunk", "uint16", [9], [4], [shard([4], [little])])
    yield make("shard of single elements", "uint16", [9], [4], [shard([1], [little])])
    yield make("shard larger than the array", "uint16", [3, 3], [64, 64], [shard([8, 8], [little, crc])])
    yield make(
        "shard transposed inside", "int32", [8, 9], [4, 6], [shard([2, 3], [named("transpose", order=[1, 0]), little])]
    )
    yield make(
        "shard transposed outside", "int32", [8, 9], [4, 6], [named("transpose", order=[1, 0]), shard([3, 2], [little])]
    )
    yield make("shard big-endian", "int64", [8, 9], [4, 6], [shard([2, 3], [big, named("gzip", level=1)])])
    yield make("shard in gzip", "int32", [8, 9], [4, 6], [shard([2, 3], [little]), named("gzip", level=1)])
    yield make("shard in crc32c", "int32", [8, 9], [4, 6], [shard([2, 3], [little]), crc])
    inner = shard([2, 2], [little, zstd])
    yield make("shard nested", "float64", [16, 18], [8, 8], [shard([4, 4], [inner])])
    inner = shard([2, 2], [big], [big], "start")
    yield make("shard nested mixed", "float64", [16, 18], [8, 8], [shard([4, 4], [inner, crc], [little, crc], "end")])
    deep = shard([1, 2], [little, crc])
    yield make("shard nested twice", "int16", [16, 16], [16, 16], [shard([8, 8], [shard([4, 4], [deep])])])
    blosc = named("blosc", cname="lz4", clevel=5, shuffle="shuffle", typesize=4, blocksize=0)
    yield make("shard blosc", "float32", [64, 64], [32, 32], [shard([16, 8], [little, blosc])])
    yield make("shard strings", "string", [9], [6], [shard([2], [named("vlen-utf8"), zstd])])
    yield make("shard never written", "int32", [8, 9], [4, 6], [shard([2, 3], [little])], fill=-5, written=False)


def fills():
    cases = [
        ("float16", "NaN", "007e"),
        ("float16", "0x7e01", "017e"),
        ("float16", -0.0, "0080"),
        ("float16", "-Infinity", "00fc"),
        ("float32", "NaN", "0000c07f"),
        ("float32", "0x7fc00001", "0100c07f"),
        ("float32", "0xffc12345", "4523c1ff"),
        ("float32", -0.0, "00000080"),
        ("float32", "Infinity", "0000807f"),
        ("float32", 1e-45, "01000000"),
        ("float32", 0.1, "cdcccc3d"),
        ("float64", "NaN", "000000000000f87f"),
        ("float64", "0x7ff8000000000123", "230100000000f87f"),
        ("float64", -0.0, "0000000000000080"),
        ("float64", "-Infinity", "000000000000f0ff"),
        ("float64", 5e-324, "0100000000000000"),
        ("float64", 1.7976931348623157e308, "ffffffffffffef7f"),
        ("float64", 0.1, "9a9999999999b93f"),
        ("int8", -128, "80"),
        ("int16", -32768, "0080"),
        ("int32", -2147483648, "00000080"),
        ("int64", -(2**63), "0000000000000080"),
        ("int64", 2**63 - 1, "ffffffffffffff7f"),
        ("int64", 2**53 + 1, "0100000000002000"),
        ("uint8", 255, "ff"),
        ("uint16", 65535, "ffff"),
        ("uint32", 2**32 - 1, "ffffffff"),
        ("uint64", 2**64 - 1, "ffffffffffffffff"),
        ("uint64", 2**53 + 1, "0100000000002000"),
        ("bool", True, "01"),
        ("complex64", ["NaN", -0.0], "0000c07f00000080"),
        ("complex64", [0.1, "-Infinity"], "cdcccc3d000080ff"),
        ("complex128", ["Infinity", 5e-324], "000000000000f07f0100000000000000"),
        ("complex128", [-0.0, "NaN"], "0000000000000080000000000000f87f"),
        ("r16", [1, 255], "01ff"),
        ("r64", [1, 2, 3, 4, 5, 6, 7, 8], "0102030405060708"),
    ]
    for data_type, fill, text in cases:
        pattern = bytes.fromhex(text)
        title = f"fill {data_type} {json.dumps(fill)}"
        yield make(title, data_type, [8, 5], [2, 2], fill=fill, fill_bytes=pattern)
        # Nothing is stored, so that all elements come from metadata.
        case = make(title + " never written", data_type, [3, 5], [2, 2], fill=fill, written=False)
        yield dataclasses.replace(case, elements=(pattern * 15, None))
    case = make("fill string never written", "string", [3], [2], fill="zéolite", written=False)
    yield dataclasses.replace(case, elements=(["zéolite"] * 3, None))


def shapes():
    chains = {
        "plain": lambda rank, chunks: [bytes_codec("int32")],
        "gzip": lambda rank, chunks: [bytes_codec("int32"), named("gzip", level=1)],
        "sharded": lambda rank, chunks: [shard([max(1, c // 2) for c in chunks], [bytes_codec("int32")])],
    }
    for shape, chunks in [
        ([], []),
        ([0], [4]),
        ([0, 5], [2, 2]),
        ([5, 0], [2, 2]),
        ([1], [1]),
        ([1], [64]),
        ([7], [7]),
        ([7], [2]),
        ([8], [2]),
        ([97], [10]),
        ([3, 5, 7], [2, 2, 2]),
        ([2, 3, 2, 3, 2], [2, 2, 2, 2, 2]),
        ([1, 1, 1, 1, 1, 1, 5], [1, 1, 1, 1, 1, 1, 2]),
        ([100, 3], [100, 2]),
        ([3, 100], [2, 100]),
        ([11, 13], [4, 6]),
    ]:
        for name, chain in chains.items():
            chunks_used = [c + c % 2 for c in chunks] if name == "sharded" else chunks
            yield make(f"shape {shape} {name}", "int32", shape, chunks_used, chain(len(shape), chunks_used))


def keys_and_grids():
    for name, separator in itertools.product(["default", "v2"], ["/", "."]):
        keys = named(name, separator=separator)
        yield make(f"keys {name} {separator}", "uint8", [5, 6], [2, 3], keys=keys)
        yield make(f"keys {name} {separator} scalar", "uint8", [], [], keys=keys)
    for name, edges, shape in [
        ("runs", [[[2, 3]], [4, 3]], [6, 7]),
        ("step", [4, [1, 2, 3]], [10, 6]),
        ("overflow", [[4, 4], [[3, 2]]], [7, 5]),
        ("single", [[7], [5]], [7, 5]),
        ("mixed", [[[1, 3], 3], [2, [2, 2]]], [6, 6]),
    ]:
        grid = named("rectilinear", kind="inline", chunk_shapes=edges)
        yield make(
            f"grid rectilinear {name}", "int16", shape, None, [bytes_codec("int16"), named("gzip", level=1)], grid=grid
        )


def spellings():
    """What peers call types that Zeolite writes under their registered names."""
    for data_type, fill in (("variable_length_bytes", ""),):
        case = make(f"spelling {data_type}", data_type, [5], [2], fill=fill)
        yield dataclasses.replace(case, peer_only=True)
    case = make("spelling r24 with base64", "r24", [5], [2], fill="AAAA")
    yield dataclasses.replace(case, peer_only=True)
    case = make("spelling raw_bytes", "r24", [5], [2])
    case.document["data_type"] = named("raw_bytes", length_bytes=3)
    case.document["fill_value"] = "AAAA"
    yield dataclasses.replace(case, peer_only=True)


def all_cases():
    for family in (data_types, codecs, shards, fills, shapes, keys_and_grids, spellings):
        yield from family()
