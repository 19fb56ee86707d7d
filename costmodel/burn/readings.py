"""Readings: what each rule of spending measures at many watermarks at once.

`evaluation` reads one watermark and says it in words, `trial` reads a whole month: both
by these functions, so that what was tried is what runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from costmodel.burn.change_point import shifts_of
from costmodel.burn.rules import ActualRule, BurnRule, ChangeRule, HourlyLimit
from costmodel.burn.series import HOUR

if TYPE_CHECKING:
    from datetime import timedelta

    from costmodel.burn.facts import Facts
    from costmodel.burn.series import Amounts

Flags = npt.NDArray[np.bool_]
SpendingRule = ActualRule | BurnRule | ChangeRule | HourlyLimit


@dataclass(frozen=True, eq=False)
class Readings:
    """A rule at several watermarks, one item each.

    ``strength`` is how near the rule is to its lines: 1 or more fires. ``value`` is held
    against the rule's threshold; ``excess`` is the share of the budget beyond plan (``nan``
    where the rule has none), ``began`` the position at which it began, ``level`` how many
    times the usual level a change moved to.
    """

    strength: Amounts
    value: Amounts
    excess: Amounts
    began: Amounts
    level: Amounts


def readings(rule: SpendingRule, facts: Facts, at: Amounts) -> Readings:
    """Return what a rule reads at positions of the facts' series."""
    if isinstance(rule, ActualRule):
        return _actual(rule, facts, at)
    if isinstance(rule, BurnRule):
        return _burn(rule, facts, at)
    if isinstance(rule, HourlyLimit):
        return _hourly(rule, facts, at)
    return _change(rule, facts, at)


def window_of(
    facts: Facts, at: Amounts, length: timedelta
) -> tuple[Amounts, Amounts, Amounts, Amounts]:
    """Return times plan, spent and planned share of the budget, and begin of windows.

    A window reaches back at most to the period's start: what was spent before belongs to
    another budget. Times plan is 0 where nothing is planned and nothing was spent.
    """
    series = facts.series
    begin = np.maximum(at - length / series.step, series.edges(series.position(facts.start)))
    begin = np.minimum(begin, at)
    spent = (series.spent_before(at) - series.spent_before(begin)) / facts.amount
    plan = facts.plan
    planned = plan.share_before_position(at) - plan.share_before_position(begin)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(planned > 0, spent / planned, np.where(spent > 0, np.inf, 0.0))
    return times, spent, planned, begin


def _actual(rule: ActualRule, facts: Facts, at: Amounts) -> Readings:
    series = facts.series
    start = series.edges(series.position(facts.start))
    shares = (series.spent_before(at) - series.spent_before(start)) / facts.amount
    if facts.spent is not None and len(at) == 1:
        shares = np.array([facts.spent / facts.amount])
    nothing = np.full(len(at), np.nan)
    return Readings(shares / rule.share, shares, nothing, nothing, nothing)


def _burn(rule: BurnRule, facts: Facts, at: Amounts) -> Readings:
    long, spent, planned, begin = window_of(facts, at, rule.long)
    short = window_of(facts, at, max(rule.short, facts.series.step))[0]
    excess = spent - planned
    strength = np.minimum(long, short) / rule.factor
    if rule.least_excess > 0:
        strength = np.minimum(strength, excess / rule.least_excess)
    return Readings(strength, long, excess, begin, long)


def _hourly(rule: HourlyLimit, facts: Facts, at: Amounts) -> Readings:
    begin = np.maximum(at - HOUR / facts.series.step, 0.0)
    spent = facts.series.spent_before(at) - facts.series.spent_before(begin)
    planned = facts.plan.share_before_position(at) - facts.plan.share_before_position(begin)
    strength = spent / rule.floor if rule.floor > 0 else np.full(len(at), np.inf)
    if rule.factor is not None:
        line = rule.factor * planned * facts.amount
        with np.errstate(divide="ignore", invalid="ignore"):
            strength = np.minimum(strength, np.where(line > 0, spent / line, np.inf))
    excess = spent / facts.amount - planned
    return Readings(np.where(spent > 0, strength, 0.0), spent, excess, begin, spent)


def _change(rule: ChangeRule, facts: Facts, at: Amounts) -> Readings:
    found = shifts_of(rule, facts, at)
    strength = np.where(found.exceeds, found.likelihood / rule.threshold, 0.0)
    _, _, _, begin = window_of(facts, at, rule.latest)
    begin = np.maximum(begin, found.began)
    spent = (facts.series.spent_before(at) - facts.series.spent_before(begin)) / facts.amount
    planned = facts.plan.share_before_position(at) - facts.plan.share_before_position(begin)
    return Readings(strength, found.likelihood, spent - planned, found.began, found.level)
