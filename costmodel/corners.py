"""Corners: the exact costs at the corners of the sliders' box, and interpolation between.

The cost is multilinear in the sliders, so interpolating corner costs gives the cost of
any setting. The cached share is only piecewise linear (its ceiling), so its axis has
knots where it bends. Growth compounds, so it is no axis: its factors by month stand in
a table of slider positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.controls import Controls
    from costmodel.workload import Baseline


@dataclass(frozen=True)
class Axis:
    """One axis: ``mix`` has choices whose shares sum to 1, a ``slider`` has knots from 0 to 1.

    A mix's first choice is ``today``: what stays as it is. With ``has_today`` a
    slider's first entry is "as today", before its knots; its value is then None.
    """

    name: str
    kind: Literal["mix", "slider"]
    choices: tuple[str, ...] = ()
    knots: tuple[Fraction, ...] = ()
    has_today: bool = False


@dataclass(frozen=True)
class CornerTable:
    """Exact costs at every corner, last axis fastest, and the 12 months of each corner.

    Costs and months are without growth; ``growth_factors[position][month]`` multiplies
    them (month 0 is the headline's month).
    """

    axes: tuple[Axis, ...]
    costs: tuple[Fraction, ...]
    months: tuple[tuple[Fraction, ...], ...]
    growth_positions: tuple[Fraction, ...]
    growth_factors: tuple[tuple[Fraction, ...], ...]
    currency: str

    def to_json(self) -> dict[str, object]:
        """Return the table as floats and strings, for the browser."""
        raise NotImplementedError


def corner_table(
    baseline: Baseline,
    choices: Sequence[str],
    controls: Controls,
    book: PriceBook,
    *,
    first_month: date | None = None,
) -> CornerTable:
    """Return the corners of the five controls; ``choices`` are the models to start with.

    ``controls`` gives what is not an axis: full model, kind of escalation, where.
    Axes, in this order: start_with, escalate, cache, batch.
    """
    raise NotImplementedError


def interpolate(table: CornerTable, point: Mapping[str, object]) -> Fraction:
    """Return the cost at a point: ``start_with`` {choice: share}, escalate, cache, batch, growth."""
    raise NotImplementedError
