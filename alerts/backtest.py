"""Backtest: what a budget's rules would have said of stored history, and of incidents in it.

The rules are the ones that the tick applies, looked at every hour of each past period.
What they said of what really happened is counted as false alarms, although some of them
may have been right; incidents are written into the same hours, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts import outlook
from alerts.budgets import shares_of
from alerts.evaluation import rules_of
from alerts.usage import Usage, moment_of
from costmodel.burn.incidents import Incident, with_incident
from costmodel.burn.level import FEWEST_DAYS
from costmodel.burn.plan import plan_for
from costmodel.burn.series import DAY, HOUR, Series
from costmodel.burn.trial import Month, outcome, scaled, states, tallied, whole_set
from costmodel.pace import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alerts.budgets import Share
    from costmodel.book import PriceBook
    from costmodel.budget import Budget
    from costmodel.burn.facts import Facts
    from costmodel.burn.incidents import IncidentKind
    from costmodel.burn.rules import RuleSet
    from costmodel.burn.trial import Outcome, Tally
    from ingest.configuration import Configuration
    from ingest.store import Store

KINDS: Final[tuple[tuple[IncidentKind, float], ...]] = (
    ("multiplier", 2.0),
    ("multiplier", 3.0),
    ("loop", 9.0),
    ("ramp", 2.0),
    ("price change", 1.5),
    ("cache loss", 3.0),
)
"""What is written into history: a doubling, a trebling, a tenfold loop, a slow ramp, prices half
as high again, and input at three times its price because its cache is lost."""
DOUBLING: Final = "multiplier 2x"
"""The incident that gates and sweeps look at, by its name."""
SWEEP: Final = (0.6, 0.8, 1.0, 1.25, 1.5)
HOURS_A_MONTH: Final = 730.5
FEWEST_HOURS: Final = 72
"""A stretch of a period shorter than this is not tried."""


@dataclass(frozen=True)
class TrialOptions:
    """How much to try: ``incidents`` of each kind, spread evenly over the hours that are tried.

    ``with_sweep`` also tries the set with its lines lower and higher.
    """

    incidents: int = 20
    with_sweep: bool = False


@dataclass(frozen=True)
class RuleTrial:
    """What one rule, or the whole set (``rule`` ""), said: alarms a month, and each incident."""

    rule: str
    alarms_a_month: float
    incidents: Mapping[str, Tally]


@dataclass(frozen=True)
class Sweep:
    """The whole set with its lines scaled: alarms a month, share found and delay of a doubling."""

    scale: float
    alarms_a_month: float
    found: float
    median_hours: float | None


@dataclass(frozen=True)
class BudgetTrial:
    """How a budget's rules did on what is stored.

    ``months`` is how much history was tried. ``reason`` says why nothing was, else it is "".
    """

    budget: str
    value: str
    rule_set: str
    months: float
    rules: tuple[RuleTrial, ...] = ()
    sweep: tuple[Sweep, ...] = ()
    reason: str = ""

    @property
    def whole(self) -> RuleTrial | None:
        """Return what the whole set said."""
        return next((each for each in self.rules if not each.rule), None)


def backtested(
    budgets: Sequence[Budget],
    store: Store,
    book: PriceBook,
    configuration: Configuration,
    now: datetime,
    options: TrialOptions,
) -> tuple[BudgetTrial, ...]:
    """Return how each budget's rules would have done on all stored history up to ``now``."""
    extent = store.extent()
    if extent is None:
        return tuple(_untried(each, "", "nothing is imported yet") for each in budgets)
    since = datetime.combine(extent[0].date() - timedelta(days=1), time(), UTC)
    quarters = store.quarters(since)
    if quarters is None:
        return tuple(_untried(each, "", "nothing is imported yet") for each in budgets)
    usage = Usage(quarters, book, since)
    until = min(now, extent[1])
    return tuple(
        _tried(share, usage, configuration.timezone, until, options)
        for budget in budgets
        for share in shares_of(budget, usage)
    )


def _untried(budget: Budget, value: str, reason: str) -> BudgetTrial:
    return BudgetTrial(budget.name, value, budget.rules, 0.0, reason=reason)


def _tried(
    share: Share, usage: Usage, timezone: str, until: datetime, options: TrialOptions
) -> BudgetTrial:
    budget = share.budget
    rules = rules_of(budget)
    stretches = list(_stretches(share, usage, ZoneInfo(budget.timezone or timezone), until))
    hours = sum(_hours(each) for each in stretches)
    if not stretches:
        return _untried(
            budget, share.value, f"no stretch of {FEWEST_HOURS} hours has enough history before it"
        )
    quiet = [Month(each) for each in stretches]
    struck = {
        Incident(kind, size, 0).name: list(
            _struck(stretches, kind, size, options.incidents, budget)
        )
        for kind, size in KINDS
    }
    doubled = struck[DOUBLING] if options.with_sweep else []
    return BudgetTrial(
        budget=budget.name,
        value=share.value,
        rule_set=budget.rules,
        months=hours / HOURS_A_MONTH,
        rules=tuple(_by_rule(rules, quiet, struck, hours)),
        sweep=tuple(_swept(rules, quiet, doubled, hours)),
    )


