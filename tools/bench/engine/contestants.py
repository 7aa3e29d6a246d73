# SPDX-License-Identifier: Apache-2.0
"""The contestants, and talking to their processes."""

import dataclasses
import json
import os
import pathlib
import selectors
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
OWN = ["limit", "zeolite"]
PEERS = ["tensorstore", "zarr-python", "zarr-python-fused", "zarrs"]
NAMES = OWN + PEERS
BEST_ONLY = ["zarr-python-fused"]  # a setting is what makes it: it has no defaults


class Failed(Exception):
    """A contestant said `error`, ended, or took too long."""


class TooLong(Failed):
    pass


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    settings: str
    command: tuple

    @property
    def label(self):
        return self.name if self.name in OWN or self.settings == "best" else f"{self.name} ({self.settings})"


def chosen(names, settings, bin_folder):
    """The contestants in the order of the table. Own ones have no settings to choose from."""
    out = []
    for name in NAMES:
        if name not in names:
            continue
        if name in OWN:
            out.append(Contestant(name, "best", (str(bin_folder / f"zeolite-bench-contestant-{name}"),)))
        else:
            command = (sys.executable, str(HERE / "peer.py"), name)
            out += [Contestant(name, setting, command) for setting in settings
                    if setting == "best" or name not in BEST_ONLY]
    return out


def environment(folder):
    """Only plugins of this build, not those a user has installed; no settings of peers from outside."""
    settings = ("ZEOLITE_", "ZARR_", "TENSORSTORE_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(settings)}
    return kept | {"XDG_DATA_HOME": str(folder / "no_user_plugins"), "PYTHONDONTWRITEBYTECODE": "1"}


class Process:
    """A contestant's process, bound to as many cores as it may have threads."""

    def __init__(self, contestant, threads, folder):
        self.messages = tempfile.TemporaryFile()
        cores = os.sched_getaffinity(0)
        try:
            # A child inherits the cores of the thread that starts it.
            os.sched_setaffinity(0, set(sorted(cores)[:threads]))
            self.process = subprocess.Popen(
                contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.messages,
                env=environment(folder), bufsize=0,
            )
        finally:
            os.sched_setaffinity(0, cores)
        self.rest = b""

    def ask(self, request, timeout):
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise Failed("ended: " + self.last_words())
        answer = json.loads(self.line(timeout))
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def line(self, timeout):
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.rest:
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise TooLong(f"over {timeout:g} s")
                piece = self.process.stdout.read(65536)
                if not piece:
                    raise Failed("ended: " + self.last_words())
                self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def last_words(self):
        self.process.wait(10)
        self.messages.seek(0)
        words = self.messages.read().decode(errors="replace").strip().splitlines()
        return f"code {self.process.returncode}" + (f", {words[-1]}" if words else "")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.messages.close()
