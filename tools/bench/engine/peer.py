#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""peer.py <name>: a contestant (see README.md) that is one of the peers.

A peer prepares a job for each kind of workload: a function that does it once and returns the output (crc is taken of
it), a number (which is the crc) or nothing. Its `requests`, where it is not None, returns how many requests its store
was given since it was called last.
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

# The module whose Peer it is, and what that one is told.
PEERS = {
    "tensorstore": ("peer_tensorstore", {}),
    "zarr-python": ("peer_zarr", {}),
    "zarr-python-fused": ("peer_zarr", {"fused": True}),
    "zarrs": ("peer_zarrs", {}),
}


def crc_of(result):
    if result is None or isinstance(result, int):
        return result or 0
    import numpy

    result = numpy.ascontiguousarray(result)
    little = result.astype(result.dtype.newbyteorder("<"), copy=False)
    return zlib.crc32(memoryview(little.reshape(-1).view("uint8")))


class Peak:
    """The peak of this process's memory, over all of its life and over single runs."""

    def __init__(self):
        self.most = 0

    def status_of(self, name):
        with open("/proc/self/status") as status:
            return int(re.search(name + r":\s*(\d+) kB", status.read()).group(1)) * 1024

    def start(self):
        self.life()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # forgets the peak: from here on it is that of the run
        self.before = self.status_of("VmRSS")

    def above_start(self):
        return max(0, self.status_of("VmHWM") - self.before)

    def life(self):
        self.most = max(self.most, self.status_of("VmHWM"))
        return self.most


def open_job(peer, request):
    workload = request["workload"]
    prepare = getattr(peer, "prepare_" + workload["kind"], None)
    if prepare is None:
        return None, {"unsupported": f"no {workload['kind']}"}
    try:
        peer.configure(workload, request["threads"], request["settings"] == "best")
        return prepare(workload), {"ready": True, "version": peer.version()}
    except NotImplementedError as reason:
        return None, {"unsupported": str(reason)}


def run_job(job, peer, peak):
    gc.collect()
    if peer.requests:
        peer.requests()
    peak.start()
    start = time.perf_counter()
    result = job()
    seconds = time.perf_counter() - start
    answer = {"seconds": seconds, "above_bytes": peak.above_start()}
    if peer.requests:
        answer["requests"] = peer.requests()
    return answer | {"crc": crc_of(result)}


def main():
    # Answers go to the real standard output; whatever a library prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, told = PEERS[sys.argv[1]]
    peer = importlib.import_module(module).Peer(**told)
    job, peak = None, Peak()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                job, answer = open_job(peer, request)
            elif request["do"] == "run":
                answer = run_job(job, peer, peak)
            else:
                answer = {"peak_bytes": peak.life()}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
        if request["do"] == "quit":
            return


if __name__ == "__main__":
    main()
