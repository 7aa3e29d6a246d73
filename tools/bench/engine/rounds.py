# SPDX-License-Identifier: Apache-2.0
"""The rounds of one row: all contestants in turns, each in a process that lives through the row."""

import dataclasses
import math
import os
import random
import statistics

from contestants import OWN, Failed, Process, TooLong


# How many times the patience a contestant has: the best peer, which goals are judged by, is nearly always TensorStore,
# so that it makes all rounds unless it is very slow.
PATIENT = {"tensorstore": 20}


@dataclasses.dataclass(frozen=True)
class Limits:
    rounds: int
    patience: float  # seconds of a peer's runs in a row, after which it sits out the rounds that remain
    timeout: float  # seconds of one run, after which a peer is ended

    def timeout_of(self, name, what):
        """Opening, which may have to fill a memory store, and own contestants end late only where something hangs."""
        return self.timeout if what == "run" and name not in OWN else 10 * self.timeout

    def patience_of(self, name):
        return math.inf if name in OWN else self.patience * PATIENT.get(name, 1)


@dataclasses.dataclass
class Result:
    """What one contestant did in one row. One of seconds, unsupported, error and late says how it ended."""

    version: str = ""
    warm_up: float | None = None
    seconds: list = dataclasses.field(default_factory=list)
    crc: int | None = None
    peak_bytes: int | None = None
    above_bytes: int | None = None  # the most that a run has needed beyond what was there before it
    requests: list = dataclasses.field(default_factory=list)  # that a slow store was given, in each run
    formula: float | None = None  # the limit's: seconds that these requests take at least
    counters: dict | None = None  # the engine's own, of the last run
    unsupported: str | None = None
    error: str | None = None
    late: str | None = None
    at_least: float | None = None  # seconds of a run that was ended because it took too long
    only_warm_up: bool = False  # the uncounted round took so long that it is the one that counts

    @property
    def median(self):
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def bound(self):
        """Seconds that it takes at least, as far as is known."""
        return self.median or self.at_least

    @property
    def minimum(self):
        return min(self.seconds) if self.seconds else None


class Runner:
    """One contestant in one row."""

    def __init__(self, contestant, prepared, threads, limits, folder):
        self.contestant, self.prepared, self.limits = contestant, prepared, limits
        self.result, self.runs, self.spent = Result(), 0, 0.0
        self.process = Process(contestant, threads, folder)
        request = {"do": "open", "workload": prepared.workload(contestant.label), "threads": threads}
        answer = self.ask(request | {"settings": contestant.settings})
        if answer and "unsupported" in answer:
            self.result.unsupported = answer["unsupported"]
            self.stop()
        elif answer:
            self.result.version = answer["version"]

    def ask(self, request):
        try:
            return self.process.ask(request, self.limits.timeout_of(self.contestant.name, request["do"]))
        except TooLong as reason:
            if self.contestant.name in OWN:
                self.result.error = str(reason)
            else:  # some peers take hours for what others do in a second
                self.result.late = str(reason)
                if request["do"] == "run":
                    self.result.at_least = self.limits.timeout
        except (Failed, ValueError) as reason:
            self.result.error = str(reason)
        self.stop()
        return None

    def stop(self):
        if self.process:
            self.process.end()
        self.process = None

    def run(self):
        """Once. Does nothing when this contestant has ended or sits out."""
        if not self.process or (self.runs and self.spent >= self.limits.patience_of(self.contestant.name)):
            return
        label, first = self.contestant.label, self.runs == 0
        self.prepared.before_run(label)
        answer = self.ask({"do": "run"})
        if not answer:
            return
        self.runs += 1
        self.spent += answer["seconds"]
        self.keep_facts(answer)
        if first:
            self.result.warm_up, self.result.crc = answer["seconds"], answer["crc"]
        else:
            self.result.seconds.append(answer["seconds"])
        wrong = self.prepared.after_run(label, first, self.runs)
        if answer["crc"] != self.result.crc:
            wrong = f"crc is {answer['crc']:08x} in run {self.runs} and was {self.result.crc:08x} in the first"
        if wrong:
            self.result.error = wrong
            self.stop()

    def keep_facts(self, answer):
        result = self.result
        result.above_bytes = max(result.above_bytes or 0, answer["above_bytes"])
        if "requests" in answer:
            result.requests.append(answer["requests"])
        if "formula" in answer:
            result.formula = min(result.formula or answer["formula"], answer["formula"])
        result.counters = answer.get("counters")

    def finish(self):
        if self.process:
            answer = self.ask({"do": "quit"})
            self.result.peak_bytes = answer and answer["peak_bytes"]
            self.stop()
        if self.result.warm_up is not None and not self.result.seconds and not self.result.error:
            self.result.seconds, self.result.only_warm_up = [self.result.warm_up], True
        return self.result


def differing(results):
    """The contestants by crc, when there is more than one; a difference is nobody's in particular."""
    groups = {}
    for label, result in results.items():
        if result.crc is not None:
            groups.setdefault(result.crc, []).append(label)
    return groups if len(groups) > 1 else None


def wrong_requests(results, fewest):
    """What the own contestants have asked of a slow store in any run that is not what it takes."""
    if not fewest:
        return []
    made = {label: set(results[label].requests) for label in OWN if label in results and not results[label].error}
    return [f"{label}: {sorted(counts)} requests, it takes {fewest}" for label, counts in made.items()
            if counts != {fewest}]


def measure(prepared, contestants, threads, limits, folder, say):
    """Results by label, and a list of what went wrong."""
    threads = threads or len(os.sched_getaffinity(0))
    runners = []
    try:
        for contestant in contestants:
            runners.append(Runner(contestant, prepared, threads, limits, folder))
        for number in range(limits.rounds + 1):
            say(number)
            # Nobody is always the first, or always behind the same one: memory that was given back just before is slow.
            for runner in random.Random(number).sample(runners, len(runners)):
                runner.run()
        results = {runner.contestant.label: runner.finish() for runner in runners}
    finally:
        for runner in runners:
            runner.stop()
        prepared.finish([contestant.label for contestant in contestants])
    wrong = [f"{label}: {result.error}" for label, result in results.items() if result.error]
    wrong += wrong_requests(results, prepared.requests)
    if groups := differing(results):
        wrong.append("crc differs: " + "; ".join(f"{crc:08x} {', '.join(labels)}" for crc, labels in groups.items()))
    return results, wrong
