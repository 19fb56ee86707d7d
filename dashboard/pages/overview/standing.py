"""Where the period stands: spent, budget, forecast and pace, worked out once a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel import pace
from costmodel.budget import Budget
from costmodel.forecast import Backtest, Forecast, NotForecastable
from dashboard.budget_watch import end_of
from dashboard.money_budgets import money_budgets
from dashboard.period import Period
from dashboard.remembered import remembered
from dashboard.time_words import day_of, is_calendar_month

if TYPE_CHECKING:
    from alerts.period_end import PeriodEnd
    from costmodel.coming_price import ComingPrice
    from costmodel.spend import Spend
    from dashboard.view import View

PACE_WINDOW = timedelta(days=3)

Filters = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class Standing:
    """The period's money and what it means.

    ``spent`` is exact. ``limit`` is the budget's amount where a budget covers just
    this period and these filters. ``ahead`` is None when the period is over; ``coming``
    are the prices that change until then, which it counts. ``pace_now`` is spending over
    plan in the last three days.
    """

    period: Period
    spent: Fraction | None
    at_least: bool
    currency: str
    budget: Budget | None = None
    ahead: Forecast | NotForecastable | None = None
    replayed: Backtest | None = None
    coming: tuple[ComingPrice, ...] = ()
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
    heading = _heading(view, budget)
    profile = _profile(heading)
    start = replace(start, pace_now=_pace(view, profile, budget), profile=profile)
    if heading is None or (heading.start, heading.end) != (view.period.start, view.period.end):
        return replace(start, ahead=NotForecastable("not all of this usage reaches the period yet"))
    return replace(start, ahead=heading.ahead, replayed=heading.replayed, coming=heading.coming)


def _heading(view: View, budget: Budget | None) -> PeriodEnd | None:
    """Return where the period ends, by the forecast of budgets, whether or not there is one."""
    source, store = view.source, view.store
    asked = budget or Budget(
        name="",
        amount=Fraction(1),
        currency=source.book.contract.currency,
        timezone=view.zone,
        filters=view.filters,
    )
    ids = (id(source.book), id(source.configuration))
    filters = tuple(sorted(view.filters.items()))
    extent = view.facts.extent
    until = min(view.now, extent[1]) if extent else view.now
    return remembered(
        store,
        ("period end", *ids, until, view.period, filters),
        lambda: end_of(asked, store, source, until),
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


def money_by_day(spend: Spend) -> dict[date, Fraction]:
    """Return the money of each day of a report by day; a day without a price counts zero.

    A provider's bucket that begins before the report's first edge has no label.
    """
    labelled = ((row.dimensions[0], row.cost) for row in spend.rows)
    return {day_of(label): cost or Fraction(0) for label, cost in labelled if label}


def _profile(heading: PeriodEnd | None) -> pace.Profile:
    if heading is None:
        return pace.EVEN
    behind = heading.behind
    return pace.profile_of(behind.days, behind.midnight.date(), behind.week)


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
