"""Rehearsal: when a budget that is not there yet would have fired lately, by the rules that run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from alerts import hindsight, outlook
from alerts.budgets import shares_of
from alerts.evaluation import rules_of
from alerts.usage import Usage
from costmodel.burn import sentences
from costmodel.burn.level import HISTORY_DAYS
from costmodel.burn.series import HOUR
from costmodel.burn.trial import rises_of, states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.budgets import Share
    from alerts.hindsight import Past
    from costmodel.book import PriceBook
    from costmodel.budget import Budget
    from ingest.configuration import Configuration
    from ingest.store import Store

REHEARSED: Final = timedelta(days=60)
MOST_SHARES: Final = 20
"""Of a budget that is kept for each value only so many values are tried, the busiest first."""


@dataclass(frozen=True, order=True)
class Rise:
    """A rule that began to fire: when, which, and of which value ("" for the whole budget).

    Where several lines have one name, the rule is named with its level.
    """

    at: datetime
    rule: str
    value: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """When a budget would have fired between two moments, the earliest first.

    ``tried`` names the rules that could be applied to some of it: where there are none,
    nothing is known. ``left_out`` says of the others why not, in sentences.
    """

    since: datetime
    until: datetime
    rises: tuple[Rise, ...]
    tried: frozenset[str]
    left_out: tuple[str, ...] = ()


def rehearsed(
    budget: Budget, store: Store, book: PriceBook, configuration: Configuration, now: datetime
) -> Rehearsal | None:
    """Return when the budget would have fired in the last 60 days; None without any usage."""
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
    calls = hindsight.calls_needed([budget], store, first.astimezone(UTC), until)
    rises: list[Rise] = []
    tried: set[str] = set()
    left_out: dict[str, str] = {}
    for share in shares_of(budget, usage)[:MOST_SHARES]:
        stretches = list(hindsight.stretches_of(share, usage, zone, since, until))[::-1]
        past = hindsight.past_of(rules_of(budget), stretches, calls)
        left_out |= past.left_out
        for title, at in _rises(share, past):
            tried.add(title)
            rises += [Rise(each, title, share.value) for each in at if each >= since]
    silent = sentences.left_out({name: left_out[name] for name in left_out if name not in tried})
    return Rehearsal(since, until, tuple(sorted(rises)), frozenset(tried), tuple(silent))


def _rises(share: Share, past: Past) -> Iterator[tuple[str, list[datetime]]]:
    """Return each line that could be tried in a period, with the moments at which it fired."""
    for stretch, known in zip(past.stretches, past.known, strict=True):
        moments = stretch.moments
        for title, on in states(rules_of(share.budget), stretch.facts, known).items():
            yield title, [moments[hour] for hour in rises_of(on, stood=known.stood(title))]
