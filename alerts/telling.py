"""What is told now, what waits, and what only stands in the digest.

At night a mail waits for the morning unless it is critical; what fired and recovered before
then is not sent at all. That spending is back to plan is told once no alert about the pace
of a budget fires any more, however many rules had seen it; where such a rule was taken out
while it fired, nobody knows, and nobody is told so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from alerts.transition import ONSETS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from alerts.states import AlertState
    from alerts.transition import AlertKey, Transition
    from ingest.settings import Digest, QuietHours

PACE: Final = frozenset({"forecast", "burn", "change", "hourly"})
"""Kinds that see one thing with different eyes: money goes faster than planned."""


@dataclass(frozen=True)
class Telling:
    """Transitions by what becomes of their mail."""

    told: tuple[Transition, ...] = ()
    held: tuple[Transition, ...] = ()
    silent: tuple[Transition, ...] = ()


def telling_of(
    transitions: Collection[Transition],
    states: Mapping[AlertKey, AlertState],
    snoozed: Collection[str],
    *,
    is_quiet: bool,
) -> Telling:
    """Return what becomes of the mails of transitions, new ones and those held so far.

    ``snoozed`` names those that a snooze keeps silent. Of one alert at most one transition
    is told, the one that says what holds now.
    """
    told: list[Transition] = []
    held: list[Transition] = []
    silent: list[Transition] = []
    busy = {_place(state) for state in states.values() if state.firing and _is_pace(state)}
    cut = {_place(each) for each in transitions if each.move == "removed" and _is_pace(each)}
    for key, some in _by_key(transitions).items():
        open_ones = [each for each in some if each.transition_id not in snoozed]
        news = _news(open_ones, firing=states[key].firing)
        if news is None or (news.move == "recovered" and _is_pace(news) and _place(news) in cut):
            silent += some
        elif _waits(news, busy, is_quiet=is_quiet):
            held += open_ones
            silent += [each for each in some if each not in open_ones]
        else:
            told.append(news)
            silent += [each for each in some if each is not news]
    return Telling(tuple(told), tuple(held), tuple(silent))


def is_quiet_at(now: datetime, hours: QuietHours | None, timezone: str) -> bool:
    """Tell whether mails wait now; ``timezone`` holds where the hours name none.

    On the day that has an hour twice both are quiet, on the one that lacks an hour none is
    missed: it is the wall clock that is looked at.
    """
    if hours is None:
        return False
    local = now.astimezone(ZoneInfo(hours.timezone or timezone)).time()
    if hours.start <= hours.end:
        return hours.start <= local < hours.end
    return local >= hours.start or local < hours.end


def last_due(digest: Digest, now: datetime, timezone: str) -> datetime:
    """Return the last moment at which a summary was due: daily, or on Mondays, at its hour."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    day = local.date()
    if digest.every == "weekly":
        day -= timedelta(days=day.weekday())
    step = timedelta(days=7 if digest.every == "weekly" else 1)
    due = datetime(day.year, day.month, day.day, digest.hour, tzinfo=zone)
    if due > now:
        day -= step
        due = datetime(day.year, day.month, day.day, digest.hour, tzinfo=zone)
    return due


def _by_key(transitions: Iterable[Transition]) -> dict[AlertKey, list[Transition]]:
    found: dict[AlertKey, list[Transition]] = defaultdict(list)
    for each in sorted(transitions, key=lambda each: each.edge):
        found[each.key].append(each)
    return found


def _news(some: Sequence[Transition], *, firing: bool) -> Transition | None:
    """Return what says how an alert stands now, None where people know or need not know."""
    if firing:
        return next((each for each in reversed(some) if each.move in ONSETS), None)
    if some and some[0].move == "fired":
        return None  # over before anybody had heard of it
    return next((each for each in reversed(some) if each.move in {"recovered", "removed"}), None)


def _waits(news: Transition, busy: Collection[tuple[str, str]], *, is_quiet: bool) -> bool:
    if is_quiet and news.severity != "critical":
        return True
    return news.move == "recovered" and _is_pace(news) and _place(news) in busy


def _is_pace(each: AlertState | Transition) -> bool:
    return each.finding.kind in PACE


def _place(each: AlertState | Transition) -> tuple[str, str]:
    return each.key.budget, each.key.value
