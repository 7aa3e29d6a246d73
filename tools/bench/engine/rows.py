# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark, one entry each. A new row is a new entry in ROWS; a new layout goes to layouts.py."""

import dataclasses
from collections.abc import Callable

import layouts


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    work: Callable  # of a size: the workload with "data" in the place of paths, see prepare.py; None where left out
    threads: int | None = None  # None: as many as there are cores

    def at(self, size):
        return self.work(size)


def read(layout, box=None, fresh=True):
    """Reads a box (function of the shape), or the whole array."""

    def work(size):
        data = layout(size)
        shape = data.document["shape"]
        box_ = box(shape) if box else [[0, n, 1] for n in shape]
        return {"kind": "read", "data": data, "box": box_, "fresh": fresh, "items": data.chunks}

    return work


def read_many(layout, choose, count, shape):
    def work(size):
        n = count(size)
        return {"kind": "read_many", "data": layout(size), "choose": choose, "n": n, "shape": shape, "items": n}

    return work


def write(layout):
    return lambda size: {"kind": "write", "data": layout(size), "items": layout(size).chunks}


def replace(layout, shape):
    return lambda size: {
        "kind": "replace", "data": layout(size), "choose": "inner", "n": 1, "shape": shape, "items": 1,
    }


def list_nodes(layout):
    def work(size):
        data = layout(size)
        return {"kind": "list", "data": data, "items": data.more["groups"] * (1 + data.more["arrays"])}

    return work


def lookups(layout):
    def work(size):
        return {
            "kind": "lookups", "data": layout(size), "choose": "stored", "n": size.lookups, "items": size.lookups,
        }

    return work


def in_memory(work):
    return lambda size: work(size) | {"store": "memory"}


AT_ONCE = 32  # requests that the slow store works on


def slow(work, milliseconds, rounds):
    """Every item takes so many requests, one after the other."""

    def at(size):
        if milliseconds not in size.latencies:
            return None
        plan = work(size)
        requests = {"latency": milliseconds / 1000, "at_once": AT_ONCE, "requests": rounds * plan["items"]}
        return plan | {"store": "slow"} | requests

    return at


def each_shard(size):
    data = layouts.slow_shards(size)
    return {
        "kind": "read_many", "data": data, "choose": "each", "n": data.chunks, "shape": [layouts.NEAR] * 3,
        "items": data.chunks,
    }


def in_slabs(layout):
    def work(size):
        plan = read(layout)(size)
        return plan | {"kind": "read_slabs", "slab": size.slab} | within(size, size.slab)

    return work


def at_once(layout):
    return lambda size: read(layout)(size) | within(size, layout(size).document["shape"][0])


def within(size, planes):
    """What memory there is to read so many planes at once."""
    return {"budget": size.budget, "output_bytes": planes * size.plane**2 * 2}


def only_full(work):
    return lambda size: work(size) if size.name == "full" else None


def quarter(shape):
    """About a quarter of the elements; no face of the box lies on a face of a chunk."""
    return [[37, 37 + int(0.63 * n), 1] for n in shape]


def every_third(shape):
    return [[0, n, 3] for n in shape]


INNER_BOX = [layouts.INNER] * 3
LINE = [1, layouts.WIDE]

