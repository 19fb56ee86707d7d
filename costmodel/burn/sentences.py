"""The sentences of findings: verdict and numbers, without words of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from costmodel.burn.rules import ActualRule, BurnRule, ChangeRule, ForecastRule, HourlyLimit
from costmodel.burn.series import HOUR
from costmodel.number_text import listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from costmodel.burn.facts import Facts
    from costmodel.burn.finding import Kind
    from costmodel.burn.rules import Rule, SloRule

_TWO_DAYS = 48
TOO_COARSE = "the usage comes by the day, not by the hour"
TOO_YOUNG = "there is not yet a week of usual spending to compare with"


def spending(
    rule: ActualRule | BurnRule | ChangeRule | HourlyLimit,
    facts: Facts,
    value: float,
    excess: float,
    level: float,
    began: datetime | None,
) -> str:
    """Return what a rule of spending sees."""
    if isinstance(rule, ActualRule):
        return f"{_share(value)} of the {facts.period}'s budget is spent"
    if isinstance(rule, BurnRule):
        beyond = f", and {_share(excess)} of the {facts.period}'s budget beyond it"
        pace = f"Spending {_times(value)} plan over the last {length(rule.long)}"
        return pace + (beyond if excess > 0 else "")
    if isinstance(rule, ChangeRule):
        ago = (facts.watermark - began) if began else rule.earliest
        return f"Spending moved to {_times(level)} about {length(ago)} ago"
    over = f", {_times(value / rule.floor)} the limit of {amount(rule.floor, facts.measure)}"
    return f"The last hour took {amount(value, facts.measure)}" + (over if value > 0 else "")


def forecast(facts: Facts, chance: float, expected: float) -> str:
    """Return how likely the budget will be exceeded, and where the period heads."""
    heads = amount(expected, facts.measure)
    return f"The {facts.period} heads for {heads}: {chance:.0%} likely to exceed the budget"


def slo(rule: SloRule, value: float, requests: int) -> str:
    """Return what a measure of the calls reads."""
    over = f"over the last {length(rule.window)} ({requests:,} calls)"
    if rule.measure == "error_rate":
        return f"{value:.1%} of calls failed {over}; the limit is {rule.limit:.1%}"
    if rule.measure == "p95_seconds":
        return f"1 call in 20 took longer than {value:.1f} s {over}; the limit is {rule.limit:g} s"
    return f"Quality is {value:.3g} {over}; it should not fall below {rule.limit:g}"


def left_out(reasons: Mapping[str, str]) -> list[str]:
    """Return which rules say nothing and why, a sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for rule, why in reasons.items():
        by_reason.setdefault(why, []).append(repr(rule))
    return [
        f"The rule{'s' if len(rules) > 1 else ''} {listed(rules)} "
        f"{'are' if len(rules) > 1 else 'is'} left out: {why}"
        for why, rules in by_reason.items()
    ]


def kind_of(rule: ActualRule | BurnRule | ChangeRule | HourlyLimit) -> Kind:
    """Return the kind of finding that a rule of spending makes."""
    match rule:
        case ActualRule():
            return "actual"
        case BurnRule():
            return "burn"
        case ChangeRule():
            return "change"
        case HourlyLimit():
            return "hourly"
        case _:
            assert_never(rule)


def line_of(rule: ActualRule | BurnRule | ChangeRule | HourlyLimit) -> float:
    """Return what a rule's value is held against."""
    match rule:
        case ActualRule():
            return rule.share
        case BurnRule():
            return rule.factor
        case ChangeRule():
            return rule.threshold
        case HourlyLimit():
            return rule.floor
        case _:
            assert_never(rule)


def level_name(rule: Rule) -> str:
    """Return the name of a rule's line among others of its name, "" where it has one only."""
    if isinstance(rule, ActualRule):
        return f"{rule.share * 100:g}%"
    return f"{rule.chance * 100:g}%" if isinstance(rule, ForecastRule) else ""


def length(span: timedelta) -> str:
    """Return a span in words that follow "the last": hour, 6 hours, 3 days, 15 minutes."""
    hours = span / HOUR
    if hours == 1:
        return "hour"
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.0f} hours" if hours < _TWO_DAYS else f"{hours / 24:.0f} days"


def amount(value: float, measure: str) -> str:
    """Return an amount in a budget's measure."""
    if measure in {"tokens", "requests"}:
        return f"{value:,.0f} {measure}"
    return f"${value:,.2f}" if measure == "USD" else f"{value:,.2f} {measure}"


def _share(share: float) -> str:
    return f"{share:.1%}" if share < 1 else f"{share:.0%}"


def _times(times: float) -> str:
    most = 100
    return f"{times:.1f}x" if times < most else "more than 100x"
