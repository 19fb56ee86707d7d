"""Backtest: what a budget's rules would have said of stored history, and of incidents in it.

The rules are the ones that the tick applies, looked at every hour of each past period, with
the forecast that the tick would have made then. What they said of what really happened is
counted as false alarms, although some of them may have been right; incidents are written into
the same hours, one at a time. They change spending and its forecast, and nothing about calls:
rules of errors, latency and quality are held against what really happened only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts import hindsight
from alerts.budgets import shares_of
from alerts.evaluation import rules_of
from alerts.usage import Usage, moment_of
from costmodel.burn.incidents import Incident, by_hour, struck
from costmodel.burn.level import FEWEST_DAYS
from costmodel.burn.plan import plan_for
from costmodel.burn.sentences import left_out
from costmodel.burn.series import DAY, HOUR, Series
from costmodel.burn.trial import (
    Known,
    Month,
    heard,
    hours_of,
    outcome,
    scaled,
    states,
    tallied,
)
from costmodel.number_text import listed
from costmodel.pace import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alerts.budgets import Share
    from alerts.hindsight import Stretch
    from costmodel.book import PriceBook
    from costmodel.budget import Budget
    from costmodel.burn.facts import Facts
    from costmodel.burn.incidents import IncidentKind
    from costmodel.burn.rules import RuleSet
    from costmodel.burn.trial import Outcome, Tally
    from ingest.configuration import Configuration
    from ingest.store import CallMeasures, Store

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
_SPENDING_GOES_WRONG: Final = (
    "What goes wrong here changes spending, and not whether calls fail, how long they take or "
    "how good they are"
)
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
    """What one rule, or the whole set (``rule`` ""), said: alarms a month, and each incident.

    A rule about calls has no incidents, and none of its alarms counts as finding one.
    """

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
    ``left_out`` says of each rule that could not be tried why not, by its name.
    """

    budget: str
    value: str
    rule_set: str
    months: float
    rules: tuple[RuleTrial, ...] = ()
    sweep: tuple[Sweep, ...] = ()
    reason: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

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
    until = min(now, extent[1]).replace(minute=0, second=0, microsecond=0)
    history = _History(usage, hindsight.calls_needed(budgets, store, since, until), until)
    return tuple(
        _tried(share, history, ZoneInfo(budget.timezone or configuration.timezone), options)
        for budget in budgets
        for share in shares_of(budget, usage)
    )


@dataclass(frozen=True, eq=False)
class _History:
    """What is stored, up to a whole hour; ``calls`` where a rule looks at them."""

    usage: Usage
    calls: CallMeasures | None
    until: datetime


def notes(trial: BudgetTrial) -> list[str]:
    """Return the sentences that belong to the figures: what was left out of them, and why."""
    service = [each.rule for each in trial.rules if not each.incidents]
    said = [f"{each}." for each in left_out(trial.left_out)]
    if service:
        names = listed(map(repr, service))
        said.insert(0, f"{_SPENDING_GOES_WRONG}: {names} met only what really happened.")
    return said


def _untried(budget: Budget, value: str, reason: str) -> BudgetTrial:
    return BudgetTrial(budget.name, value, budget.rules, 0.0, reason=reason)


def _tried(share: Share, history: _History, zone: ZoneInfo, options: TrialOptions) -> BudgetTrial:
    budget = share.budget
    rules = rules_of(budget)
    past = hindsight.past_of(rules, _stretches(share, history, zone)[::-1], history.calls)
    hours = sum(_hours(each.facts) for each in past.stretches)
    if not past.stretches:
        return _untried(
            budget, share.value, f"no stretch of {FEWEST_HOURS} hours has enough history before it"
        )
    pairs = list(zip(past.stretches, past.known, strict=True))[::-1]
    quiet = [Month(each.facts, None, known) for each, known in pairs]
    struck_months = {
        Incident(kind, size, 0).name: list(_struck(pairs, kind, size, options.incidents, budget))
        for kind, size in KINDS
    }
    doubled = struck_months[DOUBLING] if options.with_sweep else []
    return BudgetTrial(
        budget=budget.name,
        value=share.value,
        rule_set=budget.rules,
        months=hours / HOURS_A_MONTH,
        rules=tuple(_by_rule(rules, quiet, struck_months, hours)),
        sweep=tuple(_swept(rules, quiet, doubled, hours)),
        left_out=past.left_out,
    )


