"""Evaluation: which rules fire for a budget at its watermark, in people's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from costmodel.burn import sentences
from costmodel.burn.finding import Finding
from costmodel.burn.readings import readings, window_of
from costmodel.burn.rules import (
    ActualRule,
    BurnRule,
    ChangeRule,
    ForecastRule,
    HourlyLimit,
    SloRule,
)
from costmodel.burn.series import HOUR
from costmodel.forecast import Forecast

if TYPE_CHECKING:
    from datetime import timedelta

    from costmodel.burn.facts import Facts
    from costmodel.burn.finding import Reading
    from costmodel.burn.rules import Rule, RuleSet


def findings(rules: RuleSet, facts: Facts) -> tuple[Finding, ...]:
    """Return what each rule that the data allows reads at the watermark, in the set's order."""
    allowed = (rule for rule in rules.rules if why_dropped(rule, rules, facts) is None)
    found = (_finding(rule, facts, rules.recovery) for rule in allowed)
    return tuple(each for each in found if each is not None)


def dropped_rules(rules: RuleSet, facts: Facts) -> tuple[str, ...]:
    """Return a sentence for each rule that the data is too coarse or too young for."""
    reasons = {rule.name: why_dropped(rule, rules, facts) for rule in rules.rules}
    return tuple(
        said for rule, why in reasons.items() if why for said in sentences.left_out({rule: why})
    )


def windows_of(
    rules: RuleSet, facts: Facts
) -> tuple[tuple[str, timedelta, float | None, float], ...]:
    """Return rule, window, times plan and factor of both windows of each burn rule.

    Times plan is None where nothing is planned to compare with.
    """
    at = np.array([_end(facts)])
    shown = []
    for rule in rules.rules:
        if isinstance(rule, BurnRule) and why_dropped(rule, rules, facts) is None:
            for window in dict.fromkeys((rule.long, rule.short)):
                times, _, planned, _ = window_of(facts, at, max(window, facts.series.step))
                value = float(times[0]) if planned[0] > 0 else None
                shown.append((rule.name, window, value, rule.factor))
    return tuple(shown)


def why_dropped(rule: Rule, rules: RuleSet, facts: Facts) -> str | None:
    """Return why a rule cannot be applied to this data, None where it can."""
    finest = _finest_window(rule)
    if facts.series.step > HOUR and finest is not None and finest < facts.series.step:
        return sentences.TOO_COARSE
    if isinstance(rule, BurnRule | ChangeRule) and facts.plan.level is None:
        return sentences.TOO_YOUNG
    if isinstance(rule, BurnRule) and rules.plan == "profile" and facts.plan.basis == "uniform":
        return sentences.TOO_YOUNG
    return None


def reading_of(strength: float, recovery: float) -> Reading:
    """Return whether a rule fires: from 1 on; below ``recovery`` it is clear."""
    if strength >= 1:
        return "firing"
    return "between" if strength >= recovery else "clear"


def service_strength(rule: SloRule, value: float) -> float:
    """Return how near a measure of calls is to its limit: beyond it, and only there, 1 or more."""
    if rule.measure == "quality":
        strength = rule.limit / value if value > 0 else np.inf
        return 1.0 if value < rule.limit else float(min(strength, np.nextafter(1, 0)))
    strength = value / rule.limit if rule.limit > 0 else np.inf
    return strength if value > rule.limit else float(min(strength, np.nextafter(1, 0)))


def _finest_window(rule: Rule) -> timedelta | None:
    if isinstance(rule, BurnRule):
        return rule.short
    return HOUR if isinstance(rule, ChangeRule | HourlyLimit) else None


def _end(facts: Facts) -> float:
    return facts.series.position(min(facts.watermark, facts.end))


def _finding(rule: Rule, facts: Facts, recovery: float) -> Finding | None:
    if isinstance(rule, ForecastRule):
        return _forecast_finding(rule, facts, recovery)
    if isinstance(rule, SloRule):
        return _slo_finding(rule, facts, recovery)
    return _spending_finding(rule, facts, recovery)


def _spending_finding(
    rule: ActualRule | BurnRule | ChangeRule | HourlyLimit, facts: Facts, recovery: float
) -> Finding:
    read = readings(rule, facts, np.array([_end(facts)]))
    excess = float(read.excess[0])
    began = facts.series.moment(float(read.began[0])) if np.isfinite(read.began[0]) else None
    value = float(read.value[0])
    line = sentences.line_of(rule)
    return Finding(
        rule=rule.name,
        kind=sentences.kind_of(rule),
        severity=rule.severity,
        reading=reading_of(float(read.strength[0]), recovery),
        sentence=sentences.spending(rule, facts, value, excess, float(read.level[0]), began),
        level=sentences.level_name(rule),
        value=value,
        threshold=line,
        excess=excess * facts.amount if np.isfinite(excess) else None,
        since=began,
    )


def _forecast_finding(rule: ForecastRule, facts: Facts, recovery: float) -> Finding | None:
    if not isinstance(facts.ahead, Forecast):
        return None
    chance = facts.ahead.chance_above(facts.amount)
    return Finding(
        rule=rule.name,
        kind="forecast",
        severity=rule.severity,
        reading=reading_of(chance / rule.chance, recovery),
        sentence=sentences.forecast(facts, chance, facts.ahead.expected),
        level=sentences.level_name(rule),
        value=chance,
        threshold=rule.chance,
    )


def _slo_finding(rule: SloRule, facts: Facts, recovery: float) -> Finding | None:
    value, requests = facts.slo.get(rule.measure, (0.0, 0))
    if requests < rule.least_requests:
        return None
    return Finding(
        rule=rule.name,
        kind="slo",
        severity=rule.severity,
        reading=reading_of(service_strength(rule, value), recovery),
        sentence=sentences.slo(rule, value, requests),
        value=value,
        threshold=rule.limit,
    )
