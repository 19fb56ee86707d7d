"""What a month costs at each confidence below which requests are asked again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from costmodel.money import dollars
from dashboard.figures.base import Figure, axis, escaped, layout, money_axis
from dashboard.figures.palette import EXPECTED, GRID, INK, MUTED, RULE, SPENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

HEIGHT = 320
_HEADROOM = 1.12
_BARS_PART = 3
"""The bars of tries reach up to one in so many parts of the height."""


@dataclass(frozen=True)
class Point:
    """One threshold: its cost of a month, and words for the pointer."""

    threshold: Fraction
    cost: Fraction
    words: str


@dataclass(frozen=True)
class Tries:
    """How many tries had a confidence from ``above`` on and below the next."""

    above: Fraction
    count: int


@dataclass(frozen=True)
class Level:
    """What a month costs without any threshold, as a line across."""

    name: str
    cost: Fraction


def cost_by_threshold(
    points: Sequence[Point], tries: Sequence[Tries], levels: Sequence[Level], currency: str = "USD"
) -> Figure:
    """Return the cost of a month over thresholds, levels across, and tries as bars below."""
    symbol = dollars(0 * levels[0].cost, currency).removesuffix("0.00")
    costs = [*(point.cost for point in points), *(level.cost for level in levels)]
    top = float(max(costs)) * _HEADROOM
    shown = layout(
        height=HEIGHT,
        margin={"l": 8, "r": 16, "t": 12, "b": 8},
        bargap=0.15,
        xaxis=axis(
            title={
                "text": "Asked again below this confidence",
                "font": {"color": MUTED, "size": 12},
                "standoff": 6,
            }
        ),
        yaxis=money_axis(symbol, range=[0, top], gridcolor=GRID),
        shapes=[_across(level) for level in levels],
        annotations=[
            _name(level, currency, is_below=place == 0) for place, level in enumerate(levels)
        ],
    )
    return {"data": [_bars(tries, top / _BARS_PART), _line(points)], "layout": shown}


def _bars(tries: Sequence[Tries], height: float) -> dict[str, Any]:
    """Return bars up to a height on the axis of money; a second axis would trip plotly.

    Its step from an empty figure to the next one fails where the next has more axes.
    """
    most = max(each.count for each in tries)
    edges = [float(each.above) for each in tries]
    gaps = [later - earlier for earlier, later in pairwise(edges)]
    width = min(gaps, default=1.0)
    return {
        "type": "bar",
        "name": "Tries",
        "x": [edge + width / 2 for edge in edges],
        "width": width * 0.85,
        "y": [height * each.count / most for each in tries],
        "text": [
            f"{each.count:,} {'try' if each.count == 1 else 'tries'} with a confidence from "
            f"{float(each.above):.4g} on"
            for each in tries
        ],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": RULE},
    }


def _line(points: Sequence[Point]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "A month",
        "x": [float(point.threshold) for point in points],
        "y": [float(point.cost) for point in points],
        "text": [escaped(point.words) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": SPENT, "width": 2.5},
        "marker": {"size": 7, "color": SPENT},
    }


def _across(level: Level) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": float(level.cost),
        "y1": float(level.cost),
        "line": {"color": EXPECTED, "width": 1.5, "dash": "dot"},
        "layer": "below",
    }


def _name(level: Level, currency: str, *, is_below: bool) -> dict[str, Any]:
    """Return the name of a level; the lowest one's stands below, out of the way of the curve."""
    return {
        "xref": "paper",
        "yref": "y",
        "x": 0,
        "xanchor": "left",
        "y": float(level.cost),
        "yanchor": "top" if is_below else "bottom",
        "yshift": -2 if is_below else 2,
        "text": f"{escaped(level.name)} {dollars(level.cost, currency)}",
        "showarrow": False,
        "font": {"color": INK, "size": 12},
    }
