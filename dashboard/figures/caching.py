"""Shares of input that come from prompt caches: today, and as far as they could."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.figures.base import Figure, axis, escaped, layout
from dashboard.figures.palette import EXPECTED, GRID, INK, SPENT
from dashboard.figures.whatif import label_width

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

_ROW_PIXELS = 34
_AROUND_PIXELS = 76
_NARROW_WIDTH = 150


@dataclass(frozen=True)
class CachedRow:
    """One feature on one model: shares of its input, None where not known."""

    name: str
    today: Fraction
    possible: Fraction | None
    highest_hour: Fraction | None


def cached_shares(rows: Sequence[CachedRow]) -> Figure:
    """Return bars of today's share, hatched up to the possible one, the highest hour marked."""
    shown = layout(
        height=shares_height(len(rows)),
        barmode="stack",
        bargap=0.42,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        margin={"l": label_width(row.name for row in rows), "r": 16, "t": 40, "b": 28},
        meta={"narrow": {"margin": {"l": _NARROW_WIDTH, "r": 8, "t": 64, "b": 28}}},
        xaxis=axis(
            range=[0, 1.02],
            tickformat=".0%",
            dtick=0.25,
            showgrid=True,
            gridcolor=GRID,
            automargin=False,
        ),
        yaxis=axis(
            autorange="reversed",
            type="category",
            automargin=False,
            tickfont={"color": INK, "size": 13},
            ticklabelstandoff=8,
        ),
    )
    return {"data": [_today(rows), _more(rows), _highest(rows)], "layout": shown}


def shares_height(count: int) -> int:
    """Return the pixels that so many rows need."""
    return _ROW_PIXELS * count + _AROUND_PIXELS


def _today(rows: Sequence[CachedRow]) -> dict[str, Any]:
    return _bar(rows, "Today", [float(row.today) for row in rows]) | {
        "marker": {"color": SPENT, "cornerradius": 2},
        "hovertemplate": "%{x:.0%} today<extra></extra>",
    }


def _more(rows: Sequence[CachedRow]) -> dict[str, Any]:
    """Return what is possible above today's share."""
    more = [max(0.0, float((row.possible or row.today) - row.today)) for row in rows]
    texts = ["" if row.possible is None else f"{float(row.possible):.0%}" for row in rows]
    return _bar(rows, "Possible", more) | {
        "customdata": texts,
        "hovertemplate": "%{customdata} possible<extra></extra>",
        "marker": {
            "color": EXPECTED,
            "line": {"color": EXPECTED, "width": 1},
            "pattern": {"shape": "/", "fillmode": "replace", "size": 6, "solidity": 0.25},
            "cornerradius": 2,
        },
    }


def _bar(rows: Sequence[CachedRow], name: str, values: list[float]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [escaped(row.name) for row in rows],
        "x": values,
    }


def _highest(rows: Sequence[CachedRow]) -> dict[str, Any]:
    told = [row for row in rows if row.highest_hour is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Highest hour",
        "y": [escaped(row.name) for row in told],
        "x": [float(row.highest_hour or 0) for row in told],
        "marker": {"symbol": "line-ns", "size": 16, "line": {"color": INK, "width": 2}},
        "hovertemplate": "%{x:.0%} in the highest hour<extra></extra>",
        "cliponaxis": False,
    }
