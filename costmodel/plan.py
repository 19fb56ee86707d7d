"""Plans: named scenarios over one baseline, with limits, as ``tollbook plan`` reports them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from costmodel.levers import Commit, Retire
from costmodel.likely import DRAWS, chance_above, cost_draws, likely_range
from costmodel.past_days import PastDays, SessionSample, UsageSeen, past_days
from costmodel.plan_result import PlanResult, ScenarioResult, Violation
from costmodel.plan_terms import settled_draws, terms_of
from costmodel.range_nodes import nodes_of
from costmodel.regimes import month_after
from costmodel.rules import clock_problem
from costmodel.scenario import evaluate, total_cost
from costmodel.scene import KEY_WORDS
from costmodel.weekdays import DAY, days_between, on_calendar
from costmodel.workload import ESCALATED_FROM, Baseline, typed_workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.likely import Floats
    from costmodel.scenario import Outcome
    from costmodel.usage import Cell

MONTHLY_COST = "monthly_cost"


class PlanError(ValueError):
    """A plan that cannot be computed: no history for it, or a lever that is refused."""


@dataclass(frozen=True)
class TypedBaseline:
    """A typed workload as the plan gives it; ``on`` None: the first day of the period."""

    sessions_per_day: Fraction
    days: Fraction
    tokens_per_session: Fraction
    output_share: Fraction
    model: str
    on: date | None = None


@dataclass(frozen=True)
class LedgerBaseline:
    """Usage from the store: ``last`` is a period in words, ``filters`` limits it."""

    last: str = "30d"
    filters: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Range:
    """An input between two values, most likely in the middle, which is what is computed."""

    low: Fraction
    high: Fraction

    @property
    def middle(self) -> Fraction:
        """Return the value that the exact cost is computed at."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Scenario:
    """A name and its levers; ``ranges`` gives fields of levers, by place, that vary."""

    name: str
    levers: tuple[Lever, ...]
    ranges: Mapping[tuple[int, str], Range] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A plan file, checked. ``period`` is the first day of a month, None: the next one."""

    baseline: TypedBaseline | LedgerBaseline
    scenarios: tuple[Scenario, ...]
    period: date | None = None
    limits: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """Cells of whole days for a ledger plan; ``dimension_names`` holds ``day`` (ISO text).

    ``knows_hours``: no usage of it came as sums of whole days. ``sessions`` is set where
    most of the usage names its sessions.
    """

    cells: Sequence[Cell]
    dimension_names: tuple[str, ...]
    first_day: date
    last_day: date
    knows_hours: bool = True
    sessions: SessionSample | None = None


def run_plan(
    plan: Plan, book: PriceBook, *, today: date, history: History | None = None
) -> PlanResult:
    """Return what every scenario of the plan costs, and the limits it crosses.

    A ledger plan needs ``history``: its weekday means are laid on the period. Raises
    ``PlanError`` without one or where a lever is refused, ``LeverError`` and
    ``WorkloadError`` for what makes no sense.
    """
    runner = plan_runner(plan, book, today=today, history=history)
    allowed = plan.limits.get(MONTHLY_COST)
    base = runner.result(Scenario("baseline", ()), allowed)
    results = tuple(runner.result(each, allowed) for each in plan.scenarios)
    crossed = [
        Violation(each.name, MONTHLY_COST, allowed, each.monthly_cost)
        for each in results
        if allowed is not None and each.monthly_cost > allowed
    ]
    currency = book.contract.currency
    return PlanResult(currency, f"{runner.month:%Y-%m}", base, results, tuple(crossed))


def plan_usage(
    plan: Plan, book: PriceBook, *, today: date, history: History | None = None
) -> tuple[Baseline, int]:
    """Return the usage that the scenarios start from, and how often growth has compounded in it.

    Raises as ``run_plan`` does.
    """
    runner = plan_runner(plan, book, today=today, history=history)
    return runner.baseline, runner.months_ahead


def plan_runner(
    plan: Plan, book: PriceBook, *, today: date, history: History | None = None
) -> PlanRunner:
    """Return what prices scenarios over the usage of a plan, whose own need not be all of them.

    Raises as ``run_plan`` does.
    """
    if isinstance(plan.baseline, TypedBaseline):
        return _typed_runner(plan, plan.baseline, book, today)
    if history is None:
        raise PlanError("this plan starts from your usage, and there is none in the period asked")
    return _ledger_runner(plan, book, today, history)


def _typed_runner(plan: Plan, typed: TypedBaseline, book: PriceBook, today: date) -> PlanRunner:
    on = typed.on or plan.period or today
    month = plan.period or on.replace(day=1)
    baseline = typed_workload(
        sessions_per_day=typed.sessions_per_day,
        days=typed.days,
        tokens_per_session=typed.tokens_per_session,
        output_share=typed.output_share,
        model=typed.model,
        on=on,
        book=book,
    )
    return PlanRunner(book, today, month, baseline, _months_from(on, month), None)


def _ledger_runner(plan: Plan, book: PriceBook, today: date, history: History) -> PlanRunner:
    month = plan.period or month_after(today.replace(day=1))
    levers = [lever for scenario in plan.scenarios for lever in scenario.levers]
    asked = {name for lever in levers for name in lever.dimensions}
    days_of_usage = len(days_between(history.first_day, history.last_day))
    problem = clock_problem(asked, days_of_usage, knows_hours=history.knows_hours)
    if problem:
        raise PlanError(problem)
    days = {lever.from_ for lever in levers}
    days |= {lever.on for lever in levers if isinstance(lever, Retire)}
    days |= {model.life.shutdown_on for model in book.models}
    baseline = on_calendar(
        history.cells,
        book,
        dimension_names=history.dimension_names,
        window=(history.first_day, history.last_day),
        month=month,
        boundaries=[*book.change_dates(), *(day for day in days if day)],
    )
    return PlanRunner(book, today, month, baseline, _months_from(history.last_day, month), history)


def _months_from(start: date, month: date) -> int:
    """Return how often growth has compounded in a month: at least once."""
    return max(1, 12 * (month.year - start.year) + month.month - start.month)


@dataclass(frozen=True)
class _Likely:
    """The range of a scenario's cost, and how likely it lies above the limit.

    ``draws`` are the costs that the range is of, before commitments are settled.
    """

    low: Fraction | None = None
    high: Fraction | None = None
    above_limit: float | None = None
    draws: Floats | None = None


@dataclass(frozen=True)
class PlanRunner:
    """Prices scenarios over one baseline, read and laid on its month once for all of them."""

    book: PriceBook
    today: date
    month: date
    baseline: Baseline
    months_ahead: int
    history: History | None

    @cached_property
    def _base(self) -> Outcome:
        return self._outcome(())

    def _outcome(self, levers: Sequence[Lever]) -> Outcome:
        as_of = max(self.today, self.month)
        return evaluate(
            self.baseline, levers, self.book, months_ahead=self.months_ahead, as_of=as_of
        )

    def result(self, scenario: Scenario, allowed: Fraction | None = None) -> ScenarioResult:
        """Return what a scenario costs, and how likely that lies above what is allowed.

        Raises ``PlanError`` where a lever is refused or nothing has a price.
        """
        base, outcome = self._base, self._outcome(scenario.levers)
        if outcome.refused:
            raise PlanError(f"scenario {scenario.name!r}: {outcome.refused[0]}")
        if base.models and not outcome.models:
            reason = outcome.unpriced[0].reason
            raise PlanError(f"scenario {scenario.name!r}: nothing in it has a price: {reason}")
        delta = outcome.cost - base.cost if outcome.can_be_compared_with(base) else None
        likely = self._likely(scenario, outcome, allowed)
        return ScenarioResult(
            name=scenario.name,
            monthly_cost=outcome.cost,
            p10=likely.low,
            p90=likely.high,
            delta=delta,
            delta_share=delta / base.cost if delta is not None and base.cost else None,
            warnings=(*_misses(outcome), *outcome.warnings),
            assumptions=tuple(each.text for each in outcome.assumptions),
            at_least=outcome.at_least,
            probability_over_limit=likely.above_limit,
            terms=terms_of(outcome, likely.draws),
        )

    def _likely(self, scenario: Scenario, outcome: Outcome, allowed: Fraction | None) -> _Likely:
        past = self._past
        factors = None if past is None else past.factors(scenario.levers, self.book, self.month)
        if factors is None and not scenario.ranges:
            return _Likely()
        draws = self._draws(scenario, outcome.uncommitted_cost)
        if factors is not None:
            draws = draws * factors
        settled = settled_draws(draws, outcome)
        low, high = likely_range(settled)
        above = None if allowed is None else chance_above(settled, allowed)
        return _Likely(_to_cents(low), _to_cents(high), above, draws)

    def _draws(self, scenario: Scenario, cost: Fraction) -> Floats:
        """Return costs before commitments for draws of the ranges; without any the one cost."""
        places = list(scenario.ranges)

        def cost_at(values: Sequence[Fraction]) -> Fraction:
            levers = list(scenario.levers)
            for (place, name), value in zip(places, values, strict=True):
                varied: dict[str, Any] = {name: value}
                levers[place] = replace(levers[place], **varied)
            levers = [lever for lever in levers if not isinstance(lever, Commit)]
            return total_cost(self.baseline, levers, self.book, months_ahead=self.months_ahead)

        if not places:
            return np.full(DRAWS, float(cost))
        return cost_draws(cost_at, [self._nodes(scenario, *place) for place in places])

    def _nodes(self, scenario: Scenario, place: int, name: str) -> list[Fraction]:
        """Return the values of a range between which the cost is linear."""
        ends = scenario.ranges[place, name]
        usage = self.baseline, self.book
        return nodes_of(scenario.levers, place, name, (ends.low, ends.high), usage)

    @cached_property
    def _past(self) -> PastDays | None:
        """Return the days of the history, at the rates of the month."""
        history = self.history
        if history is None:
            return None
        days = days_between(history.first_day, history.last_day)
        usage = UsageSeen(history.cells, history.dimension_names)
        return past_days(usage, history.sessions, days, self.book, self.month)


def _misses(outcome: Outcome) -> list[str]:
    """Return one sentence for each volume that the total misses."""
    return [
        f"at least: {miss.tokens:,} tokens of {miss.model} have no price ({miss.reason})"
        for miss in outcome.unpriced
    ]


def _to_cents(amount: float) -> Fraction:
    return Fraction(round(amount * 100), 100)


def dimensions_of(plan: Plan) -> tuple[str, ...]:
    """Return the dimensions by which a ledger plan needs its cells grouped, ``day`` first."""
    levers = (lever for scenario in plan.scenarios for lever in scenario.levers)
    asked = {name for lever in levers for name in lever.dimensions} - set(KEY_WORDS)
    return (DAY, ESCALATED_FROM, *sorted(asked - {ESCALATED_FROM}))
