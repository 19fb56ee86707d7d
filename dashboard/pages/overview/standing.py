"""Where the period stands: spent, budget, forecast and pace, worked out once a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel import pace
from costmodel.burn.level import HISTORY_DAYS
from costmodel.forecast import Backtest, Forecast, NotForecastable, Remainder, outlook
from dashboard.money_budgets import money_budgets
from dashboard.period import Period
from dashboard.time_words import day_of, hour_of, is_calendar_month

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.budget import Budget
    from costmodel.spend import Spend
    from dashboard.view import View

PROFILE_DAYS = 56
PACE_WINDOW = timedelta(days=3)

Filters = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class Standing:
    """The period's money and what it means.

    ``spent`` is exact. ``limit`` is the budget's amount where a budget covers just
    this period and these filters. ``ahead`` is None when the period is over.
    ``pace_now`` is spending over plan in the last three days.
    """

    period: Period
    spent: Fraction | None
    at_least: bool
    currency: str
    budget: Budget | None = None
    ahead: Forecast | NotForecastable | None = None
    replayed: Backtest | None = None
    pace_now: float | None = None
    profile: pace.Profile = pace.EVEN

    @property
    def limit(self) -> Fraction | None:
        """Return the budget's amount."""
        return self.budget.amount if self.budget else None

    @property
    def forecast(self) -> Forecast | None:
        """Return the forecast, if there is one."""
        return self.ahead if isinstance(self.ahead, Forecast) else None


def standing_of(view: View) -> Standing:
    """Return where the page's period stands, for its filters."""
    total = view.report().total
    at_least = view.report().at_least
    budget = _budget_for(view)
    start = Standing(view.period, total.cost, at_least, view.source.book.contract.currency, budget)
    if not is_calendar_month(view.period) and budget is None:
        return start
    is_open = view.until < view.period.end and view.now < view.period.end
    if not is_open or total.cost is None:
        return start
    by_day, last_day = _complete_days(view)
    hourly = _hourly(view)
    profile = pace.profile_of(_since(by_day, last_day), hourly)
    ahead, replayed = outlook(list(by_day.values()), total.cost, _remainder(view, hourly))
    return replace(
        start,
        ahead=ahead,
        replayed=replayed,
        pace_now=_pace(view, profile, budget),
        profile=profile,
    )


def _budget_for(view: View) -> Budget | None:
    """Return the budget of exactly this period and these filters, None without one."""
    for budget in money_budgets(view.store, view.source, view.filters):
        zone = budget.timezone or view.source.configuration.timezone
        first, following = budget.period_holding(view.period.start.date())
        same_days = (first, following) == (view.period.start.date(), view.period.end.date())
        if same_days and zone == view.zone:
            return budget
    return None


def _complete_days(view: View) -> tuple[dict[date, float], date]:
    """Return the money of each complete day behind the data's end, and the last such day.

    They begin where a budget's history does, so that its page forecasts the same.
    """
    today = view.until.replace(hour=0, minute=0, second=0, microsecond=0)
    since = view.period.start - timedelta(days=HISTORY_DAYS)
    spend = view.report(by=("day",), period=_stretch(view, since, today))
    seen = money_by_day(spend)
    last_day = today.date() - timedelta(days=1)
    first = min(seen, default=today.date())
    days = (first + timedelta(n) for n in range((last_day - first).days + 1))
    return {day: float(seen.get(day, 0)) for day in days}, last_day


def _since(by_day: dict[date, float], last_day: date) -> dict[date, float]:
    first = last_day - timedelta(days=PROFILE_DAYS - 1)
    return {day: money for day, money in by_day.items() if day >= first}


def money_by_day(spend: Spend) -> dict[date, Fraction]:
    """Return the money of each day of a report by day; a day without a price counts zero.

    A provider's bucket that begins before the report's first edge has no label.
    """
    labelled = ((row.dimensions[0], row.cost) for row in spend.rows)
    return {day_of(label): cost or Fraction(0) for label, cost in labelled if label}


def _hourly(view: View) -> dict[datetime, float]:
    """Return the money of each hour of the last whole days."""
    midnight = view.until.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=pace.HOURLY_DAYS)
    spend = view.report(by=("hour",), period=_stretch(view, since, midnight))
    labelled = ((row.dimensions[0], row) for row in spend.rows)
    return {hour_of(label): float(row.cost or 0) for label, row in labelled if label}


def _remainder(view: View, hourly: Mapping[datetime, float]) -> Remainder:
    """Return what is left: whole days after today, and today's share by its hours."""
    today = view.until.date()
    if view.until == view.until.replace(hour=0, minute=0, second=0, microsecond=0):
        return Remainder((view.period.end.date() - today).days)
    left = pace.share_left_of_day(pace.by_hour_of_week(hourly), view.until)
    return Remainder((view.period.end.date() - today).days - 1, left)


def _pace(view: View, profile: pace.Profile, budget: Budget | None) -> float | None:
    if budget is None:
        return None
    since = max(view.until - PACE_WINDOW, view.period.start)
    spent = view.report(period=_stretch(view, since, view.until)).total.cost
    start, end = view.period.start, view.period.end
    share = pace.planned_share(profile, start, end, view.until) - pace.planned_share(
        profile, start, end, since
    )
    return pace.pace(float(spent or 0), float(budget.amount), share)


def _stretch(view: View, start: datetime, end: datetime) -> Period:
    return Period(start=start, end=end, zone=view.zone, label="", text="")
