"""An adopted plan against the usage that came: month by month, and what it has saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from costmodel.regimes import month_after
from costmodel.savings import group_names, saved_so_far
from ingest.baseline import usage_history
from ingest.periods import Period
from ingest.report import ReportQuery, report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.book import PriceBook
    from costmodel.plan import History
    from costmodel.savings import Saved
    from ingest.adopted_plans import AdoptedPlan
    from ingest.store import Store


@dataclass(frozen=True)
class PlanSoFar:
    """What came of a plan: the cost of its months so far, and what it saved.

    ``days`` are the first and the last whole day that ``saved`` covers; both are None
    before the first day of the plan has ended. ``actual`` lacks months without usage.
    """

    actual: Mapping[date, Fraction]
    days: tuple[date, date] | None
    saved: Saved | None


def plan_so_far(
    store: Store, book: PriceBook, plan: AdoptedPlan, now: datetime, zone: str
) -> PlanSoFar:
    """Return what came of a plan up to now, and what it saved up to the last whole day.

    Raises ``PlanFileError`` where the book no longer knows what the plan names.
    """
    period = _period(plan, zone)
    today = datetime.combine(now.astimezone(ZoneInfo(zone)), time(), tzinfo=ZoneInfo(zone))
    actual = _actual(store, book, plan, period)
    came = _came(store, book, plan, replace(period, end=min(period.end, today)))
    if came is None:
        return PlanSoFar(actual, None, None)
    saved = saved_so_far(plan.usage, plan.levers(book), book, came)
    return PlanSoFar(actual, (came.first_day, came.last_day), saved)


def _period(plan: AdoptedPlan, zone: str) -> Period:
    end = month_after(max(plan.costs, default=plan.first_month))
    start, stop = (
        datetime.combine(day, time(), tzinfo=ZoneInfo(zone)) for day in (plan.first_month, end)
    )
    return Period(start, stop, zone, plan.name, f"{plan.first_month}..{end - timedelta(days=1)}")


def _came(store: Store, book: PriceBook, plan: AdoptedPlan, period: Period) -> History | None:
    if period.end <= period.start:
        return None
    return usage_history(store, book, period, plan.filters, group_names(plan.usage))


def _actual(
    store: Store, book: PriceBook, plan: AdoptedPlan, period: Period
) -> dict[date, Fraction]:
    query = ReportQuery(period, ("month",), plan.filters)
    rows = ((row.dimensions[0], row.cost) for row in report(store, book, query).rows)
    return {date.fromisoformat(f"{label}-01"): cost or Fraction(0) for label, cost in rows if label}
