"""Where the open period ends: one forecast for pages, mails, commands and gateways.

Usage is forecast, prices are known: the days behind are taken at the prices of the last of
them, the days to come at those that will be in force.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from alerts.coming_prices import day_of, price_path
from alerts.outlook import amounts_between
from costmodel.burn.series import DAY, HOURS_OF_WEEK, local_midnight, local_midnights
from costmodel.coming_price import NO_CHANGE
from costmodel.forecast import Forecast, Remainder, outlook
from costmodel.pace import HOURLY_DAYS, share_left_of_day

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from alerts.usage import Part, Usage
    from costmodel.budget import Measure
    from costmodel.burn.facts import Facts
    from costmodel.burn.series import Series
    from costmodel.coming_price import ComingPrice, PricePath
    from costmodel.forecast import Backtest, NotForecastable


@dataclass(frozen=True)
class PeriodEnd:
    """Where a period from ``start`` to ``end`` ends, as the data up to ``watermark`` says it.

    ``replayed`` is how the method did lately. ``coming`` are the prices that change on the
    way, which the forecast counts.
    """

    start: datetime
    end: datetime
    watermark: datetime
    ahead: Forecast | NotForecastable
    replayed: Backtest | None
    coming: tuple[ComingPrice, ...] = ()

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
    series, path = facts.series, NO_CHANGE
    if measure == "money":
        curve = usage.money_at(part, day_of(facts.watermark))
        amounts = amounts_between(curve, usage, series.start, series.watermark, series.step)
        series = replace(series, amounts=amounts)
        path = price_path(part, usage, facts.watermark, facts.end)
    ahead, replayed = outlook(
        complete_days(series, zone), facts.spent_so_far, _remainder(series, facts.end, zone, path)
    )
    told = path.told if isinstance(ahead, Forecast) else ()
    return PeriodEnd(facts.start, facts.end, facts.watermark, ahead, replayed, told)


def complete_days(series: Series, zone: ZoneInfo) -> list[float]:
    """Return what each complete local day up to the watermark used, from the first in use on."""
    amounts = series.amounts
    if series.step < DAY:
        first = series.start.astimezone(zone).date() + timedelta(days=1)
        last = series.watermark.astimezone(zone).date()
        edges = series.positions(local_midnights(first, last, zone))
        amounts = np.diff(series.spent_before(edges))
    busy = np.flatnonzero(amounts > 0)
    return amounts[int(busy[0]) :].tolist() if len(busy) else []


def _by_hour_of_week(series: Series, midnight: datetime) -> list[float]:
    """Return what each local hour of the week spent in the whole days before a local midnight."""
    last = int(series.position(midnight))
    first = max(int(series.position(midnight - timedelta(days=HOURLY_DAYS))), 0)
    hours, amounts = series.calendar[first:last], series.amounts[first:last]
    week: list[float] = np.bincount(hours, weights=amounts, minlength=HOURS_OF_WEEK).tolist()
    return week


def _remainder(series: Series, end: datetime, zone: ZoneInfo, path: PricePath) -> Remainder:
    """Return the days that are left, in UTC where usage is known by them, and their prices."""
    begin, here = series.watermark, UTC if series.step == DAY else zone
    today = begin.astimezone(here).date()
    midnight = local_midnight(today, here)
    days = max((end.date() - today).days, 0)
    first = today if midnight == begin else today + timedelta(days=1)
    edges = local_midnights(first, max(end.date(), first), here)
    if midnight == begin:
        return Remainder(days, price_factors=path.factors(edges))
    left = share_left_of_day(_by_hour_of_week(series, midnight), begin.astimezone(here))
    if left <= 0:
        return Remainder(days - 1, price_factors=path.factors(edges))
    return Remainder(days - 1, left, path.factors((begin, *edges)))
