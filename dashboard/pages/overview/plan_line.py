"""The plan line: what an adopted plan, else the budget, meant to be spent on each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from costmodel import pace
from costmodel.regimes import month_after
from dashboard.remembered import remembered
from ingest.adopted_plans import AdoptedPlan, latest_versions, thawed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dashboard.pages.overview.standing import Standing
    from dashboard.view import View

BUDGET = "plan"


@dataclass(frozen=True)
class PlanLine:
    """Money by day of the page's period, and the name under which the line stands.

    ``plan`` is the adopted plan, None for the budget.
    """

    name: str
    by_day: Mapping[date, float]
    plan: AdoptedPlan | None = None

    @property
    def is_adopted(self) -> bool:
        """Tell whether the line is that of an adopted plan."""
        return self.plan is not None

    def planned(self, days: list[date]) -> float:
        """Return what was meant to be spent on some days together."""
        return sum(self.by_day.get(day, 0.0) for day in days)


def plan_line(view: View, standing: Standing) -> PlanLine | None:
    """Return the line of the plan adopted last for this usage, else of the budget.

    A month's money lies on its days as on those of the last weeks.
    """
    plan = _adopted(view, standing)
    if plan is not None:
        return PlanLine(plan.name, _by_day(view, standing, plan), plan)
    if standing.limit is None:
        return None
    shares = pace.planned_by_day(standing.profile, standing.period.start, standing.period.end)
    limit = float(standing.limit)
    return PlanLine(BUDGET, {day.date(): share * limit for day, share in shares.items()})


def _adopted(view: View, standing: Standing) -> AdoptedPlan | None:
    """Return the latest plan with a month in the page's period, of the same usage and currency."""
    asked = _as_sets(view.filters)
    plans = remembered(
        view.store, "plans", lambda: latest_versions(map(thawed, view.store.plans()))
    )
    first, last = view.period.start.date(), view.period.end.date()
    for plan in plans:
        is_ours = plan.currency == standing.currency and _as_sets(plan.filters) == asked
        if is_ours and any(first < month_after(month) and month < last for month in plan.costs):
            return plan
    return None


def _as_sets(
    filters: Mapping[str, tuple[str | None, ...]],
) -> dict[str, set[str | None]]:
    return {name: set(values) for name, values in filters.items() if values}


def _by_day(view: View, standing: Standing, plan: AdoptedPlan) -> dict[date, float]:
    first, last = view.period.start.date(), view.period.end.date()
    found: dict[date, float] = {}
    for month, cost in plan.costs.items():
        start, end = (
            datetime.combine(day, time(), tzinfo=ZoneInfo(view.zone))
            for day in (month, month_after(month))
        )
        if start.date() < last and first < end.date():
            shares = pace.planned_by_day(standing.profile, start, end)
            found |= {day.date(): share * float(cost) for day, share in shares.items()}
    return {day: money for day, money in found.items() if first <= day < last}
