"""Where the open period ends: one forecast for pages, mails, commands and gateways.

Usage is forecast, prices are known: the days behind are taken at the prices of the last of
them, the days to come at those that will be in force.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from alerts.coming_prices import day_of, price_path
from alerts.outlook import amounts_between
from costmodel.burn.incidents import struck
from costmodel.burn.series import DAY, HOURS_OF_WEEK, local_midnight, local_midnights
from costmodel.coming_price import NO_CHANGE
from costmodel.forecast import Forecast, Remainder, outlook
from costmodel.pace import HOURLY_DAYS, share_left_of_day

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from alerts.usage import Part, Usage
    from costmodel.budget import Measure
    from costmodel.burn.facts import Facts
    from costmodel.burn.incidents import Incident
    from costmodel.burn.series import Series
    from costmodel.coming_price import ComingPrice, PricePath
    from costmodel.forecast import Backtest, NotForecastable


@dataclass(frozen=True, eq=False)
class Behind:
    """What is over when a day begins at ``midnight``: the days before it, with what each used.

    ``week`` is what each local hour of the week used on the last of them.
    """

    midnight: datetime
    days: list[float]
    week: tuple[float, ...]


@dataclass(frozen=True)
class PeriodEnd:
    """Where a period from ``start`` to ``end`` ends, as the data up to ``watermark`` says it.

    ``behind`` is what the forecast rests on, ``replayed`` how its method did lately. ``path``
    are the prices that change on the way, which the forecast counts.
    """

    start: datetime
    end: datetime
    watermark: datetime
    behind: Behind
    ahead: Forecast | NotForecastable
    replayed: Backtest | None
    path: PricePath = NO_CHANGE

    @property
    def coming(self) -> tuple[ComingPrice, ...]:
        """Return the prices that change on the way, soonest first."""
        return self.path.told

    @property
    def forecast(self) -> Forecast | None:
        """Return the forecast, if there is one."""
        return self.ahead if isinstance(self.ahead, Forecast) else None


def period_end(
    facts: Facts, part: Part, usage: Usage, measure: Measure, zone: ZoneInfo
) -> PeriodEnd:
    """Return where the period ends. ``facts`` are those of the part of the usage, up to now.

    Where the method did worse than the mean of the last seven days, nothing is forecast.
    """
    return Ends(facts, part, usage, measure, zone).at(facts.watermark, facts.spent_so_far)


@dataclass(frozen=True, eq=False)
class Ends:
    """Where one period ends, as any moment that its facts reach can say it.

    A moment knows what came before it and nothing else. What the moments of a day share is
    worked out once. ``incident`` is written into the usage, ``paths`` are known price paths.
    """

    facts: Facts
    part: Part
    usage: Usage
    measure: Measure
    zone: ZoneInfo
    incident: Incident | None = None
    paths: dict[datetime, PricePath] = field(default_factory=dict)
    _series: dict[int, Series] = field(default_factory=dict)
    _behind: dict[tuple[date, date], Behind] = field(default_factory=dict)

    def at(self, moment: datetime, spent: float) -> PeriodEnd:
        """Return where the period ends, of which ``spent`` was spent at a moment.

        Where usage is known by the day the moment is a midnight in UTC.
        """
        path, end = self._path(moment), self.facts.end
        behind = self._behind_at(moment)
        ahead, replayed = outlook(behind.days, spent, _remainder(behind, moment, end, path))
        counted = path if isinstance(ahead, Forecast) else NO_CHANGE
        return PeriodEnd(self.facts.start, end, moment, behind, ahead, replayed, counted)

    def struck(self, facts: Facts, incident: Incident) -> Ends:
        """Return the same period with an incident, which ``facts`` hold already."""
        return Ends(facts, self.part, self.usage, self.measure, self.zone, incident, self.paths)

    def _path(self, moment: datetime) -> PricePath:
        if self.measure != "money":
            return NO_CHANGE
        if moment not in self.paths:
            self.paths[moment] = price_path(self.part, self.usage, moment, self.facts.end)
        return self.paths[moment]

    def _behind_at(self, moment: datetime) -> Behind:
        here = UTC if self.facts.series.step == DAY else self.zone
        key = moment.astimezone(here).date(), day_of(moment)
        if key not in self._behind:
            series, midnight = self._priced(day_of(moment)), local_midnight(key[0], here)
            days = complete_days(series, midnight, self.zone)
            self._behind[key] = Behind(midnight, days, _by_hour_of_week(series, midnight))
        return self._behind[key]

    def _priced(self, day: date) -> Series:
        """Return the usage in the budget's measure, money at the prices of a day."""
        series = self.facts.series
        if self.measure != "money":
            return series
        curve = self.usage.money_at(self.part, day)
        if id(curve) not in self._series:  # the part keeps its curves
            amounts = amounts_between(
                curve, self.usage, series.start, series.watermark, series.step
            )
            priced = replace(series, amounts=amounts)
            self._series[id(curve)] = struck(priced, self.incident) if self.incident else priced
        return self._series[id(curve)]


def complete_days(series: Series, midnight: datetime, zone: ZoneInfo) -> list[float]:
    """Return what each complete local day before a midnight used, from the first in use on."""
    if series.step < DAY:
        first = series.start.astimezone(zone).date() + timedelta(days=1)
        edges = series.positions(local_midnights(first, midnight.date(), zone))
        amounts = np.diff(series.spent_before(edges))
    else:
        amounts = series.amounts[: round(series.position(midnight))]
    busy = np.flatnonzero(amounts > 0)
    return amounts[int(busy[0]) :].tolist() if len(busy) else []


def _by_hour_of_week(series: Series, midnight: datetime) -> tuple[float, ...]:
    """Return what each local hour of the week spent in the whole days before a local midnight."""
    last = int(series.position(midnight))
    first = max(int(series.position(midnight - timedelta(days=HOURLY_DAYS))), 0)
    hours, amounts = series.calendar[first:last], series.amounts[first:last]
    week = np.bincount(hours, weights=amounts, minlength=HOURS_OF_WEEK)
    return tuple(week.tolist())


def _remainder(behind: Behind, begin: datetime, end: datetime, path: PricePath) -> Remainder:
    """Return the days that are left, in UTC where usage is known by them, and their prices."""
    midnight, here = behind.midnight, behind.midnight.tzinfo
    today = midnight.date()
    days = max((end.date() - today).days, 0)
    first = today if midnight == begin else today + timedelta(days=1)
    edges = local_midnights(first, max(end.date(), first), here) if path.steps else ()
    if midnight == begin:
        return Remainder(days, price_factors=path.factors(edges))
    left = share_left_of_day(behind.week, begin.astimezone(here))
    if left <= 0:
        return Remainder(days - 1, price_factors=path.factors(edges))
    return Remainder(days - 1, left, path.factors((begin, *edges)))
