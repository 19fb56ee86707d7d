"""Trials: how a rule set would have done in a month, quiet or with a labelled incident.

The rules are the ones that run (`readings`), looked at every hour of the period. What
counts is what people would have heard: rising edges of the whole set, at most one a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from costmodel.burn.evaluation import why_dropped
from costmodel.burn.readings import Flags, readings
from costmodel.burn.rules import BurnRule, ChangeRule, ForecastRule, RuleSet, SloRule
from costmodel.burn.series import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.burn.facts import Facts
    from costmodel.burn.rules import Rule
    from costmodel.burn.series import Amounts

COOL_DOWN_HOURS = 24


@dataclass(frozen=True, eq=False)
class Month:
    """A period whose whole spending is known; ``begin`` is the hour of its incident, or None."""

    facts: Facts
    begin: int | None = None


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


def states(rules: RuleSet, facts: Facts) -> dict[str, Flags]:
    """Return for each rule whether it was firing at the end of each hour of the period.

    Rules that need more than spending (forecasts, measures of calls) are not tried.
    """
    series = facts.series
    first, last = series.position(facts.start), series.position(min(facts.watermark, facts.end))
    at = np.arange(first + HOUR / series.step, last + 1e-9, HOUR / series.step)
    return {
        rule.name: held(readings(rule, facts, at).strength, rules.recovery)
        for rule in rules.rules
        if not isinstance(rule, ForecastRule | SloRule) and why_dropped(rule, rules, facts) is None
    }


def held(strength: Amounts, recovery: float) -> Flags:
    """Return whether a state is on: from where a rule fires to where it is below its recovery."""
    moves = np.where(strength >= 1, 1, np.where(strength < recovery, -1, 0))
    place = np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), -1))
    on: Flags = np.where(place >= 0, moves[place], -1) > 0
    return on


def outcome(firing: Flags, month: Month) -> Outcome:
    """Return what people would have heard of a month from a state hour by hour."""
    rises = np.flatnonzero(firing & ~np.concatenate(([False], firing[:-1])))
    edges = _cooled(rises)
    if month.begin is None:
        return Outcome(edges)
    if month.begin > 0 and firing[month.begin - 1]:
        return Outcome(edges, already=True, delay_hours=0, overspent=0.0)
    later = np.flatnonzero(firing[month.begin :])
    if not len(later):
        return Outcome(edges)
    delay = int(later[0])
    return Outcome(edges, False, delay, _overspent(month, delay))


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
    """Return the outcomes of a set with the lines of its burn and change rules scaled.

    1 is the set as it is; 1.2 asks for a fifth more of times plan, excess and likelihood.
    """
    found: dict[float, list[Outcome]] = {}
    for scale in scales:
        tried = replace(rules, rules=tuple(scaled(rule, scale) for rule in rules.rules))
        for month in months:
            by_rule = states(tried, month.facts)
            hours = len(next(iter(by_rule.values()), ()))
            told = outcome(whole_set(by_rule.values(), hours), month)
            found.setdefault(scale, []).append(told)
    return found


def scaled(rule: Rule, scale: float) -> Rule:
    """Return a burn or change rule with its lines scaled; other rules as they are."""
    if isinstance(rule, BurnRule):
        excess = rule.least_excess * scale
        return replace(rule, factor=rule.factor * scale, least_excess=excess)
    if isinstance(rule, ChangeRule):
        return replace(rule, threshold=rule.threshold * scale)
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
