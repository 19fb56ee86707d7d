"""Rehearsal: when a budget that is not there yet would have fired lately, by the rules that run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts import outlook
from alerts.budgets import shares_of
from alerts.evaluation import rules_of
from alerts.usage import Usage
from costmodel.burn.level import HISTORY_DAYS
from costmodel.burn.series import HOUR
from costmodel.burn.trial import states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.budgets import Share
    from costmodel.book import PriceBook
    from costmodel.budget import Budget
    from costmodel.burn.facts import Facts
    from ingest.configuration import Configuration
    from ingest.store import Store

REHEARSED: Final = timedelta(days=60)
MOST_SHARES: Final = 20
"""Of a budget that is kept for each value only so many values are tried, the busiest first."""


@dataclass(frozen=True, order=True)
class Rise:
    """A rule that began to fire: when, which, and of which value ("" for the whole budget)."""

    at: datetime
    rule: str
    value: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """When a budget would have fired between two moments, the earliest first.

    ``tried`` names the rules that could be applied to some of it: where there are none,
    nothing is known.
    """

    since: datetime
    until: datetime
    rises: tuple[Rise, ...]
    tried: frozenset[str]


def rehearsed(
    budget: Budget, store: Store, book: PriceBook, configuration: Configuration, now: datetime
) -> Rehearsal | None:
    """Return when the budget would have fired in the last 60 days; None without any usage.

    Rules that need more than spending (forecasts, measures of calls) are not tried.
    """
    extent = store.extent()
    if extent is None:
        return None
    until = min(now, extent[1]).astimezone(UTC)
    zone = ZoneInfo(budget.timezone or configuration.timezone)
    since = max(until - REHEARSED, extent[0].astimezone(UTC))
    first, _ = outlook.period_of(budget, since + HOUR, zone)
    begin = first.astimezone(UTC).date() - timedelta(days=HISTORY_DAYS + 2)
    begin_at = datetime.combine(begin, time(), UTC)
    quarters = store.quarters(begin_at)
    if quarters is None:
        return None
    usage = Usage(quarters, book, begin_at)
    rises: list[Rise] = []
    tried: set[str] = set()
    for share in shares_of(budget, usage)[:MOST_SHARES]:
        for facts in _periods(share, usage, zone, since, until):
            firing = states(rules_of(budget), facts)
            tried |= firing.keys()
            rises += [
                Rise(at, rule, share.value)
                for rule, on in firing.items()
                for at in _beginnings(facts, np.flatnonzero(on & ~np.r_[False, on[:-1]]).tolist())
                if at >= since
            ]
    return Rehearsal(since, until, tuple(sorted(rises)), frozenset(tried))


def _periods(
    share: Share, usage: Usage, zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[Facts]:
    """Return each period with a part in the stretch, the running one up to its end."""
    part, end = usage.part(share.filters), until
    while end > since:
        facts = outlook.facts_of(share.budget, part, usage, end, zone, rules_of(share.budget))
        yield replace(facts, spent=None)
        end = facts.start.astimezone(UTC)


def _beginnings(facts: Facts, hours: list[int]) -> list[datetime]:
    """Return the ends of the hours of a period at which something was first seen."""
    start = facts.start.astimezone(UTC)
    return [start + (hour + 1) * HOUR for hour in hours]
