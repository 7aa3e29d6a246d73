# SPDX-License-Identifier: Apache-2.0
"""Turns a row's workload into the requests' form: makes the data sets, gives every contestant its own place to write,
brings files into the page cache, and looks afterwards at what was written."""

import json
import math
import mmap
import os
import pathlib
import shutil
import zlib

import numpy

import data


def crc_of(array):
    return zlib.crc32(memoryview(numpy.ascontiguousarray(array).reshape(-1).view("uint8")))


def read_once(path):
    """Reads all files, so that they are in the page cache."""
    buffer = bytearray(1 << 20)
    for folder, _, names in os.walk(path):
        for name in names:
            descriptor = os.open(os.path.join(folder, name), os.O_RDONLY)
            while os.readv(descriptor, [buffer]):
                pass
            os.close(descriptor)


def bring_back(count):
    """Takes so many bytes and gives them back. What is free, a virtual machine may have given back to its host, and
    whoever takes it next waits for it: that is to be nobody's turn."""
    with mmap.mmap(-1, count) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for page in range(0, count, mmap.PAGESIZE):
            memory[page] = 1


def make(row, size, library):
    """Makes a row's data sets; Prepared makes what is missing too, but in the midst of measuring."""
    plan = row.at(size)
    if plan["kind"] == "write":
        library.source(plan["data"])
    else:
        library.array(plan["data"])


class Prepared:
    """A row at one size: `workload(label)` is what a contestant gets."""

    def __init__(self, row, size, library, scratch):
        plan = row.at(size)
        self.kind, self.items, self.data = plan["kind"], plan["items"], plan["data"]
        self.scratch = pathlib.Path(scratch)
        self.common = {"kind": self.kind}
        for key in ("box", "fresh", "n", "shape", "store", "latency", "at_once", "slab", "budget"):
            if key in plan:
                self.common[key] = plan[key]
        self.requests = plan.get("requests")  # the fewest a slow store needs
        self.takes = 0  # bytes of memory that a run takes anew, or a little more
        if plan.get("fresh"):
            elements = math.prod(len(range(*axis)) for axis in plan["box"])
            self.takes = elements * numpy.dtype(self.data.document["data_type"]).itemsize * 5 // 4
        self.room = plan["budget"] + plan["output_bytes"] if "budget" in plan else None
        if "choose" in plan:
            origins = library.origins(self.data, plan["choose"], plan["n"], plan.get("shape"))
            self.common["origins"] = str(origins)
        if self.kind == "write":
            self.metadata, self.source = library.document(self.data), library.source(self.data)
            self.common |= {"metadata": str(self.metadata), "source": str(self.source)}
            self.takes = os.path.getsize(self.source) * 5 // 4
        else:
            self.path = library.array(self.data)
            self.common["path"] = str(self.path)
            read_once(self.path)

    def own_folder(self, label):
        return self.scratch / "".join(c if c.isalnum() else "_" for c in label)

    def workload(self, label):
        if self.kind == "write":
            return self.common | {"target": str(self.own_folder(label))}
        if self.kind == "replace":  # each its own copy: nobody finds what another has just written
            shutil.copytree(self.path, self.own_folder(label), dirs_exist_ok=True)
            return self.common | {"path": str(self.own_folder(label))}
        return self.common

    def before_run(self, label):
        if self.kind == "write":
            shutil.rmtree(self.own_folder(label), ignore_errors=True)
            self.own_folder(label).mkdir(parents=True)
        if self.takes:
            bring_back(self.takes)

    def after_run(self, label, first, runs):
        """Says what is wrong with what the first run wrote, or None. Frees the memory of what was written."""
        try:
            if self.kind == "write":
                return self.wrong_array(label) if first else None
            return self.wrong_box(label, runs) if self.kind == "replace" and first else None
        except Exception as error:  # whatever keeps it from being read back is the contestant's
            return f"what was written cannot be read: {error}"
        finally:
            if self.kind == "write":
                shutil.rmtree(self.own_folder(label), ignore_errors=True)

    def wrong_array(self, label):
        wanted = numpy.memmap(self.source, self.data.document["data_type"], "r")
        written = json.loads((self.own_folder(label) / "zarr.json").read_text())
        for key in ("shape", "data_type", "chunk_grid"):
            if written[key] != self.data.document[key]:
                return f"{key} was written as {written[key]}"
        if [c["name"] for c in written["codecs"]] != [c["name"] for c in self.data.document["codecs"]]:
            return f"codecs were written as {written['codecs']}"
        same = crc_of(data.opened(self.own_folder(label)).read().result()) == crc_of(wanted)
        return None if same else "the array does not hold the elements"

    def wrong_box(self, label, runs):
        found = data.opened(self.own_folder(label)).read().result()
        wanted = data.opened(self.path).read().result()
        for origin in numpy.fromfile(self.common["origins"], "<u8").reshape(self.common["n"], -1).tolist():
            wanted[tuple(slice(o, o + n) for o, n in zip(origin, self.common["shape"]))] = runs
        return None if numpy.array_equal(found, wanted) else f"the array does not hold the boxes of run {runs}"

    def finish(self, labels):
        for label in labels:
            shutil.rmtree(self.own_folder(label), ignore_errors=True)
