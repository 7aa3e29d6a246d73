# SPDX-License-Identifier: Apache-2.0
"""zarr-python as a contestant.

Best: threading.max_workers is the number of threads asked for; codec_pipeline.batch_size is 8, as small chunks take
up to half the time when they are not handled one by one, and more gains nothing (async.concurrency neither, with
local files); chunks equal to the fill value are not looked for (array.write_empty_chunks); elements are read into
given memory with `out`; whole rows are read with one array of row numbers, single elements with one of their places,
other boxes by many requests at once through AsyncArray (which take longer than one by one for single elements). A
slow store gets as many requests at once as it works on, and where memory is to be bounded no more chunks are asked for
at once than that holds, encoded and decoded (async.concurrency).

The slow store is the one for local files behind one that waits.

Default: nothing is configured; boxes are read one after the other, and what a read returns is copied.

Fused: zarr-python with its other codec pipeline, which is experimental, as a contestant of its own. As best, but that
pipeline has no batches, and workers of its own (codec_pipeline.max_workers): as many as asked for, and one where
chunks are tiny, which then take two thirds of the time, as workers would only wait for each other. It reads a slow
store, which is asynchronous, without them.
"""

import asyncio
import concurrent.futures
import importlib.metadata
import json
import math
import pathlib
import warnings

import numpy
import zarr
import zarr.api.asynchronous
import zarr.core.codec_pipeline
from zarr.abc.store import Store
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import LocalStore, MemoryStore, WrapperStore

from peer_common import (
    box_shape, boxes_of, document_of, need_regular, origins_of, sample, slabs_of, slices, source_of, used_memory,
    values_of, whole_rows,
)

warnings.filterwarnings("ignore", category=UserWarning, module="zarr")
REQUESTS = 32  # boxes that are asked for at once
FUSED = "zarr.core.codec_pipeline.FusedCodecPipeline"


def memory_for(output):
    return default_buffer_prototype().nd_buffer.from_numpy_array(output)


class SlowStore(WrapperStore):
    """Every read takes a while, and only so many are worked on at once."""

    def __init__(self, store, latency, at_once):
        super().__init__(store)
        self.latency, self.gate, self.count = latency, asyncio.Semaphore(at_once), 0

    def _with_store(self, store):
        self._store = store  # the same counter and the same gate
        return self

    async def get(self, key, prototype, byte_range=None):
        self.count += 1
        async with self.gate:
            await asyncio.sleep(self.latency)
            return await super().get(key, prototype, byte_range)

    # The newer a wrapper of zarr-python's is, the more it hands past `get` to the store it wraps. As stores of far
    # away things are, this one is asynchronous and has no other way than `get`.
    _supports_sync_io = False

    def get_ranges(self, key, byte_ranges, **options):
        return Store.get_ranges(self, key, byte_ranges, **options)

    async def get_partial_values(self, prototype, key_ranges):
        return await asyncio.gather(*[self.get(key, prototype, byte_range) for key, byte_range in key_ranges])

    def requests(self):
        count, self.count = self.count, 0
        return count


