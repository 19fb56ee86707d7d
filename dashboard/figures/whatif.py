"""Figures of What-if: bars on one scale, and where the change comes from.

While somebody drags, ``assets/whatif.js`` rewrites lengths and texts of these figures
by the rules that stand here; a browser test holds both to the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from costmodel.money import dollars
from dashboard.figures.base import Figure, axis, escaped, layout
from dashboard.figures.palette import EXPECTED, INK, MUTED, SPENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PIXELS_A_LETTER = 7.4
_LEAST_LABEL_WIDTH = 104

_BAR_GAP = 0.38
"""The share of a row that its bar leaves free."""
HEADROOM = 1.02
_LEAST_ROOM = 112


@dataclass(frozen=True)
class Bar:
    """One way to serve the usage of a month.

    ``note`` is said beside the amount; ``is_gone`` draws it hatched: no longer on
    offer, for comparison only.
    """

    name: str
    cost: Fraction
    colour: str
    is_gone: bool = False
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One change on the way from today to the plan."""

    name: str
    change: Fraction


def label_width(names: Iterable[str]) -> int:
    """Return the pixels that names beside bars need; figures of one width line up."""
    longest = max((len(name) for name in names), default=0)
    return max(_LEAST_LABEL_WIDTH, round(longest * _PIXELS_A_LETTER) + 16)


def bars(
    rows: Sequence[Bar], limit: Fraction | None, currency: str = "USD", width: int | None = None
) -> Figure:
    """Return horizontal bars on one scale, the first row on top, with the limit as a line.

    ``width`` is what the names get, see ``label_width``.
    """
    left = width or label_width(row.name for row in rows)
    shown = layout(
        height=bars_height(len(rows)),
        margin={
            "l": left,
            "r": _room_for(dollars(row.cost, currency) for row in rows),
            "t": 26 if limit is not None else 8,
            "b": 8,
        },
        bargap=_BAR_GAP,
        xaxis=axis(
            range=[0, scale_end([row.cost for row in rows], limit)],
            showticklabels=False,
            automargin=False,
        ),
        yaxis=_names([row.name for row in rows]),
        shapes=_limit_line(limit, len(rows)),
        annotations=_limit_name(limit, currency),
    )
    return {"data": [_bar_trace(rows, currency)], "layout": shown}


def bars_height(count: int) -> int:
    """Return the pixels that so many bars need."""
    return 34 * count + 40


def waterfall(
    today: Fraction,
    steps: Sequence[Step],
    plan: Fraction,
    currency: str = "USD",
    width: int | None = None,
) -> Figure:
    """Return where the change comes from: today, each step, the plan."""
    names = ["Today", *(step.name for step in steps), "This plan"]
    placed = _placed(today, [step.change for step in steps], plan)
    reached = [max(abs(base), abs(base + length)) for base, length in placed]
    room = _room_for(f"+{dollars(abs(length), currency)} more" for _, length in placed)
    shown = layout(
        height=waterfall_height(len(steps)),
        margin={"l": width or label_width(names), "r": room, "t": 8, "b": 8},
        bargap=0.3,
        xaxis=axis(range=[0, scale_end(reached, None)], showticklabels=False, automargin=False),
        yaxis=_names(names),
    )
    return {
        "data": [_step_trace(names, placed, currency), _connectors(names, placed)],
        "layout": shown,
    }


def waterfall_height(steps: int) -> int:
    """Return the pixels that so many steps need between today and the plan."""
    return 34 * (steps + 2) + 16


def _room_for(texts: Iterable[str]) -> int:
    """Return the pixels right of the longest bar, where its amount stands on any screen."""
    return max(_LEAST_ROOM, *(round(len(text) * _PIXELS_A_LETTER) for text in texts))


def scale_end(costs: Sequence[Fraction], limit: Fraction | None) -> float:
    """Return where an axis ends that shows these amounts with their texts beside them."""
    highest = max([*costs, limit or Fraction(0)], default=Fraction(0))
    return float(highest or 1) * HEADROOM


def _names(names: Sequence[str]) -> dict[str, Any]:
    return axis(
        autorange="reversed",
        type="category",
        automargin=False,
        tickfont={"color": INK, "size": 13},
        ticklabelstandoff=8,
        categoryorder="array",
        categoryarray=[escaped(name) for name in names],
    )


