"""The horizon: what a scenario costs in each of the next months."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from costmodel.flows import ZERO
from costmodel.levers import Grow
from costmodel.rates import Assumption
from costmodel.regimes import Regimes, month_after
from costmodel.scenario import evaluate, kept_for, total_cost

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline

MONTHS = 12
EQUAL_MONTHS = Assumption("equal-months", "every month carries the same volume of usage")


@dataclass(frozen=True)
class HorizonEvent:
    """A day on which the line changes: a shutdown (traffic goes to the successor) or a price.

    A shutdown without ``successor`` leaves the traffic at the model's last price.
    """

    on: date
    kind: Literal["shutdown", "price"]
    provider: str
    model: str
    successor: str | None = None


@dataclass(frozen=True)
class HorizonMonth:
    """One month's cost; ``is_dashed`` from the first shutdown on: the successor's price."""

    month: date
    cost: Fraction
    is_dashed: bool
    events: tuple[HorizonEvent, ...]
    at_least: bool


@dataclass(frozen=True)
class Horizon:
    """The months, what changes in them, and what they rest on."""

    months: tuple[HorizonMonth, ...]
    events: tuple[HorizonEvent, ...]
    assumptions: tuple[Assumption, ...]
    warnings: tuple[str, ...]


def horizon(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    first_month: date,
    months: int = MONTHS,
) -> Horizon:
    """Return the cost of each month: every month carries the volume of the baseline.

    Growth compounds from the first month on. From a model's day of shutdown its
    traffic is priced at its successor; announced prices count from their day; months
    that a change divides are weighed by days. Scale the baseline to a month first.
    """
    asked = tuple(levers)
    regimes = _regimes(baseline, asked, book, first_month, months)
    outcomes = {day: _outcome(regimes, day) for day in regimes.boundaries}
    events = _events(regimes)
    costs = month_costs(regimes.baseline, asked, book, first_month, months)
    shutdowns = [event.on for event in events if event.kind == "shutdown"]
    rows = []
    for position, cost in enumerate(costs):
        month = month_after(first_month, position)
        end = month_after(month)
        stretches = [regimes.regime_of(s.first_day) for s in regimes.stretches(month)]
        rows.append(
            HorizonMonth(
                month=month,
                cost=cost,
                is_dashed=any(day < end for day in shutdowns),
                events=tuple(event for event in events if month <= event.on < end),
                at_least=any(outcomes[day].at_least for day in stretches),
            )
        )
    return Horizon(tuple(rows), events, *_remarks(outcomes.values()))


def month_costs(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    first_month: date,
    months: int = MONTHS,
) -> tuple[Fraction, ...]:
    """Return only the costs that ``horizon`` gives: quicker, for many settings."""
    asked = tuple(levers)
    regimes = _regimes(baseline, asked, book, first_month, months)
    grows = any(lever.step == Grow.step for lever in asked)
    known: dict[tuple[date, int], Fraction] = {}
    costs = []
    for position in range(months):
        cost = ZERO
        for stretch in regimes.stretches(month_after(first_month, position)):
            # growth counts from the day itself, so only ungrown regimes are alike
            day = stretch.first_day if grows else regimes.regime_of(stretch.first_day)
            at = day, position + 1 if grows else 1
            if at not in known:
                known[at] = _cost_on(regimes, *at)
            cost += known[at] * stretch.share
        costs.append(cost)
    return tuple(costs)


def _regimes(
    baseline: Baseline, levers: tuple[Lever, ...], book: PriceBook, first: date, months: int
) -> Regimes:
    return Regimes(kept_for(baseline, levers), levers, book, first, months)


def _cost_on(regimes: Regimes, day: date, months_ahead: int) -> Fraction:
    return total_cost(
        regimes.baseline.priced_on(day),
        regimes.levers,
        regimes.book,
        months_ahead=months_ahead,
        afterwards=regimes.successions(day),
    )


def _outcome(regimes: Regimes, day: date) -> Outcome:
    return evaluate(
        regimes.baseline.priced_on(day),
        regimes.levers,
        regimes.book,
        afterwards=regimes.successions(day),
    )


def _events(regimes: Regimes) -> tuple[HorizonEvent, ...]:
    """Return the changes that touch traffic, earliest first."""
    end = month_after(regimes.first_month, regimes.months)
    events: dict[HorizonEvent, None] = {}
    for day in regimes.boundaries:
        plain = evaluate(regimes.baseline.priced_on(day), regimes.levers, regimes.book)
        used = {(each.provider, each.model) for each in plain.models if each.requests}
        used |= {(flow.provider, flow.model) for flow in plain.flows if flow.tokens}
        for model in regimes.models:
            on = model.life.shutdown_on
            if on and on < end and model.life.is_gone(day) and (model.provider, model.name) in used:
                successor = regimes.successor_on(model, day)
                name = successor.name if successor else None
                events[HorizonEvent(on, "shutdown", model.provider, model.name, name)] = None
        served = {(each.provider, each.model) for each in _outcome(regimes, day).models}
        for model in regimes.models:
            if (model.provider, model.name) in served and day != regimes.first_month:
                changes = {on for on, tier in regimes.price_days(model) if tier == "standard"}
                if day in changes:
                    events[HorizonEvent(day, "price", model.provider, model.name)] = None
    return _first_of_each(events)


def _first_of_each(events: Iterable[HorizonEvent]) -> tuple[HorizonEvent, ...]:
    """Return one event a model, day and kind: the successor that is known first."""
    kept: dict[tuple[date, str, str, str], HorizonEvent] = {}
    for event in events:
        kept.setdefault((event.on, event.kind, event.provider, event.model), event)
    return tuple(kept[key] for key in sorted(kept))


def _remarks(
    outcomes: Iterable[Outcome],
) -> tuple[tuple[Assumption, ...], tuple[str, ...]]:
    assumptions: dict[Assumption, None] = {EQUAL_MONTHS: None}
    warnings: dict[str, None] = defaultdict(lambda: None)
    for outcome in outcomes:
        assumptions |= dict.fromkeys(outcome.assumptions)
        warnings |= dict.fromkeys((*outcome.refused, *outcome.warnings))
    return tuple(assumptions), tuple(warnings)
