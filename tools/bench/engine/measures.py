# SPDX-License-Identifier: Apache-2.0
"""Figures that are made of several results, and what they say of a goal."""

import dataclasses
import itertools

from contestants import OWN


def value(outcome, label, name):
    return getattr(outcome.results.get(label), name, None)


def quotient(a, b):
    return a / b if a and b else None


def to_limit(outcome):
    return quotient(value(outcome, "zeolite", "median"), value(outcome, "limit", "median"))


def best_peer(outcome):
    """Its label, which may be that of one whose run was ended because it took too long; None where no peer could do the row."""
    peers = [label for label, result in outcome.results.items() if label not in OWN and result.bound]
    return min(peers, key=lambda label: outcome.results[label].bound, default=None)


def to_best_peer(outcome):
    """At most this, where even the best peer was ended because it took too long."""
    return quotient(value(outcome, "zeolite", "median"), value(outcome, best_peer(outcome), "bound"))


def is_bound(outcome):
    """Whether to_best_peer() is only the most it can be."""
    best = best_peer(outcome)
    return best is not None and value(outcome, best, "median") is None


def to_formula(outcome):
    return quotient(value(outcome, "zeolite", "median"), value(outcome, "limit", "formula"))


def to_room(outcome):
    return quotient(value(outcome, "zeolite", "above_bytes"), outcome.room)


def growth(outcomes):
    """What an item costs among more of them, of what it costs among fewer: the worst of any two rows."""
    costs = sorted((o.items, median / o.items) for o in outcomes if (median := value(o, "zeolite", "median")))
    return max((more / fewer for (_, fewer), (_, more) in itertools.combinations(costs, 2)), default=None)


def core_pairs(outcomes):
    """(the row on one core, the same on all of them)"""
    by_name = {o.row.name: o for o in outcomes}
    pairs = [(o, by_name.get(o.row.name.removeprefix("one_core_"))) for o in outcomes if o.row.threads == 1]
    return [(one, all_cores) for one, all_cores in pairs if all_cores and all_cores is not one]


def gain(one, all_cores):
    """How many times faster the engine becomes by more cores, of what the limit does."""
    gains = [quotient(value(one, label, "median"), value(all_cores, label, "median")) for label in ("zeolite", "limit")]
    return quotient(*gains)


@dataclasses.dataclass
class Judged:
    rows: list  # names of those that were measured
    figures: list  # (name of the figure, the worst that was found, what is asked)
    words: str  # whether the goal is met
    peer: str | None  # the best one in the row in which it is closest
    peer_is_bound: bool  # see is_bound()


def judge(goal, outcomes):
    """None where nothing was measured."""
    rows = [o for o in outcomes if o.row.name in goal.rows]
    found = {
        "limit": [to_limit(o) for o in rows],
        "peer": [to_best_peer(o) for o in rows],
        "growth": [growth(rows)],
        "formula": [to_formula(o) for o in rows],
        "memory": [to_room(o) for o in rows],
        "gain": [gain(one, all_cores) for one, all_cores in core_pairs(outcomes) if all_cores in rows],
    }
    figures, absent = [], []
    for name, values in found.items():
        values = [figure for figure in values if figure is not None]
        if getattr(goal, name) is None:
            continue
        if not values:
            absent.append(name)
        else:
            figures.append((name, min(values) if name == "gain" else max(values), getattr(goal, name)))
    if not figures:
        return None
    reached = [worst >= asked if name == "gain" else worst <= asked for name, worst, asked in figures]
    met = all(reached) and not any(o.wrong for o in rows)
    words = "**not met**" if not met else f"met, but not measured: {', '.join(absent)}" if absent else "met"
    closest = max((o for o in rows if to_best_peer(o)), key=to_best_peer, default=None)
    return Judged([o.row.name for o in rows], figures, words, closest and best_peer(closest),
                  closest is not None and is_bound(closest))
