# SPDX-License-Identifier: Apache-2.0
"""What the peers share: boxes, files of origins, outputs that are reused."""

import json
import os
import pathlib

import numpy


def document_of(workload):
    return json.loads((pathlib.Path(workload["path"]) / "zarr.json").read_text())


def need_regular(workload):
    grid = document_of(workload)["chunk_grid"]["name"]
    if grid != "regular":
        raise NotImplementedError(f"no chunk grid {grid}")


def values_of(workload):
    """All files of the array, by their keys."""
    root = pathlib.Path(workload["path"])
    for folder, _, names in os.walk(root):
        for name in names:
            path = pathlib.Path(folder, name)
            yield path.relative_to(root).as_posix(), path.read_bytes()


def slices(box):
    return tuple(slice(*axis) for axis in box)


def box_shape(box):
    return tuple(len(range(*axis)) for axis in box)


def origins_of(workload):
    return numpy.fromfile(workload["origins"], "<u8").reshape(workload["n"], -1).astype("int64")


def boxes_of(workload):
    """The selections of a workload with origins, made beforehand so that only the peer's own work is timed."""
    shape = workload["shape"]
    return [tuple(slice(o, o + n) for o, n in zip(origin, shape)) for origin in origins_of(workload).tolist()]


def whole_rows(workload):
    """The row numbers, when every box is one row from its first column on; otherwise None."""
    origins = origins_of(workload)
    if workload["shape"][0] == 1 and len(workload["shape"]) == 2 and not origins[:, 1].any():
        return origins[:, 0]
    return None


def used_memory(shape, data_type):
    """Memory whose pages are all there."""
    memory = numpy.empty(shape, data_type)
    memory.fill(1)
    return memory


def slabs_of(workload):
    """The selections that read the array from end to end, each into the same memory."""
    planes, *rest = workload["box"]
    return [(slice(start, start + workload["slab"]), *slices(rest)) for start in range(0, planes[1], workload["slab"])]


def sample(slab):
    """Some bytes of a slab, for the checksum of an array that is never in memory as a whole."""
    return slab.reshape(-1).view("uint8")[::4099].copy()  # a prime: every byte of an element has its turn


def source_of(workload):
    document = json.loads(pathlib.Path(workload["metadata"]).read_text())
    return document, numpy.fromfile(workload["source"], document["data_type"]).reshape(document["shape"])
