# SPDX-License-Identifier: Apache-2.0
"""The tables, and the page that is kept."""

import math

import measures
from contestants import OWN
from goals import GOALS


def significant(value, digits=3):
    if value == 0 or not math.isfinite(value):
        return str(value)
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def duration(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds >= 1 / scale:
            return f"{significant(seconds * scale)} {unit}"
    return f"{significant(seconds * 1e9)} ns"


def memory(count):
    return f"{significant(count / 2**20)} MiB" if count else "–"


def missing(result):
    """Why there is no number."""
    if result is None:
        return "–"
    if result.error:
        return "**failed**"
    return result.late or "–"


def times(result):
    if result is None or not result.seconds:
        return missing(result)
    mark = "\\*" if result.only_warm_up else ""
    return f"{duration(result.median)} / {duration(result.minimum)}{mark}"


def ratio(result, base):
    """How many times `base` the result took."""
    if not result or not result.seconds:
        return missing(result)
    if not base or not base.seconds:
        return "–"
    mark = "\\*" if result.only_warm_up or base.only_warm_up else ""
    return significant(result.median / base.median, 2) + mark


def peer_ratio(zeolite, peer):
    if peer and peer.at_least and zeolite and zeolite.seconds:
        return "< " + significant(zeolite.median / peer.at_least, 2)
    return ratio(zeolite, peer) if peer and peer.seconds else missing(peer)


def table(head, lines):
    marks = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, marks, *lines])


def peers_of(labels):
    return [label for label in labels if label not in OWN]


def time_table(outcomes, labels):
    peers = peers_of(labels)
    head = ["row", "limit: median / min", "zeolite: median / min", "zeolite / limit"]
    head += [f"zeolite / {peer}" for peer in peers]
    lines = []
    for outcome in outcomes:
        get = outcome.results.get
        limit, zeolite = get("limit"), get("zeolite")
        line = [f"`{outcome.row.name}`", times(limit), times(zeolite), ratio(zeolite, limit)]
        lines.append(line + [peer_ratio(zeolite, get(peer)) for peer in peers])
    return table(head, lines)


def peer_table(outcomes, labels):
    peers = peers_of(labels)
    lines = [[f"`{o.row.name}`"] + [times(o.results.get(peer)) for peer in peers] for o in outcomes]
    return table(["row"] + [f"{peer}: median / min" for peer in peers], lines)


def memory_table(outcomes, labels):
    def cell(result):
        return memory(result.peak_bytes) if result else "–"

    lines = [[f"`{o.row.name}`"] + [cell(o.results.get(label)) for label in labels] for o in outcomes]
    return table(["row", *labels], lines)


def item_table(outcomes, labels):
    """Cost of an item, where items are small and many."""
    def cell(result, items):
        return duration(result.median / items) if result and result.seconds else missing(result)

    names = ("tiny_", "in_memory_", "missing_", "list_", "random_", "replace_", "rectilinear_", "slow_")
    lines = [
        [f"`{o.row.name}`", f"{o.items:,}"] + [cell(o.results.get(label), o.items) for label in labels]
        for o in outcomes if o.row.name.startswith(names)
    ]
    return table(["row", "items", *labels], lines) if lines else None


def core_table(outcomes, labels):
    """How many times faster all cores are than one; and the engine's gain as a part of the limit's."""
    lines = []
    for one, all_cores in measures.core_pairs(outcomes):
        cells = [ratio(one.results.get(label), all_cores.results.get(label)) for label in labels]
        gain = measures.gain(one, all_cores)
        lines.append([f"`{all_cores.row.name}`", *cells, significant(gain, 2) if gain else "–"])
    return table(["row", *labels, "zeolite / limit"], lines) if lines else None


