"""What a change of a budget would have done in the past, before it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from alerts.rehearsal import rehearsed
from dashboard.moments import short_day_text

if TYPE_CHECKING:
    from alerts.rehearsal import Rehearsal, Rise
    from costmodel.budget import Budget
    from dashboard.context import DashboardContext

MOST_NAMED: Final = 8


def preview(context: DashboardContext, budget: Budget, before: Budget | None) -> list[str]:
    """Return when a budget would have fired lately, and how often as it is now."""
    found = _rehearse(context, budget)
    if found is None or not found.tried:
        return ["There is too little usage to say what it would have done."]
    zone = budget.timezone or context.configuration.timezone
    said = [fired_sentence(found, zone)]
    if before is not None and before != budget:
        now = _rehearse(context, before)
        if now is not None:
            said.append(f"As it is now it would have fired {times(len(now.rises))}.")
    return [*said, *(f"{each}." for each in found.left_out)]


def _rehearse(context: DashboardContext, budget: Budget) -> Rehearsal | None:
    source = context.source
    return rehearsed(budget, context.store(), source.book, source.configuration, source.clock())


def fired_sentence(found: Rehearsal, zone: str) -> str:
    """Return "It would have fired 2 times in the last 60 days: ..." with the latest of them."""
    days = max(round((found.until - found.since).total_seconds() / 86_400), 1)
    stretch = f"in the last {days} days" if days > 1 else "in the last day"
    if not found.rises:
        return f"It would not have fired {stretch}."
    latest = found.rises[-MOST_NAMED:]
    named = "; ".join(_rise(each, zone) for each in latest)
    more = len(found.rises) - len(latest)
    earlier = f", the latest {len(latest)}" if more else ""
    return f"It would have fired {times(len(found.rises))} {stretch}{earlier}: {named}."


def times(count: int) -> str:
    """Return a count of firings in words."""
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _rise(rise: Rise, zone: str) -> str:
    local = rise.at.astimezone(ZoneInfo(zone))
    whose = f" ({rise.value})" if rise.value else ""
    return f"{rise.rule}{whose} on {short_day_text(local.date())} at {local:%H:%M}"
