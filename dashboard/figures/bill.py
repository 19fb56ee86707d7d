"""What lies between usage and the bill: one bar a cause, to the right where the bill is above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.figures.base import Figure, axis, escaped, hatch, layout
from dashboard.figures.palette import EXPECTED, GRID, INK, OTHER, RULE, SPENT

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOM = 1.05
"""The axis reaches this much further than the longest bar."""
_AMOUNT_PX = 92
"""Amounts stand in a column of their own, where no bar and no name can meet them."""


@dataclass(frozen=True)
class CauseBar:
    """A cause with its money; ``text`` is the amount as people read it."""

    name: str
    amount: float
    text: str
    is_explained: bool = True


def cause_bars(bars: Sequence[CauseBar]) -> Figure:
    """Return the figure; what nothing explains is hatched."""
    longest = max((abs(bar.amount) for bar in bars), default=0.0) or 1.0
    below = any(bar.amount < 0 for bar in bars)
    above = any(bar.amount > 0 for bar in bars) or not below
    return {
        "data": [_bar(bar) for bar in bars],
        "layout": layout(
            barmode="overlay",
            bargap=0.35,
            hovermode="closest",
            margin={"l": 8, "r": _AMOUNT_PX, "t": 8, "b": 8},
            annotations=[_amount(bar) for bar in bars],
            xaxis=axis(
                showgrid=True,
                gridcolor=GRID,
                showticklabels=False,
                zeroline=True,
                zerolinecolor=RULE,
                range=[-longest * _ROOM * below, longest * _ROOM * above],
            ),
            yaxis=axis(autorange="reversed", tickfont={"color": INK, "size": 13}),
        ),
    }


def _bar(bar: CauseBar) -> dict[str, Any]:
    colour = SPENT if bar.amount >= 0 else EXPECTED
    return {
        "type": "bar",
        "orientation": "h",
        "name": escaped(bar.name),
        "y": [escaped(bar.name)],
        "x": [bar.amount],
        "marker": {"color": colour, "line": {"width": 0}} if bar.is_explained else hatch(OTHER),
        "hovertemplate": f"{escaped(bar.name)} {escaped(bar.text)}<extra></extra>",
    }


def _amount(bar: CauseBar) -> dict[str, Any]:
    return {
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "xshift": _AMOUNT_PX - 4,
        "y": escaped(bar.name),
        "yanchor": "middle",
        "showarrow": False,
        "text": escaped(bar.text),
        "font": {"size": 13, "color": INK},
    }