def request_table(outcomes, labels):
    """What a slow store was asked, and how long that takes at least: see README.md."""
    lines = []
    for o in outcomes:
        if o.requests:
            formula = measures.value(o, "limit", "formula")
            zeolite = measures.value(o, "zeolite", "median")
            counts = [measures.value(o, label, "requests") for label in labels]
            cells = [f"{max(count):,}" if count else "–" for count in counts]
            over = significant(zeolite / formula, 3) if formula and zeolite else "–"
            took = duration(formula) if formula else "–"
            lines.append([f"`{o.row.name}`", took, over, f"{o.requests:,}", *cells])
    return table(["row", "formula", "zeolite / formula", "fewest", *labels], lines) if lines else None


def budget_table(outcomes, labels):
    """Memory of a run beyond what was there before it."""
    lines = []
    for o in outcomes:
        if o.room:
            cells = [memory(measures.value(o, label, "above_bytes")) for label in labels]
            above = measures.value(o, "zeolite", "above_bytes")
            over = significant(above / o.room, 3) if above else "–"
            lines.append([f"`{o.row.name}`", memory(o.room), *cells, over])
    return table(["row", "output + budget", *labels, "zeolite / that"], lines) if lines else None


def counter_table(outcomes):
    """What the engine has counted in one run."""
    lines = []
    for o in outcomes:
        if counters := measures.value(o, "zeolite", "counters"):
            sizes = [memory(counters[name]) for name in ("read_bytes", "decoded_bytes")]
            lines.append([f"`{o.row.name}`", f"{counters['requests']:,}", f"{counters['joined']:,}", *sizes])
    return table(["row", "requests", "joined", "read", "decoded"], lines) if lines else None


def reasons(outcomes):
    """What is not there and why, once for each contestant and reason."""
    found = {}
    for outcome in outcomes:
        for label, result in outcome.results.items():
            if reason := result.unsupported or result.error or result.late:
                short = " ".join(reason.split())  # on one line; all of it is in the raw numbers
                short = short if len(short) <= 160 else short[:160] + " ..."
                found.setdefault((label, short), []).append(f"`{outcome.row.name}`")
    return "\n".join(f"- {label}, {', '.join(names)}: {reason}" for (label, reason), names in found.items())


def goal_table(outcomes):
    """The goals that these rows say something about."""
    lines = []
    for goal in GOALS:
        if judged := measures.judge(goal, outcomes):
            cells = [f"{significant(found, 3)} ({'≥' if name == 'gain' else '≤'} {asked:g})"
                     for name, found, asked in judged.figures]
            named = dict(zip([name for name, _, _ in judged.figures], cells))
            other = [cell if name != "growth" else f"growth {cell}" for name, cell in named.items()
                     if name not in ("limit", "peer")]
            if "peer" in named:
                named["peer"] = f"{'< ' if judged.peer_is_bound else ''}{named['peer']} {judged.peer}"
            lines.append([str(goal.number), goal.workload, ", ".join(f"`{name}`" for name in judged.rows),
                          named.get("limit", ""), named.get("peer", ""), ", ".join(other), judged.words])
    return table(["goal", "workload", "rows", "to the limit", "to the best peer", "other", "met"], lines)


def sections(outcomes, labels):
    """(title, text) of all tables."""
    out = [("Goals, by the worst of their rows", goal_table(outcomes))]
    out.append(("Times", time_table(outcomes, labels)))
    if peers_of(labels):
        out.append(("Times of the peers", peer_table(outcomes, labels)))
    if items := item_table(outcomes, labels):
        out.append(("Time of an item", items))
    if cores := core_table(outcomes, labels):
        out.append(("All cores against one: how many times faster", cores))
    if requests := request_table(outcomes, labels):
        out.append(("Requests to a slow store", requests))
    if budgets := budget_table(outcomes, labels):
        out.append(("Peak memory of a run beyond what was there before it", budgets))
    out.append(("Peak memory of the process", memory_table(outcomes, labels)))
    if counters := counter_table(outcomes):
        out.append(("What the engine counts in a run", counters))
    if why := reasons(outcomes):
        out.append(("Not there", why))
    return out
