"""Hindsight: past periods of a budget, and what could be told at each of their hours.

What an hour could tell is what a tick would have seen then: usage, forecasts and calls up to
that hour and no later ones, at the prices that are known now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from alerts import outlook, service_levels
from alerts.evaluation import rules_of
from alerts.period_end import Ends
from costmodel.burn.evaluation import why_dropped
from costmodel.burn.rules import ForecastRule, SloRule
from costmodel.burn.series import DAY, HOUR
from costmodel.burn.trial import Known, held, hours_of, titled
from costmodel.forecast import Forecast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from alerts.budgets import Share
    from alerts.usage import Floats, Usage
    from costmodel.budget import Budget
    from costmodel.burn.facts import Facts
    from costmodel.burn.readings import Flags
    from costmodel.burn.rules import Rule, RuleSet
    from ingest.store import CallMeasures, Store


@dataclass(frozen=True, eq=False)
class Stretch:
    """A past period: what rules read of it, and where it seemed to end.

    ``facts`` may be in longer steps than the usage as it is stored, which ``ends`` know.
    """

    facts: Facts
    ends: Ends

    @property
    def moments(self) -> list[datetime]:
        """Return the ends of the period's hours, as far as the data reaches."""
        start = self.facts.start.astimezone(UTC)
        return [start + number * HOUR for number in range(1, len(hours_of(self.facts)) + 1)]


@dataclass(frozen=True, eq=False)
class Chances:
    """How likely a period seemed to end above its amount at some moments, nan where unknown.

    ``reason`` says why nothing was forecast at the last of them, "" where something was.
    """

    values: Floats
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Past:
    """Past periods, the earliest first, with what more than spending says of each of them.

    ``left_out`` says of each line that could be tried in none of them why not, by its title.
    """

    stretches: tuple[Stretch, ...]
    known: tuple[Known, ...]
    left_out: dict[str, str]


def stretches_of(
    share: Share, usage: Usage, zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[Stretch]:
    """Return each period with a part between two moments, the latest first."""
    budget, part, end = share.budget, usage.part(share.filters), until
    while end > since:
        facts = outlook.facts_of(budget, part, usage, end, zone, rules_of(budget))
        facts = replace(facts, spent=None)
        yield Stretch(facts, Ends(facts, part, usage, budget.measure, zone))
        end = facts.start.astimezone(UTC)


def calls_needed(
    budgets: Sequence[Budget], store: Store, since: datetime, until: datetime
) -> CallMeasures | None:
    """Return single calls for the rules that look at them, None where there are no such rules."""
    rules = [rule for budget in budgets for rule in service_levels.slo_rules(rules_of(budget))]
    if not rules:
        return None
    return store.call_measures(since - max(rule.window for rule in rules), until)


def past_of(rules: RuleSet, stretches: Sequence[Stretch], calls: CallMeasures | None) -> Past:
    """Return periods, the earliest first, with what forecasts and calls said at their hours."""
    chances = [Chances(np.zeros(0))] * len(stretches)
    if any(isinstance(rule, ForecastRule) for rule in rules.rules):
        chances = [chances_of(each.ends, each.moments) for each in stretches]
    is_forecast = any(np.isfinite(each.values).any() for each in chances)
    service, silent = _service(rules, stretches, calls)
    known = tuple(
        Known(each.values if is_forecast else None, flags)
        for each, flags in zip(chances, service, strict=True)
    )
    silent |= {} if is_forecast else _unforecast(rules, chances)
    return Past(tuple(stretches), known, silent | _dropped(rules, stretches))


def chances_of(ends: Ends, moments: Sequence[datetime]) -> Chances:
    """Return how likely a period seemed to exceed its amount at moments.

    Usage by the day says at an hour what it said when its last day in UTC was over.
    """
    facts = ends.facts
    if facts.series.step < DAY:
        return _chances(ends, moments)
    midnights = [datetime.combine(moment.date(), time(), UTC) for moment in moments]
    known = sorted({midnight for midnight in midnights if midnight > facts.start})
    found = _chances(ends, known)
    by_midnight = dict(zip(known, found.values.tolist(), strict=True))
    return replace(found, values=np.array([by_midnight.get(each, np.nan) for each in midnights]))


def _chances(ends: Ends, moments: Sequence[datetime]) -> Chances:
    facts, reason = ends.facts, ""
    series = facts.series
    begin = series.edges(series.position(facts.start))
    spent = series.spent_before(series.positions(moments)) - series.spent_before(begin)
    chances = np.full(len(moments), np.nan)
    for place, (moment, so_far) in enumerate(zip(moments, spent.tolist(), strict=True)):
        ahead = ends.at(moment, so_far).ahead
        if isinstance(ahead, Forecast):
            chances[place], reason = ahead.chance_above(facts.amount), ""
        else:
            reason = ahead.reason
    return Chances(chances, reason)


def _service(
    rules: RuleSet, stretches: Sequence[Stretch], calls: CallMeasures | None
) -> tuple[list[dict[str, Flags]], dict[str, str]]:
    """Return what each rule about calls was in each period, and why some say nothing.

    Such a rule goes on from one period to the next.
    """
    found: list[dict[str, Flags]] = [{} for _ in stretches]
    silent: dict[str, str] = {}
    if not stretches or calls is None:
        return found, silent
    own = service_levels.calls_of(stretches[0].ends.part, stretches[0].ends.usage, calls)
    moments = [[each.facts.start.astimezone(UTC), *each.moments] for each in stretches]
    cuts = np.cumsum([0, *map(len, moments)]).tolist()
    for rule in service_levels.slo_rules(rules):
        each = service_levels.strengths(rule, own, [one for some in moments for one in some])
        if np.isnan(each).all():
            silent[rule.name] = service_levels.why_silent(rule, own)
            continue
        flags = held(each, rules.recovery)
        for place, (first, last) in enumerate(pairwise(cuts)):
            found[place][rule.name] = flags[first:last]
    return found, silent


def _unforecast(rules: RuleSet, chances: Sequence[Chances]) -> dict[str, str]:
    reason = chances[-1].reason if chances else ""
    return {
        title: reason
        for title, rule in titled(rules).items()
        if isinstance(rule, ForecastRule) and reason
    }


def _dropped(rules: RuleSet, stretches: Sequence[Stretch]) -> dict[str, str]:
    """Return why rules of spending can be applied to none of the periods."""
    found = {}
    for title, rule in titled(rules).items():
        reasons = [_reason(rule, rules, each.facts) for each in stretches]
        if reasons and all(reasons):
            found[title] = str(reasons[-1])
    return found


def _reason(rule: Rule, rules: RuleSet, facts: Facts) -> str | None:
    return None if isinstance(rule, SloRule) else why_dropped(rule, rules, facts)
