# SPDX-License-Identifier: Apache-2.0
"""The other implementations, each behind the same few functions."""

import copy
import multiprocessing
import os
import pathlib
import shutil
import warnings

import numpy as np

from cases import VARIABLE, numpy_type

warnings.simplefilter("ignore")


def base_name(data_type):
    return data_type if isinstance(data_type, str) else data_type["name"]


def is_variable(document):
    return base_name(document["data_type"]) in (*VARIABLE, "variable_length_bytes")


def to_array(document, elements):
    """Elements as the peers take them."""
    shape = document["shape"]
    name = base_name(document["data_type"])
    if is_variable(document):
        array = np.empty(len(elements), object)
        array[:] = elements
        return array.reshape(shape)
    if name == "raw_bytes":
        name = f"r{8 * document['data_type']['configuration']['length_bytes']}"
    return np.frombuffer(elements, numpy_type(name)).reshape(shape)


def from_array(document, array):
    """The reverse, for comparing."""
    array = np.asarray(array)
    if is_variable(document):
        return list(array.reshape(-1).tolist())
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and np.little_endian is False):
        array = array.astype(array.dtype.newbyteorder("<"))
    return np.ascontiguousarray(array).tobytes()


class ZarrPython:
    name = "zarr-python"

    def __init__(self):
        import zarr

        self.zarr = zarr
        self.version = zarr.__version__

    def write(self, path, document, elements):
        """Makes the array from a document, in this implementation's own words, and writes its elements."""
        from zarr.core.array import AsyncArray
        from zarr.core.buffer import default_buffer_prototype
        from zarr.core.metadata.v3 import ArrayV3Metadata

        document = copy.deepcopy(document)
        metadata = ArrayV3Metadata.from_dict(document)
        AsyncArray(metadata=metadata, store_path=self.store_path(path))
        pathlib.Path(path).mkdir(parents=True, exist_ok=True)
        for key, value in metadata.to_buffer_dict(default_buffer_prototype()).items():
            (pathlib.Path(path) / key).write_bytes(value.to_bytes())
        array = self.zarr.open_array(str(path), mode="r+", zarr_format=3)
        if elements is not None:
            array[...] = to_array(document, elements)

    def store_path(self, path):
        from zarr.storage import LocalStore, StorePath

        return StorePath(LocalStore(str(path)))

    def read(self, path, document):
        return from_array(document, self.zarr.open_array(str(path), mode="r", zarr_format=3)[...])

    def write_v2(self, path, options, array):
        made = self.zarr.create_array(
            str(path), shape=array.shape, dtype=array.dtype, zarr_format=2, overwrite=True, **options
        )
        made[...] = array


class TensorStore:
    name = "tensorstore"

    def __init__(self):
        import importlib.metadata

        import tensorstore

        self.tensorstore = tensorstore
        self.version = importlib.metadata.version("tensorstore")

    def spec(self, path, driver="zarr3"):
        return {"driver": driver, "kvstore": {"driver": "file", "path": str(path) + "/"}}

    def write(self, path, document, elements):
        metadata = copy.deepcopy(document)
        spec = {**self.spec(path), "metadata": metadata, "create": True, "delete_existing": True}
        array = self.tensorstore.open(spec).result()
        if elements is not None:
            array.write(to_array(document, elements)).result()

    def read(self, path, document):
        return from_array(document, self.tensorstore.open(self.spec(path), read=True).result().read().result())

    def write_v2(self, path, metadata, array):
        spec = {**self.spec(path, "zarr"), "metadata": metadata, "create": True, "delete_existing": True}
        self.tensorstore.open(spec).result().write(array).result()


def serve(connection, peer_type):
    """What runs in the process of a peer, whose last words on standard error are of no use to anybody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    peer = peer_type()
    connection.send((None, peer.version))
    while True:
        method, arguments = connection.recv()
        try:
            connection.send((None, getattr(peer, method)(*arguments)))
        except Exception as error:  # pickling the exception itself may fail
            connection.send((" ".join(f"{type(error).__name__}: {error}".split()), None))


class PeerError(Exception):
    """A peer said no."""


class Isolated:
    """A peer in a process of its own, since some inputs end the process."""

    def __init__(self, peer_type):
        self.peer_type = peer_type
        self.name = peer_type.name
        self.start()

    def start(self):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.peer_type), daemon=True)
        self.process.start()
        theirs.close()
        self.version = self.connection.recv()[1]

    def call(self, method, *arguments):
        try:
            self.connection.send((method, arguments))
            if not self.connection.poll(120):
                self.process.kill()
            problem, result = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            code = self.process.exitcode
            self.start()
            raise PeerError(f"the peer's process ended with code {code}") from None
        if problem is not None:
            raise PeerError(problem)
        return result

    def write(self, *arguments):
        return self.call("write", *arguments)

    def read(self, *arguments):
        return self.call("read", *arguments)

    def write_v2(self, *arguments):
        return self.call("write_v2", *arguments)


def clean(path):
    shutil.rmtree(path, ignore_errors=True)