def _hours(facts: Facts) -> float:
    return (min(facts.watermark, facts.end) - facts.start) / HOUR


def _stretches(share: Share, usage: Usage, zone: ZoneInfo, until: datetime) -> Iterator[Facts]:
    """Return each past period with history before it, the running one up to its watermark."""
    budget, rules = share.budget, rules_of(share.budget)
    part = usage.part(share.filters)
    used = np.flatnonzero(usage.used_by(part, budget.measure))
    if not len(used):
        return
    begin = moment_of(usage.first + int(used[0]))
    end = until
    while end > begin + FEWEST_DAYS * DAY:
        facts = _hourly(outlook.facts_of(budget, part, usage, end, zone, rules), budget, rules)
        has_history = facts.plan.level is not None
        if has_history and _hours(facts) >= FEWEST_HOURS:
            yield facts
        end = facts.start.astimezone(UTC)


def _hourly(facts: Facts, budget: Budget, rules: RuleSet) -> Facts:
    """Return facts in steps of an hour, at which rules are tried; days stay days."""
    series = facts.series
    if series.step >= HOUR:
        return facts
    each = int(HOUR / series.step)
    whole = len(series.amounts) // each
    amounts = series.amounts[: whole * each].reshape(whole, each).sum(axis=1)
    hourly = Series(series.start, HOUR, amounts, series.calendar[::each])
    return _with_series(facts, hourly, budget, rules)


def _with_series(facts: Facts, series: Series, budget: Budget, rules: RuleSet) -> Facts:
    """Return facts about another series of the same hours; its plan knows history only."""
    edges = facts.start, facts.end, facts.amount
    if isinstance(budget.plan, Profile):
        plan = plan_for(series, *edges, table=budget.plan.weights)
    else:
        plan = plan_for(series, *edges, budget.plan or rules.plan)
    return replace(facts, series=series, plan=plan, spent=None)


def _struck(
    stretches: Sequence[Facts], kind: IncidentKind, size: float, count: int, budget: Budget
) -> Iterator[Month]:
    """Return stretches with one incident each, spread evenly over all hours that are tried.

    The last three days of a stretch begin none: there would be no time to find it.
    """
    room = [max(int(_hours(facts)) - FEWEST_HOURS, 1) for facts in stretches]
    ends = np.cumsum(room)
    for place in range(count):
        hour = int((place + 0.5) / count * ends[-1])
        which = int(np.searchsorted(ends, hour, side="right"))
        facts = stretches[which]
        begin = hour - int(ends[which] - room[which])
        first = round(facts.series.position(facts.start)) + begin
        amounts = with_incident(facts.series.amounts, Incident(kind, size, first))
        series = replace(facts.series, amounts=amounts)
        yield Month(_with_series(facts, series, budget, rules_of(budget)), begin)


def _by_rule(
    rules: RuleSet, quiet: Sequence[Month], struck: Mapping[str, Sequence[Month]], hours: float
) -> Iterator[RuleTrial]:
    """Return the whole set first, then each of its rules."""
    told = _told(rules, quiet)
    of_incidents = {name: _told(rules, months) for name, months in struck.items()}
    for rule in told:
        yield RuleTrial(
            rule,
            _a_month(told[rule], hours),
            {name: tallied(found[rule]) for name, found in of_incidents.items()},
        )


def _told(rules: RuleSet, months: Iterable[Month]) -> dict[str, list[Outcome]]:
    """Return what the whole set ("") and each rule said of each month."""
    found: dict[str, list[Outcome]] = {"": []}
    for month in months:
        by_rule = states(rules, month.facts)
        hours = len(next(iter(by_rule.values()), range(int(_hours(month.facts)) + 1)))
        found[""].append(outcome(whole_set(by_rule.values(), hours), month))
        for rule, firing in by_rule.items():
            found.setdefault(rule, []).append(outcome(firing, month))
    return found


def _a_month(outcomes: Iterable[Outcome], hours: float) -> float:
    return sum(len(each.edges) for each in outcomes) / hours * HOURS_A_MONTH


def _swept(
    rules: RuleSet, quiet: Sequence[Month], doubled: Sequence[Month], hours: float
) -> Iterator[Sweep]:
    for scale in SWEEP if doubled else ():
        tried = replace(rules, rules=tuple(scaled(rule, scale) for rule in rules.rules))
        tally = tallied(_told(tried, doubled)[""])
        alarms = _a_month(_told(tried, quiet)[""], hours)
        yield Sweep(scale, alarms, tally.found, tally.median_hours)
