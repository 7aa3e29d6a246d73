# SPDX-License-Identifier: Apache-2.0
"""The page that is kept: docs/performance.md and its picture."""

import pathlib

import picture
import report

INTRODUCTION = """\
# Performance

How long this engine takes, against the *limit* (a straight program without an engine: the codec library's own
function and one copy into place) and against other implementations, measured in one run, on the same files and cores,
in turns. What is timed and how is in [the benchmark's page](../tools/bench/engine/README.md).

All files are in the page cache; what is written goes to a memory file system. A process has as many threads as cores
and is bound to those; in the rows `one_core_*` to one. Numbers are medians of {rounds} rounds after one that is not
counted; \\* marks a contestant so slow that only its first round was made. Peers are in their best documented
settings, or (default) in those they have when nothing is configured. A ratio below 1 says that this engine took less
time; one with < is the most it can be: the peer's run was ended because it took too long.

![Time of every contestant in every row, relative to the limit]({picture})
"""

PEERS = """\
What the peers' numbers include: they are used from Python, and their calls from there are part of the time.
TensorStore's Python interface cannot read into given memory; in the rows that end in `_reused` it writes the array to
an in-memory TensorStore that refers to that memory. The limit and this engine get their work from the same requests,
in C++.
Peers bring builds of their own of the codec libraries, while the limit and this engine use the system's: where a peer
is faster than the limit, as in compressing many small chunks, that is one reason to look for.

Rows that miss their goal, and why: [Where the time goes](performance_profiles.md).
"""


def rows_text(outcomes):
    lines = [[f"`{o.row.name}`", o.row.title, f"{o.items:,}"] for o in outcomes]
    return report.table(["row", "what", "chunks or items"], lines)


def machine_text(facts, versions, command):
    lines = [f"- {key}: {value}" for key, value in facts.items()]
    names = {label: "" if version.startswith("zarr-python") or label in version else f"{label}: "
             for label, version in versions.items()}
    lines += dict.fromkeys(f"- {names[label]}{version}" for label, version in versions.items() if version)
    return "\n".join([*lines, f"- command: `{command}`"])


def write(path, outcomes, labels, facts, versions, command, rounds):
    path = pathlib.Path(path)
    image = path.with_suffix(".svg")
    parts = [INTRODUCTION.format(rounds=rounds, picture=image.name)]
    parts += ["## Machine and versions\n", machine_text(facts, versions, command) + "\n"]
    parts += ["## Rows\n", rows_text(outcomes) + "\n"]
    for title, text in report.sections(outcomes, labels):
        parts += [f"## {title}\n", text + "\n"]
    parts.append(PEERS)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts))
    image.write_text(picture.draw(outcomes, labels))
