# SPDX-License-Identifier: Apache-2.0
"""TensorStore as a contestant.

Best: as many threads as asked for, for copying and decoding as well as for files; no lock files, and no waiting for a
disk, as nobody else does that; files are mapped rather than read (file_io_mode), which saves a copy where chunks are
large; chunks equal to the fill value are not looked for; reads of many boxes are issued together as batches. Where
many boxes are read of shards, the indexes of which are known to everybody else, a cache (cache_pool) holds those and
little more, and is not asked whether they are still true (recheck_cached_data). Elsewhere, and in the other settings,
nothing is cached (cache_pool has 0 bytes by default), so every round does the whole work; there is no other bound of
the memory to work with than the number of threads.

The slow store is an HTTP server of ours on the same cores (slow_server.py), asked for as many things at once as it
works on (http_request_concurrency).

The Python interface cannot read into given memory directly. Best: the memory is made a TensorStore (ts.array) and the
array is written to it, which copies chunks into place. Default: what read() returns is copied.
"""

import importlib.metadata

import numpy
import tensorstore as ts

import slow_server
from peer_common import (
    box_shape, boxes_of, document_of, need_regular, origins_of, sample, slabs_of, slices, source_of, used_memory,
    values_of, whole_rows,
)

INDEXES = 16 << 20  # bytes for them: a small part of what the boxes hold
BATCH = 1000  # boxes of a batch: their results are all in memory before they are copied into place


class Peer:
    requests = None

    def configure(self, workload, threads, best):
        self.best = best
        limits = {"data_copy_concurrency": {"limit": threads}, "file_io_concurrency": {"limit": threads}}
        more = {"file_io_locking": {"mode": "none"}, "file_io_sync": False, "file_io_mode": {"mode": "memmap"}}
        if workload.get("store") == "slow":
            limits["http_request_concurrency"] = {"limit": workload["at_once"]}
        names = [codec["name"] for codec in document_of(workload).get("codecs", [])] if "path" in workload else []
        self.keeps_indexes = best and workload["kind"] == "read_many" and "sharding_indexed" in names
        self.keeps_indexes = self.keeps_indexes and workload.get("store") != "slow"
        if self.keeps_indexes:
            more["cache_pool"] = {"total_bytes_limit": INDEXES}
        self.context = ts.Context(limits | more if best else {})

    def version(self):
        return "tensorstore " + importlib.metadata.version("tensorstore")

    def files(self, path):
        return {"driver": "file", "path": path.rstrip("/") + "/"}

    def kvstore(self, workload):
        if workload.get("store") == "memory":
            spec = {"driver": "memory", "path": "array/"}
            store = ts.KvStore.open(spec, context=self.context).result()
            for write in [store.write(key, value) for key, value in values_of(workload)]:
                write.result()
            return spec
        if workload.get("store") == "slow":
            server = slow_server.Server(workload["path"], workload["latency"])
            self.requests = server.requests
            return {"driver": "http", "base_url": server.url}
        return self.files(workload["path"])

    def open(self, kvstore, **options):
        spec = {"driver": "zarr3", "kvstore": kvstore}
        if "metadata" in options:
            spec["metadata"] = options.pop("metadata")
        if self.best:
            spec["store_data_equal_to_fill_value"] = True
        if self.keeps_indexes:
            spec["recheck_cached_data"] = False
        return ts.open(spec, context=self.context, **options).result()

    def prepare_read(self, workload):
        need_regular(workload)
        store = self.open(self.kvstore(workload), read=True)
        box = slices(workload["box"])
        if workload["fresh"]:
            return lambda: store[box].read().result()
        output = used_memory(box_shape(workload["box"]), store.dtype.numpy_dtype)
        target = ts.array(output, context=self.context, copy=False, write=True)

        def reused():
            if self.best:
                target.write(store[box][ts.d[:].translate_to[0]]).result()
            else:
                numpy.copyto(output, store[box].read().result())
            return output

        return reused

    def prepare_read_slabs(self, workload):
        store = self.open(self.kvstore(workload), read=True)
        boxes = slabs_of(workload)

        def slabs():
            output, samples = numpy.empty(store[boxes[0]].shape, store.dtype.numpy_dtype), []
            target = ts.array(output, context=self.context, copy=False, write=True)
            for box in boxes:
                if self.best:
                    target.write(store[box][ts.d[:].translate_to[0]]).result()
                else:
                    numpy.copyto(output, store[box].read().result())
                samples.append(sample(output))
            return numpy.concatenate(samples)

        return slabs

    def prepare_read_many(self, workload):
        store = self.open(self.kvstore(workload), read=True)
        boxes, rows = boxes_of(workload), whole_rows(workload)
        output = used_memory((workload["n"], *workload["shape"]), store.dtype.numpy_dtype)

        def one_by_one():
            for i, box in enumerate(boxes):
                output[i] = store[box].read().result()
            return output

        def batches():
            for start in range(0, len(boxes), BATCH):
                with ts.Batch() as batch:
                    reads = [store[box].read(batch=batch) for box in boxes[start : start + BATCH]]
                for i, read in enumerate(reads, start):
                    output[i] = read.result()
            return output

        def by_row_numbers():
            # One read with an array of row numbers needs each chunk only once.
            target = ts.array(output.reshape(len(boxes), -1), context=self.context, copy=False, write=True)
            target.write(store.oindex[rows, 0 : workload["shape"][1]]).result()
            return output

        if not self.best:
            return one_by_one
        return batches if rows is None else by_row_numbers

    def prepare_write(self, workload):
        document, source = source_of(workload)
        document.pop("attributes", None)
        # The source outlives the write, so it need not be copied.
        options = {"can_reference_source_data_indefinitely": True} if self.best else {}

        def write():
            store = self.open(self.files(workload["target"]), metadata=document, create=True)
            store.write(source, **options).result()

        return write

    def prepare_replace(self, workload):
        store, boxes = self.open(self.kvstore(workload), write=True), boxes_of(workload)
        values, rounds = numpy.zeros(workload["shape"], store.dtype.numpy_dtype), iter(range(1, 1 << 30))

        def replace():
            values.fill(next(rounds))
            for box in boxes:
                store[box].write(values).result()

        return replace

    def prepare_list(self, workload):
        raise NotImplementedError("no groups")

    def prepare_lookups(self, workload):
        need_regular(workload)
        points = [tuple(point) for point in origins_of(workload).tolist()]

        def lookups():
            store = self.open(self.kvstore(workload), read=True)
            if self.best:
                return numpy.array([read.result() for read in [store[p].read() for p in points]])
            return numpy.array([store[p].read().result() for p in points])

        return lookups