ROWS = [
    Row("read_raw", "everything, large chunks, uncompressed", read(layouts.raw)),
    Row("read_raw_reused", "the same, into memory used before", read(layouts.raw, fresh=False)),
    Row("read_blosc", "everything, large chunks, blosc", read(layouts.blosc)),
    Row("read_blosc_reused", "the same, into memory used before", read(layouts.blosc, fresh=False)),
    Row("read_zstd", "everything, large chunks, zstd", read(layouts.zstd)),
    Row("read_zstd_reused", "the same, into memory used before", read(layouts.zstd, fresh=False)),
    Row("read_gzip", "everything, chunks of 1 MiB, gzip", read(layouts.gzip)),
    Row("read_gzip_reused", "the same, into memory used before", read(layouts.gzip, fresh=False)),
    Row("read_sharded", "everything, large shards, inner chunks of 64 KiB, zstd", read(layouts.sharded)),
    Row("read_sharded_reused", "the same, into memory used before", read(layouts.sharded, fresh=False)),
    Row("random_inner", "random inner chunks of large shards",
        read_many(layouts.sharded, "inner", lambda size: size.boxes, INNER_BOX)),
    Row("box_unaligned", "a quarter, across chunks of 512 KiB, zstd", read(layouts.zstd_small, quarter)),
    Row("box_strided", "every third element along each axis", read(layouts.zstd_small, every_third)),
    Row("random_rows", "random rows of 4 KiB in chunks of 4 MiB, uncompressed",
        read_many(layouts.tall, "rows", lambda size: size.lines, LINE)),
    Row("write_raw", "making and writing an array, large chunks, uncompressed", write(layouts.raw)),
    Row("write_zstd", "the same with zstd", write(layouts.zstd)),
    Row("write_sharded", "the same with large shards and zstd", write(layouts.sharded)),
    Row("replace_inner", "replacing one inner chunk of a large shard", replace(layouts.one_shard, INNER_BOX)),
    Row("tiny_1e3", "1,000 chunks of 64 bytes", read(layouts.tiny(3))),
    Row("tiny_1e4", "10,000 chunks of 64 bytes", read(layouts.tiny(4))),
    Row("tiny_1e5", "100,000 chunks of 64 bytes", read(layouts.tiny(5))),
    Row("tiny_1e6", "1,000,000 chunks of 64 bytes", only_full(read(layouts.tiny(6)))),
    Row("tiny_squares", "100,000 chunks of 8 by 8 bytes", read(layouts.tiny_squares)),
    Row("in_memory_1e6", "1,000,000 chunks of 64 bytes in a memory store", in_memory(read(layouts.in_memory))),
    Row("missing_1e6", "an array of tiny chunks of which none is stored", read(layouts.missing)),
    Row("list_10000", "listing a hierarchy with its metadata", list_nodes(layouts.hierarchy)),
    Row("transpose_r2", "axes reversed and big-endian, 2 axes", read(layouts.transposed(2))),
    Row("transpose_r3", "axes reversed and big-endian, 3 axes", read(layouts.transposed(3))),
    Row("transpose_r4", "axes reversed and big-endian, 4 axes", read(layouts.transposed(4))),
    Row("transpose_r8", "axes reversed and big-endian, 8 axes", read(layouts.transposed(8))),
    Row("rectilinear_1e6", "opening a rectilinear grid with many edges, single elements", lookups(layouts.rectilinear)),
    Row("slow_chunks_5ms", "chunks of 64 KiB, 5 ms a request, 32 at once", slow(read(layouts.slow_chunks), 5, 1)),
    Row("slow_chunks_20ms", "chunks of 64 KiB, 20 ms a request, 32 at once", slow(read(layouts.slow_chunks), 20, 1)),
    Row("slow_chunks_50ms", "the same, 50 ms a request", slow(read(layouts.slow_chunks), 50, 1)),
    Row("slow_shards_5ms", "an inner chunk of each shard, 5 ms a request, 32 at once", slow(each_shard, 5, 2)),
    Row("slow_shards_20ms", "an inner chunk of each shard, 20 ms a request, 32 at once", slow(each_shard, 20, 2)),
    Row("slow_shards_50ms", "the same, 50 ms a request", slow(each_shard, 50, 2)),
    Row("memory_slabs", "a large array in slabs, into one buffer, within a budget", in_slabs(layouts.large(0))),
    Row("memory_budget", "a large array at once, within a budget", at_once(layouts.large(1))),
    Row("one_core_read_raw", "read_raw on one core", read(layouts.raw), threads=1),
    Row("one_core_read_blosc", "read_blosc on one core", read(layouts.blosc), threads=1),
    Row("one_core_read_zstd", "read_zstd on one core", read(layouts.zstd), threads=1),
    Row("one_core_read_gzip", "read_gzip on one core", read(layouts.gzip), threads=1),
    Row("one_core_read_sharded", "read_sharded on one core", read(layouts.sharded), threads=1),
]
