# SPDX-License-Identifier: Apache-2.0
"""The picture: a line of dots for every row, time relative to the limit, on a logarithmic scale."""

import math
from xml.sax.saxutils import escape

# Okabe and Ito's colours, which people with any kind of colour vision tell apart; shapes say the same once more.
STYLES = {
    "limit": ("#000000", "bar"),
    "zeolite": ("#d55e00", "circle"),
    "tensorstore": ("#0072b2", "square"),
    "zarr-python": ("#009e73", "diamond"),
    "zarr-python-fused": ("#56b4e9", "kite"),
    "zarrs": ("#cc79a7", "triangle"),
}
LEFT, RIGHT, TOP, LINE, WIDTH = 190, 24, 64, 20, 920


def relative(outcomes, labels):
    """(row name, {label: time / base}): the base is the limit, or the fastest where the limit is missing."""
    out = []
    for outcome in outcomes:
        medians = {label: outcome.results[label].median for label in labels if label in outcome.results}
        medians = {label: median for label, median in medians.items() if median}
        if medians:
            base = medians.get("limit") or min(medians.values())
            out.append((outcome.row.name, {label: median / base for label, median in medians.items()}))
    return out


def mark(label, x, y):
    """Default settings are hollow."""
    name = label.removesuffix(" (default)")
    colour, shape = STYLES[name]
    fill = colour if name == label else "#ffffff"
    paint = f'fill="{fill}" stroke="{colour}" stroke-width="1.5"'
    points = {
        "diamond": [(0, -6), (6, 0), (0, 6), (-6, 0)],
        "kite": [(0, 5.5), (5.5, -4.5), (-5.5, -4.5)],
        "triangle": [(0, -5.5), (5.5, 4.5), (-5.5, 4.5)],
        "square": [(-4.2, -4.2), (4.2, -4.2), (4.2, 4.2), (-4.2, 4.2)],
        "bar": [(-1, -8), (1, -8), (1, 8), (-1, 8)],
    }
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {paint}/>'
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points[shape])
    return f'<polygon points="{corners}" {paint}/>'


def text(x, y, words, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'


def ticks(low, high):
    """1, 2, 5, 10, ... within the scale; only powers of ten when that is many."""
    steps = (1, 2, 5) if high - low < 2.5 else (1,)
    values = [step * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    return [value for value in values if low - 1e-9 <= math.log10(value) <= high + 1e-9]


def legend(labels):
    out, x = [], LEFT
    for label in labels:
        out += [mark(label, x + 6, 20), text(x + 17, 24, label)]
        x += 30 + 7 * len(label)
    return out, x


def draw(outcomes, labels):
    rows = relative(outcomes, labels)
    values = [math.log10(value) for _, row in rows for value in row.values()] or [0]
    low, high = min(values + [0]) - 0.08, max(values + [0.5]) + 0.08
    marks, legend_end = legend(labels)
    width, bottom = max(WIDTH, legend_end + RIGHT), TOP + LINE * len(rows)

    def across(value):
        return LEFT + (math.log10(value) - low) / (high - low) * (width - LEFT - RIGHT)

    body = [text(LEFT, 46, "time relative to the limit (1 is the limit; further left is faster)", size=11)]
    for value in ticks(low, high):
        x = across(value)
        body.append(f'<path d="M{x:.1f} {TOP - 6}V{bottom}" stroke="{"#888888" if value == 1 else "#dddddd"}"/>')
        body.append(text(x, bottom + 16, f"{value:g}×", "middle", 11))
    for i, (name, row) in enumerate(rows):
        y = TOP + LINE * (i + 0.5)
        body.append(text(LEFT - 10, y + 4, name, "end"))
        left, right = across(min(row.values())), across(max(row.values()))
        body.append(f'<path d="M{left:.1f} {y}H{right:.1f}" stroke="#bbbbbb"/>')
        # Own dots last, so that they are on top.
        body += [mark(label, across(row[label]), y) for label in reversed(labels) if label in row]
    height = bottom + 30
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" role="img" aria-label="Time of every contestant relative to the limit">',
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *marks, *body, "</svg>", "",
    ])
