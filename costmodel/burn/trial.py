"""Trials: how a rule set would have done in a month, quiet or with a labelled incident.

The rules are the ones that run (`readings`), looked at every hour of the period. What
forecasts and single calls would have said at these hours comes from the caller (`Known`).
What counts is what people would have heard: rising edges of the whole set, at most one a day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from costmodel.burn.evaluation import why_dropped
from costmodel.burn.readings import Flags, readings
from costmodel.burn.rules import BurnRule, ChangeRule, ForecastRule, RuleSet, SloRule
from costmodel.burn.sentences import level_name
from costmodel.burn.series import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from costmodel.burn.facts import Facts
    from costmodel.burn.rules import Rule
    from costmodel.burn.series import Amounts

COOL_DOWN_HOURS = 24


@dataclass(frozen=True, eq=False)
class Known:
    """What more than spending says of a period, hour by hour.

    ``chances`` are how likely the period seemed to end above its amount at the end of each
    hour, nan where nothing could be forecast; None where no rule asks. ``service`` tells of
    each rule about calls whether it was firing at the period's start and at the end of each
    hour: such rules outlive periods.
    """

    chances: Amounts | None = None
    service: Mapping[str, Flags] = field(default_factory=dict)

    def stood(self, rule: str = "") -> bool:
        """Tell whether a rule about calls, or any of them, was firing at the period's start."""
        flags = self.service.values() if not rule else [self.service.get(rule, _NEVER)]
        return any(bool(each[0]) for each in flags)


_NEVER: Flags = np.zeros(1, dtype=bool)
_SPENDING_ONLY = Known()


@dataclass(frozen=True, eq=False)
class Month:
    """A period whose whole spending is known; ``begin`` is the hour of its incident, or None."""

    facts: Facts
    begin: int | None = None
    known: Known = _SPENDING_ONLY


@dataclass(frozen=True)
class Outcome:
    """What people would have heard of one month.

    ``edges`` are the hours after the period's start at which they were told. Of an incident:
    ``delay_hours`` until the first alert (0 where one was firing already, ``already``), None
    where it was missed; ``overspent`` is the share of the budget spent beyond the usual until then.
    """

    edges: tuple[int, ...]
    already: bool = False
    delay_hours: int | None = None
    overspent: float | None = None


@dataclass(frozen=True)
class Tally:
    """Outcomes of many months with one kind of incident."""

    months: int
    found: float
    already: float
    median_hours: float | None
    p90_hours: float | None
    overspent: float | None
    edges: float


def titled(rules: RuleSet) -> dict[str, Rule]:
    """Return the rules by name, with their level where several lines have one name."""
    count = Counter(rule.name for rule in rules.rules)
    return {
        f"{rule.name} {level_name(rule)}" if count[rule.name] > 1 else rule.name: rule
        for rule in rules.rules
    }


def states(rules: RuleSet, facts: Facts, known: Known = _SPENDING_ONLY) -> dict[str, Flags]:
    """Return for each line whether it was firing at the end of each hour of the period.

    Rules that the data does not allow, or that nothing is known for, are left out.
    """
    at = hours_of(facts)
    found = {title: _state(rule, rules, facts, known, at) for title, rule in titled(rules).items()}
    return {title: on for title, on in found.items() if on is not None}


def hours_of(facts: Facts) -> Amounts:
    """Return the positions of the ends of a period's hours, as far as the data reaches.

    Usage by the day reaches at every hour to the last day that was over.
    """
    series = facts.series
    first, last = series.position(facts.start), series.position(min(facts.watermark, facts.end))
    ends: Amounts = np.arange(first + HOUR / series.step, last + 1e-9, HOUR / series.step)
    return np.floor(ends + 1e-9) if series.step == DAY else ends


def _state(rule: Rule, rules: RuleSet, facts: Facts, known: Known, at: Amounts) -> Flags | None:
    if isinstance(rule, SloRule):
        service = known.service.get(rule.name)
        return None if service is None else service[1:]
    if isinstance(rule, ForecastRule):
        chances = known.chances
        return None if chances is None else held(chances / rule.chance, rules.recovery)
    if why_dropped(rule, rules, facts) is not None:
        return None
    return held(readings(rule, facts, at).strength, rules.recovery)


def rises_of(firing: Flags, *, stood: bool = False) -> list[int]:
    """Return the hours at which a state begins; ``stood`` tells whether it was on before."""
    return np.flatnonzero(firing & ~np.concatenate(([stood], firing[:-1]))).tolist()


