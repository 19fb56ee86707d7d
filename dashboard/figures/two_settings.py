"""A table coloured by cost: one setting across, another down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.money import dollars
from dashboard.figures.base import Figure, axis, escaped, layout
from dashboard.figures.palette import GROUND, HEAT, INK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

ROW_HEIGHT = 38
_THOUSAND = 1_000
_LONG_AMOUNT = 100_000


@dataclass(frozen=True)
class Grid:
    """Costs by the values of two settings; ``costs`` row by row, the first one on top.

    ``here`` is the place (row, column) of the plan on screen.
    """

    across: str
    down: str
    columns: Sequence[str]
    rows: Sequence[str]
    costs: Sequence[Sequence[Fraction]]
    here: tuple[int, int]


def two_settings(grid: Grid, limit: Fraction | None, currency: str = "USD") -> Figure:
    """Return the table; amounts within the limit are bold, the plan on screen is framed."""
    row, column = grid.here
    frame = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    shown = layout(
        height=two_settings_height(len(grid.rows)),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis=_axis(grid.across, grid.columns),
        yaxis=_axis(grid.down, grid.rows) | {"autorange": "reversed"},
        shapes=[{"type": "rect", "line": {"color": INK, "width": 2.5}} | frame],
    )
    return {"data": [_cells(grid, limit, currency)], "layout": shown}


def two_settings_height(rows: int) -> int:
    """Return the pixels that so many rows need."""
    return ROW_HEIGHT * rows + 72


def _axis(title: str, values: Sequence[str]) -> dict[str, Any]:
    return axis(
        title={"text": escaped(title), "font": {"color": INK, "size": 13}, "standoff": 8},
        tickmode="array",
        tickvals=list(range(len(values))),
        ticktext=[escaped(value) for value in values],
        tickfont={"color": INK, "size": 12},
    )


def _cells(grid: Grid, limit: Fraction | None, currency: str) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": [[float(cost) for cost in row] for row in grid.costs],
        "text": [[_amount(cost, limit, currency) for cost in row] for row in grid.costs],
        "texttemplate": "%{text}",
        "textfont": {"color": INK, "size": 12},
        "colorscale": [[0, GROUND], [1, HEAT]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "skip",
    }


def _amount(cost: Fraction, limit: Fraction | None, currency: str) -> str:
    is_long = abs(cost) >= _LONG_AMOUNT
    text = f"{dollars(cost / _THOUSAND, currency, 0)}k" if is_long else dollars(cost, currency, 0)
    return f"<b>{text}</b>" if is_within(cost, limit) else text


def is_within(cost: Fraction, limit: Fraction | None) -> bool:
    """Tell whether an amount keeps to a limit, in whole cents."""
    return limit is not None and round(cost * 100) <= round(limit * 100)