def _bar_trace(rows: Sequence[Bar], currency: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": [escaped(row.name) for row in rows],
        "x": [float(row.cost) for row in rows],
        "text": [_amount_and_note(row, currency) for row in rows],
        "textposition": "outside",
        "textfont": {"color": INK, "size": 13},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {
            "color": [row.colour for row in rows],
            "line": {"color": [row.colour for row in rows], "width": 1},
            "pattern": {
                "shape": ["/" if row.is_gone else "" for row in rows],
                "fillmode": "replace",
                "size": 6,
                "solidity": 0.25,
            },
            "cornerradius": 3,
        },
    }


def _amount_and_note(row: Bar, currency: str) -> str:
    note = f"  {escaped(row.note)}" if row.note else ""
    return f"{dollars(row.cost, currency)}{note}"


def _limit_line(limit: Fraction | None, rows: int) -> list[dict[str, Any]]:
    """Return the limit as a line that stands between bars alone: it crosses no amount."""
    if limit is None:
        return []
    beside = (1 - _BAR_GAP) / 2
    edges = [-0.5, *(row + side for row in range(rows) for side in (-beside, beside)), rows - 0.5]
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "y",
            "x0": float(limit),
            "x1": float(limit),
            "y0": above,
            "y1": below,
            "line": {"color": MUTED, "width": 1.5},
            "layer": "below",
        }
        for above, below in zip(edges[::2], edges[1::2], strict=True)
    ]


def _limit_name(limit: Fraction | None, currency: str) -> list[dict[str, Any]]:
    if limit is None:
        return []
    return [
        {
            "x": float(limit),
            "y": 1,
            "xref": "x",
            "yref": "paper",
            "yanchor": "bottom",
            "text": f"limit {dollars(limit, currency, 0 if limit.denominator == 1 else 2)}",
            "showarrow": False,
            "font": {"color": INK, "size": 12},
        }
    ]


def _placed(
    today: Fraction, changes: Sequence[Fraction], plan: Fraction
) -> list[tuple[Fraction, Fraction]]:
    """Return (where a bar starts, how far it goes) for today, every step and the plan."""
    placed = [(Fraction(0), today)]
    reached = today
    for change in changes:
        placed.append((reached, change))
        reached += change
    return [*placed, (Fraction(0), plan)]


def _step_trace(
    names: Sequence[str], placed: Sequence[tuple[Fraction, Fraction]], currency: str
) -> dict[str, Any]:
    last = len(placed) - 1
    fills = [SPENT if place == last else EXPECTED for place in range(len(placed))]
    return {
        "type": "bar",
        "orientation": "h",
        "y": [escaped(name) for name in names],
        "base": [float(min(base, base + length)) for base, length in placed],
        "x": [float(abs(length)) for _, length in placed],
        "text": [
            step_text(length, is_total=place in {0, last}, currency=currency)
            for place, (_, length) in enumerate(placed)
        ],
        "textposition": "outside",
        "textfont": {"color": INK, "size": 13},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {
            "color": fills,
            "line": {"color": fills, "width": 1},
            "pattern": {
                "shape": [
                    "" if place in {0, last} or length <= 0 else "/"
                    for place, (_, length) in enumerate(placed)
                ],
                "fillmode": "replace",
                "size": 6,
                "solidity": 0.3,
            },
            "cornerradius": 3,
        },
    }


def step_text(change: Fraction, *, is_total: bool, currency: str = "USD") -> str:
    """Return what stands beside a step: an amount, a change with its sign, or "no change"."""
    if is_total:
        return dollars(change, currency)
    amount = dollars(abs(change), currency)
    if amount == dollars(Fraction(0), currency):
        return "no change"
    return f"−{amount} less" if change < 0 else f"+{amount} more"


def _connectors(
    names: Sequence[str], placed: Sequence[tuple[Fraction, Fraction]]
) -> dict[str, Any]:
    """Return thin lines from the end of each bar to the start of the next."""
    ends = [float(base + length) for base, length in placed[:-1]]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [value for end in ends for value in (end, end, None)],
        "y": [
            name for one, other in pairwise(names) for name in (escaped(one), escaped(other), None)
        ],
        "line": {"color": MUTED, "width": 1},
        "hoverinfo": "skip",
    }
