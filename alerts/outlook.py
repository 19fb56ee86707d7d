"""The outlook of a budget: its series and plan, when it is used up, and its days."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from alerts.situation import DayOfBudget, Exhaustion
from alerts.usage import quarter_at
from costmodel.burn.exhaustion import used_up
from costmodel.burn.facts import Facts
from costmodel.burn.level import HISTORY_DAYS
from costmodel.burn.plan import plan_for
from costmodel.burn.series import (
    DAY,
    QUARTER,
    Series,
    hours_of_week,
    local_midnight,
    local_midnights,
)
from costmodel.forecast import Forecast
from costmodel.pace import Profile
from ingest.store.cells import QUARTERS_A_DAY

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from alerts.usage import Floats, Part, Usage
    from costmodel.budget import Budget
    from costmodel.burn.plan import Plan
    from costmodel.burn.rules import RuleSet


def period_of(budget: Budget, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the edges of the period that ends after a moment or at it."""
    before = (moment - timedelta(microseconds=1)).astimezone(zone)
    first, following = budget.period_holding(before.date())
    return local_midnight(first, zone), local_midnight(following, zone)


def facts_of(
    budget: Budget,
    part: Part,
    usage: Usage,
    watermark: datetime,
    zone: ZoneInfo,
    rules: RuleSet,
) -> Facts:
    """Return what the rules look at, without a forecast and measures of calls yet.

    Of usage by the day only days that are over count: an export of today holds a part of it.
    """
    daily = any(usage.quarters.names[place].daily for place in part.places.tolist())
    if daily:
        watermark = datetime.combine(watermark.astimezone(UTC).date(), time(), UTC)
    start, end = period_of(budget, watermark, zone)
    series = _series(usage.used_by(part, budget.measure), usage, start, end, watermark, zone, daily)
    amount = float(budget.amount)
    spent = usage.spent(part, budget.measure, start, watermark)
    return Facts(
        start=start,
        end=end,
        amount=amount,
        series=series,
        plan=_plan(budget, series, start, end, rules),
        period=budget.period,
        measure=budget.currency if budget.measure == "money" else budget.measure,
        spent=float(spent),
    )


def _plan(budget: Budget, series: Series, start: datetime, end: datetime, rules: RuleSet) -> Plan:
    amount = float(budget.amount)
    if isinstance(budget.plan, Profile):
        return plan_for(series, start, end, amount, table=budget.plan.weights)
    return plan_for(series, start, end, amount, budget.plan or rules.plan)


def _series(  # noqa: PLR0913, PLR0917 - where the part of a curve begins, ends, and its steps
    curve: Floats,
    usage: Usage,
    start: datetime,
    end: datetime,
    watermark: datetime,
    zone: ZoneInfo,
    daily: bool,  # noqa: FBT001
) -> Series:
    """Return the history of a period and its spending up to the watermark."""
    history = start.astimezone(UTC) - timedelta(days=HISTORY_DAYS + 1)
    begin = datetime.combine(history.date(), time(), UTC)
    step = DAY if daily else QUARTER
    amounts = amounts_between(curve, usage, begin, watermark, step)
    count = max(-int((begin - end) // step), len(amounts))
    return Series(begin, step, amounts, hours_of_week(begin, step, count, zone))


def amounts_between(
    curve: Floats, usage: Usage, begin: datetime, end: datetime, step: timedelta
) -> Floats:
    """Return a curve's amounts from one moment to another, in quarters of an hour or days."""
    first, last = (quarter_at(moment) - usage.first for moment in (begin, end))
    amounts = curve[max(first, 0) : last]
    amounts = np.concatenate((np.zeros(max(-first, 0)), amounts))
    amounts = np.concatenate((amounts, np.zeros(last - first - len(amounts))))
    return amounts.reshape(-1, QUARTERS_A_DAY).sum(axis=1) if step == DAY else amounts


def exhaustion_of(facts: Facts) -> Exhaustion | None:
    """Return when the amount will be used up, None where nothing can be forecast."""
    found = used_up(facts)
    return None if found is None else Exhaustion(found.expected, found.earliest, found.latest)


def days_of(facts: Facts, rest: Plan, zone: ZoneInfo) -> tuple[DayOfBudget, ...]:
    """Return the local days of the period, cumulated, with what the forecast expects.

    What is still to come is spent as ``rest`` lays it.
    """
    edges = local_midnights(facts.start.date(), facts.end.date(), zone)
    places = facts.series.positions(edges)
    shares = facts.plan.share_before_position(places).tolist()
    ends = rest.share_before_position(places).tolist()
    reached = len(facts.series.amounts)
    before = facts.plan.share_before(facts.watermark)
    cuts = facts.series.edges(places)
    spent = facts.series.spent_before(np.minimum(cuts, reached))
    spent = (spent - spent[0]).tolist()
    return tuple(
        DayOfBudget(
            day=edges[n],
            planned=shares[n + 1] * facts.amount,
            spent=spent[n + 1] if cuts[n] < reached else None,
            **(_ends(facts.ahead, before, ends[n + 1]) if following > reached else {}),
        )
        for n, following in enumerate(places[1:].tolist())
    )


def _ends(ahead: object, before: float, share: float) -> dict[str, float]:
    """Return what the forecast expects once a share of the plan is over, and its range.

    ``before`` is the share that is over already.
    """
    if not isinstance(ahead, Forecast):
        return {}
    part = (share - before) / (1 - before) if before < 1 else 1.0
    ends = {"expected": ahead.expected, "low": ahead.low, "high": ahead.high}
    return {name: ahead.spent + (end - ahead.spent) * part for name, end in ends.items()}
