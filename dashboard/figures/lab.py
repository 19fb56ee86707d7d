"""Ways to do the same, one bar each, with the name above the bar: it fits narrow screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.figures.base import Figure, axis, escaped, hatch, layout
from dashboard.figures.palette import GRID, INK, OTHER, SPENT

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT_PX = 348
"""Room for six ways; fewer stand further apart."""
_AMOUNT_PX = 92
_BAR_PX = 20
_TOP_PX, _BOTTOM_PX = 16, 8


@dataclass(frozen=True)
class WayBar:
    """A way with its money; ``text`` is the amount as people read it."""

    name: str
    amount: float
    text: str
    fits: bool = True


def way_bars(bars: Sequence[WayBar]) -> Figure:
    """Return the figure; a way that cannot be gone is hatched."""
    longest = max((bar.amount for bar in bars), default=0.0) or 1.0
    thick = _BAR_PX * len(bars) / (HEIGHT_PX - _TOP_PX - _BOTTOM_PX)
    return {
        "data": [_bar(place, bar, thick) for place, bar in enumerate(bars)],
        "layout": layout(
            barmode="overlay",
            hovermode="closest",
            margin={"l": 8, "r": _AMOUNT_PX, "t": _TOP_PX, "b": _BOTTOM_PX},
            annotations=[
                each for place, bar in enumerate(bars) for each in _texts(place, bar, thick)
            ],
            xaxis=axis(showgrid=True, gridcolor=GRID, showticklabels=False, range=[0, longest]),
            yaxis=axis(range=[len(bars) - 0.5, -0.5], showticklabels=False),
        ),
    }


def _bar(place: int, bar: WayBar, thick: float) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": escaped(bar.name),
        "y": [place],
        "x": [bar.amount],
        "width": thick,
        "marker": {"color": SPENT, "line": {"width": 0}} if bar.fits else hatch(OTHER),
        "hovertemplate": f"{escaped(bar.name)} {escaped(bar.text)}<extra></extra>",
    }


def _texts(place: int, bar: WayBar, thick: float) -> list[dict[str, Any]]:
    shared = {"xref": "paper", "showarrow": False, "font": {"size": 13, "color": INK}}
    name = bar.name if bar.fits else f"{bar.name} (does not fit)"
    above = {"x": 0, "xanchor": "left", "y": place - thick / 2, "yanchor": "bottom"}
    beside = {"x": 1, "xanchor": "right", "y": place, "yanchor": "middle"}
    return [
        {**shared, **above, "text": escaped(name)},
        {**shared, **beside, "xshift": _AMOUNT_PX - 4, "text": escaped(bar.text)},
    ]
