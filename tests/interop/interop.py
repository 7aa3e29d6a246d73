#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exchanges arrays with other implementations, both ways, and compares every bit.

    interop.py --command build/release/bin/zeolite --work build/interop/arrays [--only TEXT] [--verbose]

A cell is one array, one peer and one direction. A peer counts as not supporting an array when it cannot write that
array and read it back by itself; such cells are listed with the peer's own reason, and are not counted as passed. All
others must pass.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

from cases import all_cases
from peers import Isolated, PeerError, TensorStore, ZarrPython, clean, is_variable
from version_2 import run_version_2


class Refused(Exception):
    """Zeolite said no."""


class Zeolite:
    def __init__(self, command):
        self.command = str(command)

    def run(self, *arguments, stdin=b""):
        done = subprocess.run([self.command, *map(str, arguments)], input=stdin, capture_output=True, timeout=120)
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip()
            raise Refused(f"zeolite {arguments[0]} ended with code {done.returncode}: {reason}")
        return done.stdout

    def write(self, path, document, elements):
        """By options rather than by a ready document, so that what Zeolite itself writes is what peers get to read."""
        options = ["--shape", json.dumps(document["shape"]), "--fill", json.dumps(document["fill_value"])]
        options += ["--dtype", extension(document["data_type"]), "--grid", extension(document["chunk_grid"])]
        options += ["--key-encoding", extension(document["chunk_key_encoding"])]
        options += ["--attributes", json.dumps(document["attributes"])]
        for codec in document["codecs"]:
            options += ["--codec", extension(codec)]
        self.run("create", path, *options)
        if elements is None:
            return
        if is_variable(document):
            texts = [e if isinstance(e, str) else list(e) for e in elements]
            self.run("write", path, "--format", "json", stdin=json.dumps(texts).encode())
        else:
            self.run("write", path, "--format", "raw", stdin=elements)

    def read(self, path, document):
        if not is_variable(document):
            return self.run("cat", path)
        return [
            e if isinstance(e, str) and document["data_type"] == "string" else as_bytes(e)
            for e in json.loads(self.run("cat", path, "--format", "json"))
        ]


def as_bytes(element):
    """Variable-length bytes in JSON: a list of numbers or base64."""
    if isinstance(element, list):
        return bytes(element)
    import base64

    return base64.b64decode(element)


def extension(value):
    return value if isinstance(value, str) else json.dumps(value)


def difference(wanted, found):
    if wanted == found:
        return None
    if isinstance(wanted, bytes) and isinstance(found, bytes) and len(wanted) == len(found):
        place = next(i for i, pair in enumerate(zip(wanted, found)) if pair[0] != pair[1])
        theirs, ours = found[place : place + 8].hex(), wanted[place : place + 8].hex()
        return f"differs from byte {place} of {len(wanted)} on: {theirs}, not {ours}"
    return f"got {str(found)[:100]} ({len(found)}), not {str(wanted)[:100]} ({len(wanted)})"


def short(error):
    """An exception as one line."""
    name = "" if isinstance(error, (PeerError, Refused)) else f"{type(error).__name__}: "
    return " ".join(f"{name}{error}".split())[:200]


class Tally:
    def __init__(self, verbose):
        self.verbose = verbose
        self.passed = 0
        self.failures = []
        self.unsupported = collections.defaultdict(list)

    def cell(self, name, problem):
        if problem is None:
            self.passed += 1
            if self.verbose:
                print(f"passed: {name}")
        else:
            self.failures.append(name)
            print(f"FAILED: {name}: {problem}", flush=True)

    def not_supported(self, peer, case, reason, cells):
        self.unsupported[peer, reason].append((case, cells))

    def report(self, titles):
        unsupported = 0
        for (peer, reason), cases in sorted(self.unsupported.items()):
            count = sum(cells for _, cells in cases)
            unsupported += count
            names = ", ".join(case for case, _ in cases[:6]) + (
                f", and {len(cases) - 6} more" if len(cases) > 6 else ""
            )
            print(f"not supported by {peer} ({count} cells): {names}: {reason}")
        total = self.passed + len(self.failures) + unsupported
        print(
            f"interop with {' and '.join(titles)}: {self.passed} of {total} cells passed, {len(self.failures)} failed, "
            f"{unsupported} not supported by peer"
        )
        return not self.failures and self.passed > 0


def outcome(action):
    """What went wrong, or None; a refusal of ours or an exception of theirs are both a failure here."""
    try:
        return action()
    except Exception as error:  # whatever a peer throws is a finding, not the end of the run
        return short(error)


def run_case(tally, zeolite, peers, work, number, case):
    written, expected = case.elements, case.elements
    if isinstance(case.elements, tuple):
        expected, written = case.elements
    document = case.document
    if expected is None:
        expected = zeolite_fill(document)
    ours = work / f"{number}.zeolite.zarr"
    clean(ours)
    problem = None if case.peer_only else outcome(lambda: zeolite.write(ours, document, written))
    if not case.peer_only and problem is None:
        problem = outcome(lambda: difference(expected, zeolite.read(ours, document)))
    for peer in peers:
        theirs = work / f"{number}.{peer.name}.zarr"
        clean(theirs)
        alone = outcome(
            lambda: (peer.write(theirs, document, written), difference(expected, peer.read(theirs, document)))[1]
        )
        if alone is not None:
            tally.not_supported(peer.name, case.name, alone.replace(str(theirs), "..."), 1 if case.peer_only else 2)
            continue
        if not case.peer_only:
            theirs_of_ours = lambda: problem or difference(expected, peer.read(ours, document))  # noqa: E731
            tally.cell(f"{peer.name} reads zeolite: {case.name}", outcome(theirs_of_ours))
        tally.cell(
            f"zeolite reads {peer.name}: {case.name}",
            outcome(lambda: difference(expected, zeolite.read(theirs, document))),
        )
        clean(theirs)
    if problem is not None and not case.peer_only:
        tally.cell(f"zeolite by itself: {case.name}", problem)
    clean(ours)


def zeolite_fill(document):
    """The elements of an int32 array to which nothing was written."""
    import numpy as np

    return np.full(document["shape"], document["fill_value"], "<i4").tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="", help="only cases whose name holds this text")
    parser.add_argument("--verbose", action="store_true", help="name the cells that pass too")
    arguments = parser.parse_args()
    clean(arguments.work)
    arguments.work.mkdir(parents=True)

    peers = [Isolated(ZarrPython), Isolated(TensorStore)]
    tally = Tally(arguments.verbose)
    zeolite = Zeolite(arguments.command)
    for number, case in enumerate(all_cases()):
        if arguments.only in case.name:
            run_case(tally, zeolite, peers, arguments.work, number, case)
    run_version_2(tally, zeolite, peers, arguments.work, arguments.only, difference, outcome)
    sys.exit(0 if tally.report([f"{peer.name} {peer.version}" for peer in peers]) else 1)


if __name__ == "__main__":
    main()
