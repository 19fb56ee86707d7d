"""Explanations: why a plan's scenarios cost what they cost, what matters, and what pays."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.break_even import break_evens
from costmodel.bridge import BridgeError, bridge
from costmodel.case import Case
from costmodel.goal import seek_input
from costmodel.inputs import InputError, is_share, kind_of, named
from costmodel.money import decimal_string
from costmodel.plan import plan_usage
from costmodel.sensitivity import sensitivity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.break_even import CascadeBreakEven
    from costmodel.bridge import Bridge
    from costmodel.goal import Goal
    from costmodel.plan import History, Plan, Scenario
    from costmodel.sensitivity import Effect

CENTS = 100


@dataclass(frozen=True)
class Explanation:
    """Why one scenario costs what it costs.

    ``bridge`` divides its difference from the baseline by lever, in the scenario's
    order; where there is none ``no_bridge`` says why. ``effects`` hold what matters
    most first.
    """

    scenario: Scenario
    bridge: Bridge | None
    no_bridge: str | None
    effects: tuple[Effect, ...]
    break_evens: tuple[CascadeBreakEven, ...]

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the command line, money as decimal strings."""
        return {
            "bridge": None if self.bridge is None else list(self._parts(self.bridge)),
            "no_bridge": self.no_bridge,
            "sensitivity": [_effect_json(effect) for effect in self.effects],
            "break_even": [_break_even_json(each) for each in self.break_evens],
        }

    def _parts(self, found: Bridge) -> Iterator[dict[str, object]]:
        for lever, cents in zip(self.scenario.levers, found.cents, strict=True):
            yield {"lever": kind_of(lever), "change": decimal_string(Fraction(cents, CENTS))}


def cases_of(
    plan: Plan, book: PriceBook, *, today: date, history: History | None = None
) -> list[tuple[Scenario, Case]]:
    """Return each scenario of a plan with its levers on the usage that the plan starts from.

    Raises as ``run_plan`` does.
    """
    usage, months_ahead = plan_usage(plan, book, today=today, history=history)
    return [(each, Case(usage, each.levers, book, months_ahead)) for each in plan.scenarios]


def explain(cases: Iterable[tuple[Scenario, Case]]) -> tuple[Explanation, ...]:
    """Return the explanation of each scenario."""
    return tuple(_explained(scenario, case) for scenario, case in cases)


def _explained(scenario: Scenario, case: Case) -> Explanation:
    try:
        found, why = bridge(case), None
    except BridgeError as error:
        found, why = None, str(error)
    effects = sensitivity(case, scenario.ranges)
    return Explanation(scenario, found, why, effects, break_evens(case))


def _effect_json(effect: Effect) -> dict[str, object]:
    return {
        "input": effect.name,
        "low": float(effect.low),
        "high": float(effect.high),
        "monthly_cost_at_low": decimal_string(effect.cost_at_low),
        "monthly_cost_at_high": decimal_string(effect.cost_at_high),
        "is_range": effect.is_range,
    }


def _break_even_json(each: CascadeBreakEven) -> dict[str, object]:
    return {
        "lever": each.name,
        "first": each.first,
        "then": each.then,
        "escalate": float(each.escalate),
        "limit": _number(each.limit),
        "cost_weighted_limit": _number(each.weighted_limit),
        "monthly_cost_all_on_then": decimal_string(each.straight_cost),
        "seen": _number(each.seen),
        "seen_cost_weighted": _number(each.seen_weighted),
    }


def _number(share: Fraction | None) -> float | None:
    return None if share is None else float(share)


@dataclass(frozen=True)
class PlanGoal:
    """Which setting of an input brings one scenario to an amount of money a month.

    ``now`` is what the input is set to in the plan; ``is_share``: written in percent.
    """

    scenario: str
    budget: Fraction
    now: Fraction
    goal: Goal
    is_share: bool

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the command line, money as decimal strings."""
        return {
            "scenario": self.scenario,
            "input": self.goal.slider,
            "budget": decimal_string(self.budget),
            "now": float(self.now),
            "met": self.goal.met,
            "setting": float(self.goal.setting),
            "monthly_cost": decimal_string(self.goal.cost),
            "holds": "at most" if self.goal.is_upper else "at least",
        }


def goals_of(
    cases: Iterable[tuple[Scenario, Case]], name: str, budget: Fraction
) -> tuple[PlanGoal, ...]:
    """Return the setting that meets the budget in each scenario that has the input.

    Raises ``InputError`` where none has it.
    """
    found: list[PlanGoal] = []
    unknown: InputError | None = None
    for scenario, case in cases:
        try:
            asked = named(case.levers, name)
        except InputError as error:
            unknown = unknown or error
        else:
            goal = seek_input(case, asked, budget)
            in_percent = is_share(case.levers, asked)
            found.append(PlanGoal(scenario.name, budget, case.value(asked), goal, in_percent))
    if unknown and not found:
        raise unknown
    return tuple(found)
