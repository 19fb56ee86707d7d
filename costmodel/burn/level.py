"""The level of the last weeks: what each hour of the week used to cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from costmodel.burn.series import DAY, HOUR, HOURS_OF_DAY, HOURS_OF_WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from costmodel.burn.series import Amounts, HoursOfWeek, Series

HISTORY_DAYS = 56
"""Eight weeks: each hour of the week is seen eight times."""
RELEARNED_EVERY = 4 * 7 * DAY
"""Within a period longer than a month the usual level is learned anew so often: whole weeks, and
about as long as a month's budget keeps one. A shift that stayed would be told again and again."""
LONGEST_MONTH = 31 * DAY + HOUR
"""With the hour that clocks go back."""
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


@dataclass(frozen=True, eq=False)
class Levels:
    """The usual level within a period: its history's, and in a long period what came to be usual.

    ``untils`` are the moments up to which what was spent counts as usual: the period's start,
    and in one longer than a month every four weeks after it. ``planned_a_day`` is the budget's
    mean day.
    """

    series: Series
    untils: tuple[datetime, ...]
    planned_a_day: float
    _known: dict[int, Level | None] = field(default_factory=dict)

    def of(self, place: int) -> Level | None:
        """Return the level from one of ``untils`` on; where there is none the one before it."""
        if place not in self._known:
            found = level_of(self.series, self.untils[place], self.planned_a_day)
            self._known[place] = self.of(place - 1) if found is None and place else found
        return self._known[place]

    def places(self, positions: Amounts) -> npt.NDArray[np.int64]:
        """Return which of ``untils`` holds at positions of the series."""
        edges = self.series.positions(self.untils)
        found: npt.NDArray[np.int64] = np.searchsorted(edges, positions, side="right") - 1
        return np.maximum(found, 0)


def levels_of(series: Series, start: datetime, end: datetime, amount: float) -> Levels:
    """Return the levels of a period, with nothing known that came after a moment."""
    length = end.astimezone(UTC) - start.astimezone(UTC)
    count = int(length / RELEARNED_EVERY) if length > LONGEST_MONTH else 0
    later = (start.astimezone(UTC) + n * RELEARNED_EVERY for n in range(1, count + 1))
    return Levels(series, (start, *later), amount / ((end - start) / DAY))


def level_of(series: Series, until: datetime, planned_a_day: float) -> Level | None:
    """Return the level of the eight weeks before ``until``; None where that is no history.

    It is none with less than a week since the first day that cost at least ``NEAR_ZERO`` of
    an average day of the budget, and where all of it together stays below that share: a
    client that starts from nothing has no usual level.
    """
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