def held(strength: Amounts, recovery: float) -> Flags:
    """Return whether a state is on: from where a rule fires to where it is below its recovery.

    Where nothing is known (nan) it stays as it was.
    """
    moves = np.where(strength >= 1, 1, np.where(strength < recovery, -1, 0))
    place = np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), -1))
    on: Flags = np.where(place >= 0, moves[place], -1) > 0
    return on


def outcome(firing: Flags, month: Month, *, stood: bool = False) -> Outcome:
    """Return what people would have heard of a month from a state hour by hour."""
    edges = _cooled(rises_of(firing, stood=stood))
    if month.begin is None:
        return Outcome(edges)
    if month.begin > 0 and firing[month.begin - 1]:
        return Outcome(edges, already=True, delay_hours=0, overspent=0.0)
    later = np.flatnonzero(firing[month.begin :])
    if not len(later):
        return Outcome(edges)
    delay = int(later[0])
    return Outcome(edges, False, delay, _overspent(month, delay))


def heard(by_rule: Mapping[str, Flags], month: Month) -> Outcome:
    """Return what people would have heard of a month from the states of a whole set.

    Rules about calls tell of something else than spending: neither keeps the other silent.
    """
    known, hours = month.known, len(hours_of(month.facts))
    calls = whole_set((by_rule[rule] for rule in by_rule if rule in known.service), hours)
    spending = whole_set((by_rule[rule] for rule in by_rule if rule not in known.service), hours)
    rises = {*rises_of(spending), *rises_of(calls, stood=known.stood())}
    return replace(outcome(spending, month), edges=_cooled(sorted(rises)))


def tallied(outcomes: Sequence[Outcome]) -> Tally:
    """Return the figures of months with an incident; delays are of those found afterwards."""
    delays = [each.delay_hours for each in outcomes if not each.already]
    known = [delay for delay in delays if delay is not None]
    lost = [o.overspent for o in outcomes if not o.already and o.overspent is not None]
    already = sum(each.already for each in outcomes)
    return Tally(
        months=len(outcomes),
        found=(len(known) + already) / len(outcomes),
        already=already / len(outcomes),
        median_hours=float(np.median(known)) if known else None,
        p90_hours=float(np.quantile(known, 0.9)) if known else None,
        overspent=float(np.mean(lost)) if lost else None,
        edges=sum(len(each.edges) for each in outcomes) / len(outcomes),
    )


def whole_set(by_rule: Iterable[Flags], hours: int) -> Flags:
    """Return where any rule of a set is firing."""
    together = np.zeros(hours, dtype=bool)
    for firing in by_rule:
        together |= firing
    return together


def swept(
    rules: RuleSet, months: Sequence[Month], scales: Sequence[float]
) -> dict[float, list[Outcome]]:
    """Return the outcomes of a set with the lines of its rules scaled, see ``scaled``."""
    found: dict[float, list[Outcome]] = {}
    for scale in scales:
        tried = replace(rules, rules=tuple(scaled(rule, scale) for rule in rules.rules))
        for month in months:
            told = heard(states(tried, month.facts, month.known), month)
            found.setdefault(scale, []).append(told)
    return found


def scaled(rule: Rule, scale: float) -> Rule:
    """Return a rule with its lines scaled.

    1 is the rule as it is; 1.2 asks for a fifth more of times plan, excess and likelihood, and
    for a chance whose odds are a fifth higher, so that it stays below 1. Shares of the amount,
    limits of an hour and measures of calls stay as they are.
    """
    if isinstance(rule, BurnRule):
        excess = rule.least_excess * scale
        return replace(rule, factor=rule.factor * scale, least_excess=excess)
    if isinstance(rule, ChangeRule):
        return replace(rule, threshold=rule.threshold * scale)
    if isinstance(rule, ForecastRule):
        odds = rule.chance * scale
        return replace(rule, chance=odds / (odds + (1 - rule.chance)))
    return rule


def _cooled(rises: Iterable[int]) -> tuple[int, ...]:
    kept: list[int] = []
    for rise in rises:
        if not kept or rise - kept[-1] >= COOL_DOWN_HOURS:
            kept.append(int(rise))
    return tuple(kept)


def _overspent(month: Month, delay: int) -> float:
    """Return the share of the budget beyond the usual from the incident to the first alert."""
    facts = month.facts
    begin = facts.series.position(facts.start) + (month.begin or 0) * (HOUR / facts.series.step)
    end = begin + (delay + 1) * (HOUR / facts.series.step)
    before, until = facts.series.spent_before([begin, end])
    usual = 0.0
    if facts.plan.level is not None:
        steps = facts.series.calendar[round(begin) : round(end)]
        usual = float(facts.plan.level.means[steps].sum()) * (facts.series.step / HOUR)
    return (float(until - before) - usual) / facts.amount
