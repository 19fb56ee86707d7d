"""Plans: which share of a budget is meant to be spent in which step of its period.

Shares are kept on a grid of 2^-40, on which adding and subtracting is exact in float64:
the shares of windows that follow each other sum to the period's to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from costmodel.burn.level import hour_weights, levels_of
from costmodel.burn.series import HOURS_OF_WEEK, between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    import numpy.typing as npt

    from costmodel.burn.level import Level, Levels
    from costmodel.burn.series import Amounts, Series
    from costmodel.coming_price import PricePath

Basis = Literal["profile", "uniform", "table"]

_GRID = 2.0**40


@dataclass(frozen=True, eq=False)
class Plan:
    """The budget laid on its period, from ``start`` to ``end``.

    ``cumulated`` is the share planned before each edge of the series' steps, 0 before the
    period and 1 after it. ``basis`` says where the shares come from: "uniform" also where a
    profile was asked for and there is too little history for one. ``levels`` are what is usual:
    the plan stays what it was at the start, and what is usual is learned anew in a long period.
    """

    start: datetime
    end: datetime
    first_step: datetime
    step: timedelta
    cumulated: Amounts
    basis: Basis
    levels: Levels

    @property
    def level(self) -> Level | None:
        """Return what history spent in each hour of the week, None without enough of it."""
        return self.levels.of(0)

    def share_before_position(self, positions: npt.ArrayLike) -> Amounts:
        """Return the share planned before positions, counted in steps of the series."""
        return _on_grid(between(self.cumulated, positions))

    def share_before(self, moment: datetime) -> float:
        """Return the share of the budget that is planned before a moment, 0 to 1."""
        if moment <= self.start:
            return 0.0
        if moment >= self.end:
            return 1.0
        return float(self.share_before_position([(moment - self.first_step) / self.step])[0])

    def share_between(self, start: datetime, end: datetime) -> float:
        """Return the share of the budget that is planned between two moments."""
        return self.share_before(end) - self.share_before(start)


def plan_for(
    series: Series,
    start: datetime,
    end: datetime,
    amount: float,
    basis: Literal["profile", "uniform"] = "profile",
    table: Sequence[float] | None = None,
) -> Plan:
    """Return the plan of one period of a budget.

    ``table`` holds a user's own weight for each hour of the week (`table_of` makes one from
    weekdays and hours of the day) and wins over ``basis``. ``series`` must begin at or before
    the period and its calendar reach the period's end (ValueError where not); what lies
    before the period is the history that the profile comes from.
    """
    if series.start > start or series.end < end:
        raise ValueError("the series must reach from the period's start to its end")
    levels = levels_of(series, start, end, amount)
    if table is not None:
        return _laid(series, start, end, hour_weights(table), "table", levels)
    level = levels.of(0) if basis == "profile" else None
    if level is not None:
        return _laid(series, start, end, level.means, "profile", levels)
    return _laid(series, start, end, np.ones(HOURS_OF_WEEK), "uniform", levels)


def with_coming_prices(plan: Plan, watermark: datetime, path: PricePath) -> Plan:
    """Return the plan with what comes after the watermark laid as coming prices lay it.

    What is planned before the watermark, and all of it together, stay what they are: so a sum
    that is still to come is spent where its tokens cost most.
    """
    if not path.steps:
        return plan
    place = round((watermark - plan.first_step) / plan.step)
    edges = [plan.first_step + n * plan.step for n in range(place, len(plan.cumulated))]
    rest = np.diff(plan.cumulated[place:]) * np.array(path.factors(edges))
    before = float(plan.cumulated[place])
    if not rest.sum() > 0:
        return plan
    after = before + (1 - before) * np.cumsum(rest) / rest.sum()
    cumulated = _on_grid(np.concatenate((plan.cumulated[: place + 1], after)))
    return replace(plan, cumulated=cumulated)


def table_of(weekdays: Sequence[float], hours: Sequence[float]) -> tuple[float, ...]:
    """Return the weight of each hour of the week from 7 weekdays (Monday first) and 24 hours."""
    return tuple(day * hour for day in weekdays for hour in hours)


def _laid(
    series: Series,
    start: datetime,
    end: datetime,
    weights: Amounts,
    basis: Basis,
    levels: Levels,
) -> Plan:
    edges = np.arange(len(series.calendar) + 1, dtype=np.float64)
    inside = np.clip(edges, series.position(start), series.position(end))
    covered = np.diff(inside) * weights[series.calendar]
    cumulated = np.concatenate(([0.0], np.cumsum(covered)))
    shares = _on_grid(cumulated / cumulated[-1])
    return Plan(start, end, series.start, series.step, shares, basis, levels)


def _on_grid(shares: Amounts) -> Amounts:
    rounded: Amounts = np.round(shares * _GRID) / _GRID
    return rounded
