#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""peer.py tensorstore | zarr-python | zarrs: a contestant (see README.md) that is one of the peers.

A peer prepares a job for each kind of workload: a function that does it once and returns the output (crc is taken of
it), a number (which is the crc) or nothing.
"""

import gc
import importlib
import json
import os
import re
import sys
import time
import traceback
import zlib

MODULES = {"tensorstore": "peer_tensorstore", "zarr-python": "peer_zarr", "zarrs": "peer_zarrs"}


def crc_of(result):
    if result is None or isinstance(result, int):
        return result or 0
    import numpy

    result = numpy.ascontiguousarray(result)
    little = result.astype(result.dtype.newbyteorder("<"), copy=False)
    return zlib.crc32(memoryview(little.reshape(-1).view("uint8")))


def peak_bytes():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read()).group(1)) * 1024


def open_job(peer, request):
    workload = request["workload"]
    prepare = getattr(peer, "prepare_" + workload["kind"], None)
    if prepare is None:
        return None, {"unsupported": f"no {workload['kind']}"}
    try:
        peer.configure(request["threads"], request["settings"] == "best")
        return prepare(workload), {"ready": True, "version": peer.version()}
    except NotImplementedError as reason:
        return None, {"unsupported": str(reason)}


def run_job(job):
    gc.collect()
    start = time.perf_counter()
    result = job()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "crc": crc_of(result)}


def main():
    # Answers go to the real standard output; whatever a library prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer = importlib.import_module(MODULES[sys.argv[1]]).Peer()
    job = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                job, answer = open_job(peer, request)
            elif request["do"] == "run":
                answer = run_job(job)
            else:
                answer = {"peak_bytes": peak_bytes()}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
        if request["do"] == "quit":
            return


if __name__ == "__main__":
    main()
