"""The level of the last weeks: what each hour of the week used to cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from costmodel.burn.series import DAY, HOUR, HOURS_OF_DAY, HOURS_OF_WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from costmodel.burn.series import Amounts, HoursOfWeek, Series

HISTORY_DAYS = 56
"""Eight weeks: each hour of the week is seen eight times."""
FEWEST_DAYS = 7
"""A week: each hour of the week was seen once. With less there is no profile."""
NEAR_ZERO = 0.05
"""A day, or a history, below this share of what the budget plans for it is a start from nothing."""
_LEAST_WEIGHT = 0.02
"""An hour in which history spent nothing weighs this share of an average one."""


@dataclass(frozen=True, eq=False)
class Level:
    """Mean amount of each hour of the week, from ``days`` of history that ended at ``until``."""

    means: Amounts
    days: float
    until: datetime


def level_of(series: Series, until: datetime, end: datetime, amount: float) -> Level | None:
    """Return the level of the eight weeks before ``until``; None where that is no history.

    It is none with less than a week since the first day that cost at least ``NEAR_ZERO`` of
    an average day of the budget (``amount`` from ``until`` to ``end``), and where all of it
    together stays below that share: a client that starts from nothing has no usual level.
    """
    planned_a_day = amount / ((end - until) / DAY)
    begin = _begin(series, until, NEAR_ZERO * planned_a_day)
    if begin is None:
        return None
    stop = int(series.position(until))
    days = (stop - begin) * (series.step / DAY)
    spent = series.amounts[begin:stop]
    if days < FEWEST_DAYS or float(spent.sum()) < NEAR_ZERO * planned_a_day * days:
        return None
    hours = series.step / HOUR
    means = _means(spent / hours, series.calendar[begin:stop], hours)
    return Level(means, days, until)


def hour_weights(table: Sequence[float]) -> Amounts:
    """Return a table of weights as an array. ValueError unless 168 numbers, none negative."""
    weights = np.asarray(table, dtype=np.float64)
    if weights.shape != (HOURS_OF_WEEK,) or (weights < 0).any() or not weights.sum() > 0:
        raise ValueError("a plan needs 168 weights, none below 0 and not all 0")
    return weights


def _begin(series: Series, until: datetime, least_a_day: float) -> int | None:
    """Return the step from which there is history, at most eight weeks before ``until``."""
    stop = int(series.position(until))
    a_day = max(1, round(DAY / series.step))
    first = max(stop - HISTORY_DAYS * a_day, stop % a_day)
    days = series.amounts[first:stop][: (stop - first) // a_day * a_day].reshape(-1, a_day)
    busy = np.flatnonzero(days.sum(axis=1) > least_a_day)
    return first + int(busy[0]) * a_day if len(busy) else None


def _means(rates: Amounts, hours: HoursOfWeek, step_hours: float) -> Amounts:
    """Return the mean of each hour of the week; of each weekday where steps are whole days."""
    bins = hours if step_hours <= 1 else hours // HOURS_OF_DAY
    size = HOURS_OF_WEEK if step_hours <= 1 else HOURS_OF_WEEK // HOURS_OF_DAY
    counts = np.bincount(bins, minlength=size)
    sums = np.bincount(bins, weights=rates, minlength=size)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), rates.mean())
    floored: Amounts = np.maximum(means, _LEAST_WEIGHT * rates.mean())
    return floored if step_hours <= 1 else np.repeat(floored, HOURS_OF_DAY)
