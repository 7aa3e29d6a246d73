# SPDX-License-Identifier: Apache-2.0
"""What the engine is to reach: the goals, by the rows they are measured in. report.py tells which are met."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Goal:
    """Every number is the most there may be, except `gain`; None: nothing is asked. Rows are judged by the worst."""

    number: int
    workload: str
    rows: tuple
    limit: float | None = None  # time of the limit
    peer: float | None = None  # time of the best peer
    growth: float | None = None  # cost of an item among more of them, of that among fewer
    formula: float | None = None  # time that the fewest requests take
    memory: float | None = None  # beyond what was there, of the output and the budget
    gain: float | None = None  # by the second core, of what the limit gains; the least


def both(name):
    return (name, name + "_reused")


GOALS = [
    Goal(1, "uncompressed, all", both("read_raw"), limit=1.2, peer=0.6),
    Goal(2, "blosc, all", both("read_blosc"), limit=1.1, peer=0.8),
    Goal(3, "zstd, all", both("read_zstd"), limit=1.15, peer=0.8),
    Goal(4, "gzip, all", both("read_gzip"), limit=1.1, peer=0.6),
    Goal(5, "shards, all", both("read_sharded"), limit=1.2, peer=0.8),
    Goal(6, "random inner chunks", ("random_inner",), limit=1.5, peer=0.7),
    Goal(7, "box, strided box", ("box_unaligned", "box_strided"), limit=1.4, peer=0.8),
    Goal(8, "random rows", ("random_rows",), limit=1.5, peer=0.5),
    Goal(9, "writing", ("write_raw", "write_zstd", "write_sharded"), limit=1.2, peer=0.8),
    Goal(10, "replacing an inner chunk", ("replace_inner",), limit=1.3, peer=0.8),
    Goal(11, "tiny chunks, cost of one", ("tiny_1e3", "tiny_1e4", "tiny_1e5", "tiny_1e6"), limit=2, peer=0.5,
         growth=1.1),
    Goal(12, "missing chunks, memory store", ("missing_1e6", "in_memory_1e6"), limit=1.5, peer=0.5),
    Goal(13, "listing", ("list_10000",), limit=1.5, peer=0.5),
    Goal(14, "slow store, fewest requests", ("slow_chunks_5ms", "slow_chunks_20ms", "slow_chunks_50ms",
                                             "slow_shards_5ms", "slow_shards_20ms", "slow_shards_50ms"),
         formula=1.15, peer=1),
    Goal(15, "transpose, 2 to 8 axes", tuple(f"transpose_r{rank}" for rank in (2, 3, 4, 8)), limit=1.5, peer=0.5),
    Goal(16, "rectilinear grid", ("rectilinear_1e6",), limit=2, peer=0.5),
    Goal(17, "memory within a budget", ("memory_slabs", "memory_budget"), memory=1.05),
    Goal(18, "gain by the second core", ("read_raw", "read_blosc", "read_zstd", "read_gzip", "read_sharded"),
         gain=0.85),
]