def _hours(facts: Facts) -> int:
    return len(hours_of(facts))


def _stretches(share: Share, history: _History, zone: ZoneInfo) -> list[Stretch]:
    """Return each past period with history before it, the latest one first."""
    budget, usage = share.budget, history.usage
    used = np.flatnonzero(usage.used_by(usage.part(share.filters), budget.measure))
    if not len(used):
        return []
    since = moment_of(usage.first + int(used[0])) + FEWEST_DAYS * DAY
    found = hindsight.stretches_of(share, usage, zone, since, history.until)
    hourly = (replace(each, facts=_hourly(each.facts, budget)) for each in found)
    return [
        each
        for each in hourly
        if each.facts.plan.level is not None and _hours(each.facts) >= FEWEST_HOURS
    ]


def _hourly(facts: Facts, budget: Budget) -> Facts:
    """Return facts in steps of an hour, at which rules are tried; days stay days.

    Their plan knows history only.
    """
    series = facts.series
    if series.step < HOUR:
        each = round(HOUR / series.step)
        series = Series(series.start, HOUR, by_hour(series), series.calendar[::each])
    edges = facts.start, facts.end, facts.amount
    if isinstance(budget.plan, Profile):
        plan = plan_for(series, *edges, table=budget.plan.weights)
    else:
        plan = plan_for(series, *edges, budget.plan or rules_of(budget).plan)
    return replace(facts, series=series, plan=plan)


def _struck(
    pairs: Sequence[tuple[Stretch, Known]],
    kind: IncidentKind,
    size: float,
    count: int,
    budget: Budget,
) -> Iterator[Month]:
    """Return stretches with one incident each, spread evenly over all hours that are tried.

    The last three days of a stretch begin none: there would be no time to find it.
    """
    room = [max(_hours(each.facts) - FEWEST_HOURS, 1) for each, _ in pairs]
    ends = np.cumsum(room)
    for place in range(count):
        hour = int((place + 0.5) / count * ends[-1])
        which = int(np.searchsorted(ends, hour, side="right"))
        stretch, known = pairs[which]
        begin = hour - int(ends[which] - room[which])
        first = round((stretch.facts.start - stretch.facts.series.start) / HOUR) + begin
        yield _struck_month(stretch, known, Incident(kind, size, first), begin, budget)


def _struck_month(
    stretch: Stretch, known: Known, incident: Incident, begin: int, budget: Budget
) -> Month:
    """Return a stretch with an incident, forecast anew from the hour at which it begins."""
    stored = stretch.ends.facts
    stored = replace(stored, series=struck(stored.series, incident))
    chances = known.chances
    if chances is not None:
        ends = stretch.ends.struck(stored, incident)
        later = hindsight.chances_of(ends, stretch.moments[begin:])
        chances = np.concatenate((chances[:begin], later.values))
    return Month(_hourly(stored, budget), begin, Known(chances))


def _by_rule(
    rules: RuleSet,
    quiet: Sequence[Month],
    struck_months: Mapping[str, Sequence[Month]],
    hours: float,
) -> Iterator[RuleTrial]:
    """Return the whole set first, then each of its rules."""
    told = _told(rules, quiet)
    of_incidents = {name: _told(rules, months) for name, months in struck_months.items()}
    for rule in told:
        tallies = {
            name: tallied(found[rule]) for name, found in of_incidents.items() if rule in found
        }
        yield RuleTrial(rule, _a_month(told[rule], hours), tallies)


def _told(rules: RuleSet, months: Iterable[Month]) -> dict[str, list[Outcome]]:
    """Return what the whole set ("") and each rule said of each month."""
    found: dict[str, list[Outcome]] = {}
    for month in months:
        by_rule = states(rules, month.facts, month.known)
        found.setdefault("", []).append(heard(by_rule, month))
        for rule, firing in by_rule.items():
            stood = month.known.stood(rule)
            found.setdefault(rule, []).append(outcome(firing, month, stood=stood))
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