def concurrency_of(workload):
    if workload.get("store") == "slow":
        return workload["at_once"]
    chunk = document_of(workload)["chunk_grid"]["configuration"]["chunk_shape"]
    return max(1, workload["budget"] // (2 * 2 * math.prod(chunk)))  # of two bytes each


def has_tiny_chunks(workload):
    path = pathlib.Path(workload.get("metadata") or workload["path"] + "/zarr.json")
    document = json.loads(path.read_text())
    if document["node_type"] == "group":
        return False
    grid = document["chunk_grid"]["configuration"]
    edges = grid.get("chunk_shape") or [n // len(axis) for n, axis in zip(document["shape"], grid["chunk_shapes"])]
    return math.prod(edges) <= 4096


class Peer:
    row_numbers = True  # arrays of numbers are a selection the codec pipeline takes
    requests = None

    def __init__(self, fused=False):
        self.fused = fused

    def configure(self, workload, threads, best):
        self.best, self.threads = best, threads
        if self.fused:
            if not hasattr(zarr.core.codec_pipeline, "FusedCodecPipeline"):
                raise NotImplementedError(f"zarr-python {zarr.__version__} has no fused pipeline, 3.4 has one")
            workers = 1 if has_tiny_chunks(workload) else threads
            zarr.config.set({"codec_pipeline.path": FUSED, "codec_pipeline.max_workers": workers})
        if best:
            zarr.config.set({
                "threading.max_workers": threads,
                "codec_pipeline.batch_size": 8,
                "array.write_empty_chunks": True,
            })
        if best and ("budget" in workload or workload.get("store") == "slow"):
            # A batch's chunks are read together, however many batches may be read at once.
            zarr.config.set({"async.concurrency": concurrency_of(workload), "codec_pipeline.batch_size": 1})

    def store(self, workload):
        if workload.get("store") == "memory":
            make = default_buffer_prototype().buffer.from_bytes
            return MemoryStore({key: make(value) for key, value in values_of(workload)}, read_only=True)
        if workload.get("store") == "slow":
            store = SlowStore(LocalStore(workload["path"], read_only=True), workload["latency"], workload["at_once"])
            self.requests = store.requests
            return store
        return workload["path"]

    def version(self):
        return "zarr-python " + importlib.metadata.version("zarr") + (" with its fused pipeline" if self.fused else "")

    def prepare_read(self, workload):
        need_regular(workload)
        array = zarr.open_array(self.store(workload), mode="r")
        selection = slices(workload["box"])
        if workload["fresh"]:
            return lambda: array[selection]
        output = used_memory(box_shape(workload["box"]), array.dtype)

        def reused():
            if self.best:
                array.get_basic_selection(selection, out=memory_for(output))
            else:
                output[...] = array[selection]
            return output

        return reused

    def prepare_read_slabs(self, workload):
        array, boxes = zarr.open_array(self.store(workload), mode="r"), slabs_of(workload)

        def slabs():
            output, samples = numpy.empty((workload["slab"], *array.shape[1:]), array.dtype), []
            for box in boxes:
                if self.best:
                    array.get_basic_selection(box, out=memory_for(output))
                else:
                    output[...] = array[box]
                samples.append(sample(output))
            return numpy.concatenate(samples)

        return slabs

    def prepare_read_many(self, workload):
        array = zarr.open_array(self.store(workload), mode="r")
        boxes, rows = boxes_of(workload), whole_rows(workload)
        output = used_memory((workload["n"], *workload["shape"]), array.dtype)

        def one_by_one():
            for i, box in enumerate(boxes):
                output[i] = array[box]
            return output

        def by_row_numbers():
            columns = slice(0, workload["shape"][1])
            array.get_orthogonal_selection((rows, columns), out=memory_for(output.reshape(len(boxes), -1)))
            return output

        if not self.best:
            return one_by_one
        if rows is not None and self.row_numbers:
            return by_row_numbers
        return self.many_at_once(self.store(workload), boxes, output)

    def many_at_once(self, store, boxes, output):
        """A loop of its own, as zarr-python's cannot be given several requests at once from outside."""
        runner = asyncio.Runner()
        runner.get_loop().set_default_executor(concurrent.futures.ThreadPoolExecutor(self.threads))
        array = runner.run(zarr.api.asynchronous.open_array(store=store, mode="r"))

        async def worker(numbers):
            for i in numbers:
                output[i] = await array.getitem(boxes[i])

        async def all_boxes():
            numbers = iter(range(len(boxes)))
            await asyncio.gather(*[worker(numbers) for _ in range(REQUESTS)])

        def job():
            runner.run(all_boxes())
            return output

        return job

    def prepare_write(self, workload):
        document, source = source_of(workload)
        text = pathlib.Path(workload["metadata"]).read_bytes()

        def write():
            # The same document for all contestants: create_array would make one of its own.
            (pathlib.Path(workload["target"]) / "zarr.json").write_bytes(text)
            zarr.open_array(workload["target"], mode="r+")[...] = source

        return write

    def prepare_replace(self, workload):
        array, boxes = zarr.open_array(workload["path"], mode="r+"), boxes_of(workload)
        values, rounds = numpy.zeros(workload["shape"], array.dtype), iter(range(1, 1 << 30))

        def replace():
            values.fill(next(rounds))
            for box in boxes:
                array[box] = values

        return replace

    def prepare_list(self, workload):
        if self.fused:
            raise NotImplementedError("listing takes no codec pipeline")

        def nodes():
            return 1 + len(list(zarr.open_group(workload["path"], mode="r").members(max_depth=None)))

        return nodes

    def prepare_lookups(self, workload):
        if "rectilinear_chunks" not in zarr.config.get("array"):  # zarr-python 3.1
            need_regular(workload)
        zarr.config.set({"array.rectilinear_chunks": True})  # experimental: without it such an array is not opened
        origins = origins_of(workload)
        points, axes = [tuple(point) for point in origins.tolist()], tuple(origins.T)

        def one_by_one():
            array = zarr.open_array(workload["path"], mode="r")
            return numpy.array([array[point] for point in points])

        def by_numbers():
            return zarr.open_array(workload["path"], mode="r").get_coordinate_selection(axes)

        return by_numbers if self.best and self.row_numbers else one_by_one
