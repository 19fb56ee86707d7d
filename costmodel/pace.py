"""Pace: how a budget is meant to be spent over its period, and how fast it is being spent.

A budget is not spent evenly: nights and weekends cost little. The plan lays the
budget on the hours of the period by the profile of the last weeks, so a pace of 1
means "as planned for this hour of the week".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

HOURS_OF_DAY = 24
DAYS_OF_WEEK = 7
FEWEST_DAYS = 14
PROFILE_DAYS = 56
"""Eight weeks: as many days say what a weekday is meant to cost."""
HOURLY_DAYS = 21
"""The whole days before today whose hours say how a day is spent."""
_SATURDAY = 5
_ALL_IN_ONE_HOUR = 0.9


@dataclass(frozen=True)
class Profile:
    """Relative weight of every hour of the week, Monday 00:00 first; the scale is free."""

    weights: tuple[float, ...]

    def weight(self, moment: datetime) -> float:
        """Return the weight of the hour that holds a local moment."""
        return self.weights[moment.weekday() * HOURS_OF_DAY + moment.hour]


EVEN = Profile((1.0,) * (DAYS_OF_WEEK * HOURS_OF_DAY))


def profile_of(days: Sequence[float], until: date, week: Sequence[float]) -> Profile:
    """Return the profile of the money of whole local days; even with less than two weeks of it.

    ``days`` are all days before ``until``, of which the last eight weeks count; ``week`` is
    what each hour of the week spent lately, Monday 00:00 first. A weekday weighs the median
    of its days, so that one runaway night does not become the plan; its hours share it as
    working days, or weekends, do on average.
    """
    days = days[-PROFILE_DAYS:]
    if len(days) < FEWEST_DAYS or sum(days) <= 0:
        return EVEN
    first = until.weekday() - len(days)
    weights: list[float] = []
    for weekday in range(DAYS_OF_WEEK):
        total = median(days[(weekday - first) % DAYS_OF_WEEK :: DAYS_OF_WEEK])
        weights += [total * share for share in _shape(tuple(week), weekday)]
    return Profile(tuple(weights)) if sum(weights) > 0 else EVEN


def share_left_of_day(week: Sequence[float], moment: datetime) -> float:
    """Return which share of a local day's spending comes after a moment, 0 to 1.

    ``week`` is what each hour of the week spent on whole days before, Monday 00:00 first:
    the day's hours share it as working days, or weekends, did.
    """
    shape, hour = _shape(tuple(week), moment.weekday()), moment.hour
    of_hour = (moment - moment.replace(minute=0, second=0, microsecond=0)) / timedelta(hours=1)
    return 1 - (sum(shape[:hour]) + shape[hour] * of_hour) / sum(shape)


def planned_share(profile: Profile, start: datetime, end: datetime, until: datetime) -> float:
    """Return the share of the period's plan that falls before a moment, 0 to 1."""
    whole = _weight_between(profile, start, end)
    before = _weight_between(profile, start, min(max(until, start), end))
    return before / whole if whole > 0 else 0.0


def planned_by_day(profile: Profile, start: datetime, end: datetime) -> dict[datetime, float]:
    """Return the share of the plan that falls on each local day of the period."""
    whole = _weight_between(profile, start, end)
    shares: dict[datetime, float] = {}
    day = start
    while day < end:
        following = _midnight_after(day)
        part = _weight_between(profile, day, min(following, end))
        shares[day] = part / whole if whole > 0 else 0.0
        day = following
    return shares


def pace(spent_in_window: float, budget: float, share_of_plan: float) -> float | None:
    """Return spending over plan in a window: 1 is on plan, 1.4 is 1.4 times plan.

    None where the plan holds nothing to compare with.
    """
    if budget <= 0 or share_of_plan <= 0:
        return None
    return spent_in_window / (budget * share_of_plan)


@lru_cache(maxsize=64)
def _shape(week: tuple[float, ...], weekday: int) -> list[float]:
    """Return each hour's share of a working day or of a day at the weekend.

    Even where the usage knows only days.
    """
    days = range(DAYS_OF_WEEK)[_SATURDAY:] if weekday >= _SATURDAY else range(_SATURDAY)
    sums = [sum(week[day * HOURS_OF_DAY + hour] for day in days) for hour in range(HOURS_OF_DAY)]
    total = sum(sums)
    if total <= 0 or max(sums) > _ALL_IN_ONE_HOUR * total:
        return [1 / HOURS_OF_DAY] * HOURS_OF_DAY
    return [money / total for money in sums]


def _weight_between(profile: Profile, start: datetime, end: datetime) -> float:
    """Return the weight of a stretch; a part of an hour counts in proportion."""
    weight = 0.0
    moment = start
    while moment < end:
        top = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        stop = min(top, end)
        weight += profile.weight(moment) * ((stop - moment) / timedelta(hours=1))
        moment = stop
    return weight


def _midnight_after(moment: datetime) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)
